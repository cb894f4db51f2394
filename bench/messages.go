package main

import (
	"encoding/json"
	"fmt"
	"slices"
)

// messagesFormat is that of Anthropic's Messages.
var messagesFormat = &format{
	path:        "/v1/messages",
	contentType: "text/event-stream; charset=utf-8",
	body:        chatBody,
	open: func(model string) []byte {
		return slices.Concat(
			namedEvent("message_start", fmt.Sprintf(`,"message":{"model":%q,"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message",`+
				`"role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1000,`+
				`"cache_creation_input_tokens":0,"cache_read_input_tokens":17000,"output_tokens":1,"service_tier":"standard"}}`, model)),
			namedEvent("content_block_start", `,"index":0,"content_block":{"type":"text","text":""}`),
			namedEvent("ping", ""))
	},
	say: func(_, text string, _ int) []byte {
		return namedEvent("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":"`+text+`"}`)
	},
	end: func(_, _ string, n int) [][]byte {
		return [][]byte{
			namedEvent("content_block_stop", `,"index":0`),
			slices.Concat(
				namedEvent("message_delta", fmt.Sprintf(`,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":1000,`+
					`"cache_creation_input_tokens":0,"cache_read_input_tokens":17000,"output_tokens":%d}`, n)),
				namedEvent("message_stop", "")),
		}
	},
	reading: reading{
		whole: []byte(`"message_stop"`),
		text:  []byte(`"text":" `),
		all: lines("data: ", func(data []byte) (string, error) {
			var e struct{ Delta struct{ Text string } }
			err := json.Unmarshal(data, &e)
			return e.Delta.Text, err
		}),
	},
}
