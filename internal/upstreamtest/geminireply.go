package upstreamtest

import (
	"encoding/json"
	"strconv"
	"strings"
)

// The chunks of a generateContent stream. Each is a whole response with some parts of the answer.

// GeminiStream replies with an event stream of chunks as Gemini writes it: with the line ends of HTTP, and without a last word.
func GeminiStream(chunks ...string) Reply {
	frames := make([]string, len(chunks))
	for i, chunk := range chunks {
		frames[i] = "data: " + chunk + "\r\n\r\n"
	}
	return Raw(frames...)
}

// GeminiParts is a chunk of parts, each a JSON object.
func GeminiParts(parts ...string) string {
	return `{"candidates":[{"content":{"parts":[` + strings.Join(parts, ",") + `],"role":"model"},"index":0}],` +
		`"modelVersion":"mock-model","responseId":"r1"}`
}

// GeminiText is a chunk of the answer.
func GeminiText(text string) string { return GeminiParts(`{"text":` + marshal(text) + `}`) }

// GeminiThought is a chunk of a summary of thoughts.
func GeminiThought(text string) string {
	return GeminiParts(`{"text":` + marshal(text) + `,"thought":true}`)
}

// GeminiCall is a chunk with a call. Without an id or a signature it has none.
func GeminiCall(id, name, args, signature string) string {
	return GeminiParts(GeminiCallPart(id, name, args, signature))
}

// GeminiCallPart is the part with a call, for chunks with several.
func GeminiCallPart(id, name, args, signature string) string {
	type call struct {
		Name string          `json:"name"`
		Args json.RawMessage `json:"args"`
		ID   string          `json:"id,omitempty"`
	}
	return marshal(struct {
		Call      call   `json:"functionCall"`
		Signature string `json:"thoughtSignature,omitempty"`
	}{call{name, json.RawMessage(args), id}, signature})
}

// GeminiSignature is the chunk with an empty text that only carries a signature.
func GeminiSignature(signature string) string {
	return GeminiParts(`{"text":"","thoughtSignature":` + marshal(signature) + `}`)
}

// GeminiFinish is the last chunk, with the reason to finish and the counts: of the prompt, of the answer and of the thoughts.
func GeminiFinish(reason string, prompt, answer, thoughts int) string {
	return `{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"` + reason + `","index":0}],` +
		`"usageMetadata":{"promptTokenCount":` + strconv.Itoa(prompt) + `,"candidatesTokenCount":` + strconv.Itoa(answer) + `,"thoughtsTokenCount":` + strconv.Itoa(thoughts) +
		`,"totalTokenCount":` + strconv.Itoa(prompt+answer+thoughts) + `},"modelVersion":"mock-model","responseId":"r1"}`
}

// GeminiError replies with an error in the shape of Google, with further details, each a JSON object.
func GeminiError(code int, status, message string, details ...string) Reply {
	return JSON(code, GeminiErrorBody(code, status, message, details...))
}

// GeminiErrorBody is an error in the shape of Google, as a body or as a chunk in the midst of a stream.
func GeminiErrorBody(code int, status, message string, details ...string) string {
	body := `{"error":{"code":` + strconv.Itoa(code) + `,"message":` + marshal(message) + `,"status":"` + status + `"`
	if len(details) > 0 {
		body += `,"details":[` + strings.Join(details, ",") + `]`
	}
	return body + `}}`
}
