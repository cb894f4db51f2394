package chat_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
)

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},` +
	`{"type":"function","name":"g","parameters":{"type":"object"},"strict":false},` +
	`{"type":"custom","name":"c","description":"d"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]}]}`

// Frames of a reply.

func choice(members ...string) string {
	return `{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,` + strings.Join(members, ",") + `}]}`
}

func delta(members string) string  { return choice(`"delta":{` + members + `}`) }
func says(text string) string      { return delta(`"content":` + quote(text)) }
func thinks(text string) string    { return delta(`"reasoning_content":` + quote(text)) }
func calls(fragment string) string { return delta(`"tool_calls":[` + fragment + `]`) }
func finish(reason string) string  { return choice(`"delta":{}`, `"finish_reason":"`+reason+`"`) }
func counts(usage string) string   { return `{"choices":[],"usage":{` + usage + `}}` }

const done = "[DONE]"

var bodyOf = wiretest.EventStream

// all are the replies and what is looked at in them.
func all() *wiretest.Replies {
	return &wiretest.Replies{
		Wire: wire, Request: asking, Table: replies(), Body: bodyOf,
		Provider: wiretest.With,
		Told: func(frame string) bool {
			whole := gjson.Get(frame, "object").String() == "chat.completion" && gjson.Get(frame, "choices.0.message").Exists()
			return strings.TrimSpace(frame) == done || whole || gjson.Get(frame, "choices.0.finish_reason").String() != ""
		},
	}
}

func TestReplies(t *testing.T) { all().Read(t) }

func TestF58RepliesThatAreCutOff(t *testing.T) { all().CutOff(t) }

func TestF58RepliesThatAreCutOffAtEveryByte(t *testing.T) { all().CutOffAnywhere(t) }

func TestAResetInTheMidstOfAReplyIsATime(t *testing.T) {
	for _, frame := range []string{wiretest.Limited(), "[" + wiretest.Limited() + "]"} {
		wiretest.KnowsTheReset(t, plain().read(t, asking, strings.NewReader(bodyOf(says("a"), frame))))
	}
}
