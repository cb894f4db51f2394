package converse_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/converse"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "converse", converse.Encode, "toolConfig.tools")
}

// Every model gets only what it takes, and all of it again when asked again.
func TestRecordedRequestsSuitEveryModel(t *testing.T) {
	requests := wiretest.Requests(t)
	for _, p := range everybody(t) {
		for request, body := range requests {
			t.Run(p.Target.Model+"/"+request, func(t *testing.T) {
				got := converse.Encode(nil, parse(t, body), &p.Target, &p.Dialect)
				p.check(t, got)
				if again := converse.Encode([]byte("{}"), parse(t, body), &p.Target, &p.Dialect); !bytes.Equal(again[2:], got) {
					t.Errorf("asked again, it gets\n%s\nafter\n%s", again[2:], got)
				}
			})
		}
	}
}

// What a provider has read before it finds again at the same place, or its prompt cache is of no use. A message of the user's may have grown.
func TestAnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	for _, turn := range wiretest.Turns(t) {
		for _, p := range everybody(t) {
			t.Run(p.Target.Model+"/"+turn.Name, func(t *testing.T) {
				first, second := unmarked(p.body(t, string(turn.Before))), unmarked(p.body(t, string(turn.After)))
				if !strings.HasPrefix(second, strings.TrimSuffix(first, "]}]")) {
					t.Errorf("first\n%s\nthen\n%s", first, second)
				}
			})
		}
	}
}

// unmarked are the messages of a body without the marks for the prompt cache.
func unmarked(body []byte) string {
	return strings.ReplaceAll(gjson.GetBytes(body, "messages").Raw, `,{"cachePoint":{"type":"default"}}`, "")
}
