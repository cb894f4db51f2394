package messages_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/messages"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "messages", messages.Encode, "tools")
}

func TestRecordedRequestsSuitEveryProvider(t *testing.T) { wire.SuitsRecorded(t) }

const cacheMark = `,"cache_control":{"type":"ephemeral"}`

// unmarked is a body without what the cache's marks add, which move on from turn to turn.
func unmarked(body []byte) string { return strings.ReplaceAll(string(body), cacheMark, "") }

func TestF75AnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	wire.KeepsPrefixes(t, func(body []byte) string { return gjson.Get(unmarked(body), "messages").Raw }, "]}]", "")
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
