package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// geminiFormat is that of Google's streamGenerateContent, with its spaces and line ends. The last chunk has finish and usage at once.
var geminiFormat = &format{
	path:        "/v1beta/models/" + modelInPath + ":streamGenerateContent",
	query:       "alt=sse",
	contentType: "text/event-stream",
	body:        chatBody,
	open:        func(model string) []byte { return geminiChunk(model, "", "", 0) },
	say:         func(model, text string, i int) []byte { return geminiChunk(model, text, "", i+1) },
	end: func(model, _ string, n int) [][]byte {
		return [][]byte{geminiChunk(model, "", `"finishReason": "STOP",`, n)}
	},
	reading: reading{
		whole: []byte(`"finishReason": "STOP"`),
		text:  []byte(`"text": " `),
		all: lines("data: ", func(data []byte) (string, error) {
			var chunk struct {
				Candidates []struct {
					Content struct{ Parts []struct{ Text string } }
				}
			}
			if err := json.Unmarshal(data, &chunk); err != nil {
				return "", err
			}
			if len(chunk.Candidates) != 1 || len(chunk.Candidates[0].Content.Parts) != 1 {
				return "", errors.New("want one candidate of one part")
			}
			return chunk.Candidates[0].Content.Parts[0].Text, nil
		}),
	},
}

func geminiChunk(model, text, finish string, tokens int) []byte {
	return fmt.Appendf(nil, `data: {"candidates": [{"content": {"parts": [{"text": "%s"}],"role": "model"},%s"index": 0}],`+
		`"usageMetadata": {"promptTokenCount": 18000,"candidatesTokenCount": %d,"totalTokenCount": %d,"cachedContentTokenCount": 17000,`+
		`"promptTokensDetails": [{"modality": "TEXT","tokenCount": 18000}]},"modelVersion": %q,"responseId": "kZ3yaLWDOpHQz7IP1NvJ6A4"}`+
		"\r\n\r\n", text, finish, tokens, 18000+tokens, model)
}
