package gemini_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/gemini"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "gemini", gemini.Encode, "tools")
}

// Every model gets only what it takes, and all of it again when asked again.
func TestRecordedRequestsSuitEveryModel(t *testing.T) {
	requests := wiretest.Requests(t)
	for _, p := range everybody(t) {
		for request, body := range requests {
			t.Run(p.Name+"/"+p.Target.Model+"/"+request, func(t *testing.T) {
				got := p.body(t, string(body))
				p.check(t, got)
				if again := gemini.Encode([]byte("{}"), wiretest.Parse(t, body), &p.Target, &p.Dialect); !bytes.Equal(again[2:], got) {
					t.Errorf("asked again, it gets\n%s\nafter\n%s", again[2:], got)
				}
			})
		}
	}
}

// What a provider has read before it finds again at the same place, or its prompt cache is of no use. A content stays open for what the
// same role says next, so the end of the last one may move.
func TestAnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	requests := wiretest.Requests(t)
	names := slices.Sorted(maps.Keys(requests))
	all := everybody(t)
	pairs := 0
	for i, name := range names[1:] {
		before, after := requests[names[i]], requests[name]
		if !strings.HasPrefix(names[i], name[:strings.LastIndex(name, "-")]) || !continues(before, after) {
			continue
		}
		pairs++
		for _, p := range all {
			t.Run(p.Name+"/"+p.Target.Model+"/"+name, func(t *testing.T) {
				first := strings.TrimSuffix(sent(p.body(t, string(before)), "contents"), "]}]")
				if second := sent(p.body(t, string(after)), "contents"); !strings.HasPrefix(second, first) {
					t.Errorf("first\n%s\nthen\n%s", first, second)
				}
			})
		}
	}
	if pairs < 12 {
		t.Errorf("only %d requests go on from another", pairs)
	}
}

// continues reports whether a request has all items of another at its beginning.
func continues(before, after []byte) bool {
	earlier, later := gjson.GetBytes(before, "input").Array(), gjson.GetBytes(after, "input").Array()
	if len(later) <= len(earlier) {
		return false
	}
	for i := range earlier {
		if earlier[i].Raw != later[i].Raw {
			return false
		}
	}
	return true
}
