package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// converseFormat is that of ConverseStream of Amazon Bedrock: binary messages with JSON in them. Each is padded by a member p, as the
// service does.
var converseFormat = &format{
	path:        "/model/" + modelInPath + "/converse-stream",
	contentType: "application/vnd.amazon.eventstream",
	body:        chatBody,
	open: func(string) []byte {
		return converseMessage("messageStart", `{"p":"abcdefghijklmnopqrstuvwxyz","role":"assistant"}`)
	},
	say: func(_, text string, _ int) []byte {
		return converseMessage("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"`+text+`"},"p":"abcdefghijklmnopqrstuvwxyzABCDEF"}`)
	},
	end: func(_, _ string, n int) [][]byte {
		usage := fmt.Sprintf(`{"metrics":{"latencyMs":1873},"p":"abcdefghijklm","usage":{"cacheReadInputTokens":17000,"cacheWriteInputTokens":0,`+
			`"inputTokens":1000,"outputTokens":%d,"totalTokens":%d}}`, n, 18000+n)
		return [][]byte{
			slices.Concat(
				converseMessage("contentBlockStop", `{"contentBlockIndex":0,"p":"abcdefghijklmnopqrstu"}`),
				converseMessage("messageStop", `{"p":"abcdefghijkl","stopReason":"end_turn"}`)),
			converseMessage("metadata", usage),
		}
	},
	reading: reading{
		whole: []byte(`"totalTokens"`),
		text:  []byte(`"delta":{"text":" `),
		all:   converseText,
	},
}

func converseMessage(event, payload string) []byte {
	message := eventstream.Message{Payload: []byte(payload)}
	message.Headers.Set(":event-type", eventstream.StringValue(event))
	message.Headers.Set(":content-type", eventstream.StringValue("application/json"))
	message.Headers.Set(":message-type", eventstream.StringValue("event"))
	var out bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&out, message); err != nil {
		panic(err) // short strings always encode
	}
	return out.Bytes()
}

func converseText(reply []byte) (string, error) {
	var all strings.Builder
	decoder, in := eventstream.NewDecoder(), bytes.NewReader(reply)
	for {
		message, err := decoder.Decode(in, nil)
		if errors.Is(err, io.EOF) {
			return all.String(), nil
		}
		if err != nil {
			return "", err
		}
		var e struct{ Delta struct{ Text string } }
		if err := json.Unmarshal(message.Payload, &e); err != nil {
			return "", fmt.Errorf("reading %q: %w", message.Payload, err)
		}
		all.WriteString(e.Delta.Text)
	}
}
