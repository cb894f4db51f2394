package messages_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
)

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},` +
	`{"type":"function","name":"g","parameters":{"type":"object"},"strict":false},` +
	`{"type":"custom","name":"c","description":"d"},{"type":"web_search"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]}]}`

// counted is the usage of the replies: 9 tokens that were not cached, 4 that were, 2 that are now.
var counted = upstreamtest.MessagesUsage{Input: 9, CacheRead: 4, CacheWrite: 2, Output: 5, Thinking: 3}

// whole are the events of a reply.
func whole(stop string, blocks ...upstreamtest.MessagesBlock) []string {
	return upstreamtest.MessagesEvents(stop, counted, blocks...)
}

// without leaves out the events of a type.
func without(events []string, typ string) []string {
	return slices.DeleteFunc(slices.Clone(events), func(event string) bool { return gjson.Get(event, "type").String() == typ })
}

// changed replaces text in every event.
func changed(events []string, replacements ...string) []string {
	changed := make([]string, len(events))
	for i, event := range events {
		changed[i] = strings.NewReplacer(replacements...).Replace(event)
	}
	return changed
}

// searching has the provider search the web and take its thinking back.
var searching = []string{"web_search", "web_search_20250305", "reasoning_out", "thinking"}

// all are the replies and what is looked at in them.
func all() *wiretest.Replies {
	return &wiretest.Replies{
		Wire: wire, Request: asking, Table: replies(), Body: bodyOf,
		Provider: wiretest.With,
		Told: func(event string) bool {
			typ := gjson.Get(event, "type").String()
			return typ == "message_stop" || typ == "message" || gjson.Get(event, "delta.stop_reason").String() != "" || event == "[DONE]"
		},
	}
}

func TestReplies(t *testing.T) { all().Read(t) }

func TestRepliesWithoutNamesOfEvents(t *testing.T) {
	unnamed := all()
	unnamed.Body = wiretest.EventStream
	unnamed.Read(t)
}

func TestF58RepliesThatAreCutOff(t *testing.T) { all().CutOff(t) }

func TestF58RepliesThatAreCutOffAtEveryByte(t *testing.T) { all().CutOffAnywhere(t) }

func TestAResetInTheMidstOfAReplyIsATime(t *testing.T) {
	wiretest.KnowsTheReset(t, plain().read(t, asking, strings.NewReader(bodyOf(wiretest.Limited()))))
}
