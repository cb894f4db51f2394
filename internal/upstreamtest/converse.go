package upstreamtest

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// The messages of a ConverseStream reply, in the binary form in which AWS sends them.

// Converse replies with messages of AWS's event stream, each flushed on its own.
func Converse(messages ...string) Reply {
	return Raw(messages...).WithHeader("Content-Type", "application/vnd.amazon.eventstream")
}

// ConverseEvent is one event: its type and its payload.
func ConverseEvent(typ, payload string) string {
	return message(payload, ":message-type", "event", ":event-type", typ, ":content-type", "application/json")
}

// ConverseException is an error in the midst of a stream, such as throttlingException.
func ConverseException(typ, text string) string {
	return message(marshal(map[string]string{"message": text}), ":message-type", "exception", ":exception-type", typ, ":content-type", "application/json")
}

// ConverseError is an error of the stream itself.
func ConverseError(code, text string) string {
	return message("", ":message-type", "error", ":error-code", code, ":error-message", text)
}

func message(payload string, headers ...string) string {
	m := eventstream.Message{Payload: []byte(payload)}
	for i := 0; i < len(headers); i += 2 {
		m.Headers.Set(headers[i], eventstream.StringValue(headers[i+1]))
	}
	var out bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&out, m); err != nil {
		panic(err) // headers of plain texts
	}
	return out.String()
}

// ConverseStart begins a reply.
func ConverseStart() string { return ConverseEvent("messageStart", `{"role":"assistant"}`) }

// ConverseText is a fragment of the text of a block.
func ConverseText(index int, text string) string {
	return ConverseDelta(index, `{"text":`+marshal(text)+`}`)
}

// ConverseReasoning is a fragment of the reasoning of a block.
func ConverseReasoning(index int, text string) string {
	return ConverseDelta(index, `{"reasoningContent":{"text":`+marshal(text)+`}}`)
}

// ConverseSignature signs the reasoning of a block.
func ConverseSignature(index int, signature string) string {
	return ConverseDelta(index, `{"reasoningContent":{"signature":`+marshal(signature)+`}}`)
}

// ConverseCall begins a block that is a call.
func ConverseCall(index int, id, name string) string {
	return ConverseEvent("contentBlockStart", `{"contentBlockIndex":`+strconv.Itoa(index)+
		`,"start":{"toolUse":{"toolUseId":`+marshal(id)+`,"name":`+marshal(name)+`}}}`)
}

// ConverseInput is a fragment of the arguments of a call.
func ConverseInput(index int, fragment string) string {
	return ConverseDelta(index, `{"toolUse":{"input":`+marshal(fragment)+`}}`)
}

// ConverseDelta is any fragment of a block.
func ConverseDelta(index int, delta string) string {
	return ConverseEvent("contentBlockDelta", `{"contentBlockIndex":`+strconv.Itoa(index)+`,"delta":`+delta+`}`)
}

// ConverseBlockStop ends a block.
func ConverseBlockStop(index int) string {
	return ConverseEvent("contentBlockStop", `{"contentBlockIndex":`+strconv.Itoa(index)+`}`)
}

// ConverseStop ends the answer: end_turn, tool_use, max_tokens and others.
func ConverseStop(reason string) string {
	return ConverseEvent("messageStop", `{"stopReason":`+marshal(reason)+`}`)
}

// ConverseUsage is the last message. What the cache served is beside the input.
func ConverseUsage(input, output, cached int) string {
	number := strconv.Itoa
	return ConverseEvent("metadata", `{"usage":{"inputTokens":`+number(input)+`,"outputTokens":`+number(output)+`,"totalTokens":`+
		number(input+output+cached)+`,"cacheReadInputTokens":`+number(cached)+`,"cacheWriteInputTokens":0},"metrics":{"latencyMs":1}}`)
}

// ConverseRefused is the answer to a request that the service finds faulty.
func ConverseRefused(why string) Reply {
	return JSON(http.StatusBadRequest, marshal(map[string]string{"message": why})).WithHeader("X-Amzn-ErrorType", "ValidationException")
}
