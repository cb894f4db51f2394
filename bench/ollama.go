package main

import (
	"encoding/json"
	"fmt"
)

// ollamaFormat is that of Ollama's own /api/chat: one JSON document a line. The last line has finish and usage at once.
var ollamaFormat = &format{
	path:        "/api/chat",
	contentType: "application/x-ndjson",
	body:        chatBody,
	open:        func(model string) []byte { return ollamaLine(model, "", `"done":false`) },
	say:         func(model, text string, _ int) []byte { return ollamaLine(model, text, `"done":false`) },
	end: func(model, _ string, n int) [][]byte {
		return [][]byte{ollamaLine(model, "", fmt.Sprintf(`"done":true,"done_reason":"stop","total_duration":4935886791,`+
			`"load_duration":534986708,"prompt_eval_count":18000,"prompt_eval_duration":107345000,"eval_count":%d,"eval_duration":4289432000`, n))}
	},
	reading: reading{
		whole: []byte(`"done":true`),
		text:  []byte(`"content":" `),
		all: lines("", func(line []byte) (string, error) {
			var l struct{ Message struct{ Content string } }
			err := json.Unmarshal(line, &l)
			return l.Message.Content, err
		}),
	},
}

func ollamaLine(model, text, members string) []byte {
	return fmt.Appendf(nil, `{"model":%q,"created_at":"2026-09-21T12:00:00.123456789Z","message":{"role":"assistant","content":"%s"},%s}`+"\n",
		model, text, members)
}
