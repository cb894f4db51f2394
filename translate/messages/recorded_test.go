package messages_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/messages"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "messages", messages.Encode, "tools")
}

// Every provider gets only what it takes, and all of it again when asked again.
func TestRecordedRequestsSuitEveryProvider(t *testing.T) {
	requests := wiretest.Requests(t)
	for _, p := range everybody(t) {
		for request, body := range requests {
			t.Run(p.Target.Provider+"/"+p.Target.Model+"/"+request, func(t *testing.T) {
				got := p.body(t, string(body))
				p.check(t, got)
				if again := messages.Encode([]byte("{}"), parse(t, string(body)), &p.Target, &p.Dialect); !bytes.Equal(again[2:], got) {
					t.Errorf("asked again, it gets\n%s\nafter\n%s", again[2:], got)
				}
			})
		}
	}
}

const cacheMark = `,"cache_control":{"type":"ephemeral"}`

// unmarked is a body without what the cache's marks add, which move on from turn to turn.
func unmarked(body []byte) string { return strings.ReplaceAll(string(body), cacheMark, "") }

// F75: what a provider has read before it finds again at the same place, or its prompt cache is of no use.
func TestAnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	all := everybody(t)
	for _, turn := range wiretest.Turns(t) {
		for _, p := range all {
			t.Run(p.Target.Provider+"/"+p.Target.Model+"/"+turn.Name, func(t *testing.T) {
				first := gjson.Get(unmarked(p.body(t, string(turn.Before))), "messages").Raw
				second := gjson.Get(unmarked(p.body(t, string(turn.After))), "messages").Raw
				if !strings.HasPrefix(second, strings.TrimSuffix(first, "]}]")) {
					t.Errorf("first\n%s\nthen\n%s", first, second)
				}
			})
		}
	}
}

func TestF75MarksForTheCache(t *testing.T) {
	for name, body := range wiretest.Requests(t) {
		t.Run(name, func(t *testing.T) {
			got := claude(t).body(t, string(body))
			marks := strings.Count(string(got), cacheMark)
			if marks == 0 || marks > 4 {
				t.Errorf("%d marks", marks)
			}
			for _, path := range []string{"tools", "system"} {
				if all := gjson.GetBytes(got, path).Array(); len(all) > 0 && !all[len(all)-1].Get("cache_control").Exists() {
					t.Errorf("the last of %s has no mark", path)
				}
			}
			turns := gjson.GetBytes(got, `messages.#(role=="user")#.content`).Array()
			for i, turn := range turns {
				blocks := turn.Array()
				if marked := blocks[len(blocks)-1].Get("cache_control").Exists(); marked != (i >= len(turns)-2) {
					t.Errorf("turn %d of %d: marked %v", i, len(turns), marked)
				}
			}
		})
	}
}
