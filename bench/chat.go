package main

import (
	"encoding/json"
	"fmt"
)

// chatFormat is that of Chat Completions. Its ending is the finish, then the usage with the [DONE].
var chatFormat = &format{
	path:        "/v1/chat/completions",
	contentType: "text/event-stream",
	body:        chatBody,
	open:        func(model string) []byte { return chatChunk(model, `{"role":"assistant","content":""}`, "null") },
	say:         func(model, text string, _ int) []byte { return chatChunk(model, `{"content":"`+text+`"}`, "null") },
	end: func(model, _ string, n int) [][]byte {
		usage := fmt.Sprintf(`"choices":[],"usage":{"prompt_tokens":18000,"completion_tokens":%d,"total_tokens":%d,`+
			`"prompt_tokens_details":{"cached_tokens":17000}}`, n, 18000+n)
		return [][]byte{chatChunk(model, `{"content":""}`, `"stop"`), append(chatFrame(model, usage), "data: [DONE]\n\n"...)}
	},
	reading: reading{
		whole: []byte("data: [DONE]"),
		text:  []byte(`"content":" `),
		all: lines("data: ", func(data []byte) (string, error) {
			var e struct {
				Choices []struct{ Delta struct{ Content string } }
			}
			err := json.Unmarshal(data, &e)
			if err != nil || len(e.Choices) == 0 {
				return "", err
			}
			return e.Choices[0].Delta.Content, nil
		}),
	},
}

func chatChunk(model, delta, finish string) []byte {
	return chatFrame(model, `"choices":[{"index":0,"delta":`+delta+`,"logprobs":null,"finish_reason":`+finish+`}]`)
}

func chatFrame(model, members string) []byte {
	return fmt.Appendf(nil, `data: {"id":"chatcmpl-9b3c5f0e-7d2a-4c61-8a55-0f6e2b1d4c7a","object":"chat.completion.chunk",`+
		`"created":1790000000,"model":%q,"system_fingerprint":"fp_8802369eaa",%s}`+"\n\n", model, members)
}
