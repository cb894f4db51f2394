package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// responsesFormat is that of the Responses API, as OpenAI answers: the events that carry a whole response repeat the request's tools,
// and each delta is padded (obfuscation). What the gateway answers on any wire is read the same way.
var responsesFormat = &format{
	path:        "/v1/responses",
	contentType: "text/event-stream",
	body:        responsesBody,
	open: func(model string) []byte {
		response := responseObject(model, "in_progress", "[]", "null")
		return bytes.Join([][]byte{
			namedEvent("response.created", `,"sequence_number":0,"response":`+response),
			namedEvent("response.in_progress", `,"sequence_number":1,"response":`+response),
			namedEvent("response.output_item.added", `,"sequence_number":2,"output_index":0,"item":`+messageItem("in_progress", "")),
			namedEvent("response.content_part.added", `,"sequence_number":3,`+inMessage+`,"part":`+textPart("")),
		}, nil)
	},
	say: func(_, text string, i int) []byte {
		const padding = "qX7mB2vTz0LkPaRw"
		return namedEvent("response.output_text.delta", fmt.Sprintf(`,"sequence_number":%d,%s,"delta":"%s","logprobs":[],"obfuscation":%q`,
			4+i, inMessage, text, padding[:max(0, len(padding)-len(text))]))
	},
	end: func(model, text string, n int) [][]byte {
		item := messageItem("completed", textPart(text))
		usage := fmt.Sprintf(`{"input_tokens":18000,"input_tokens_details":{"cached_tokens":17000},"output_tokens":%d,`+
			`"output_tokens_details":{"reasoning_tokens":0},"total_tokens":%d}`, n, 18000+n)
		event := func(i int, name, members string) []byte {
			return namedEvent(name, fmt.Sprintf(`,"sequence_number":%d%s`, n+1+i, members))
		}
		return [][]byte{
			bytes.Join([][]byte{
				event(0, "response.output_text.done", `,`+inMessage+`,"text":"`+text+`","logprobs":[]`),
				event(1, "response.content_part.done", `,`+inMessage+`,"part":`+textPart(text)),
				event(2, "response.output_item.done", `,"output_index":0,"item":`+item),
			}, nil),
			event(3, "response.completed", `,"response":`+responseObject(model, "completed", "["+item+"]", usage)),
		}
	},
	reading: reading{
		whole: []byte(`"response.completed"`),
		text:  []byte(`"response.output_text.delta"`),
		all: lines("data: ", func(data []byte) (string, error) {
			var e struct {
				Type  string
				Delta json.RawMessage // an object in some events
			}
			err := json.Unmarshal(data, &e)
			if err != nil || e.Type != "response.output_text.delta" {
				return "", err
			}
			var delta string
			err = json.Unmarshal(e.Delta, &delta)
			return delta, err
		}),
	},
}

const (
	messageID = "msg_0c5f1a2b3d4e5f60718293a4b5c6d7e8"
	inMessage = `"item_id":"` + messageID + `","output_index":0,"content_index":0`
)

func textPart(text string) string {
	return `{"type":"output_text","annotations":[],"logprobs":[],"text":"` + text + `"}`
}

func messageItem(status, content string) string {
	return `{"id":"` + messageID + `","type":"message","status":"` + status + `","content":[` + content + `],"role":"assistant"}`
}

func responseObject(model, status, output, usage string) string {
	tools, err := json.Marshal(responsesTools())
	if err != nil {
		panic(err) // the tools are made of constants
	}
	return fmt.Sprintf(`{"id":"resp_0c5f1a2b3d4e5f60708192a3b4c5d6e7","object":"response","created_at":1790000000,"status":%q,`+
		`"background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,`+
		`"model":%q,"output":%s,"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":%q,`+
		`"reasoning":{"effort":"medium","summary":"detailed"},"safety_identifier":null,"service_tier":"default","store":false,`+
		`"temperature":1.0,"text":{"format":{"type":"text"},"verbosity":"medium"},"tool_choice":"auto","tools":%s,"top_logprobs":0,`+
		`"top_p":1.0,"truncation":"disabled","usage":%s,"user":null,"metadata":{}}`, status, model, output, sessionID, tools, usage)
}
