package responses_test

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/responses"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "responses", responses.Encode, "tools")
}

// Every provider gets only what it takes, and all of it again when asked again.
func TestRecordedRequestsSuitEveryProvider(t *testing.T) {
	for _, p := range everybody(t) {
		for name, body := range requests(t) {
			t.Run(p.Target.Provider+"/"+name, func(t *testing.T) {
				got := p.body(t, body)
				p.check(t, got)
				req := parse(t, body)
				if again := responses.Encode([]byte("{}"), req, &p.Target, &p.Dialect); !bytes.Equal(again[2:], got) {
					t.Errorf("asked again, it gets\n%s\nafter\n%s", again[2:], got)
				}
			})
		}
	}
}

// made are the ids of items and what is sealed in the recorded requests, which a script made up. Here they are OpenAI's own.
var made = regexp.MustCompile(`"(rs|fc|ctc|tsc|cmp|msg)_(call_|resp_)?([0-9a-z]{1,3})"`)

// requests are the recorded requests of Codex as if OpenAI had answered the earlier ones.
func requests(t testing.TB) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for name, body := range wiretest.Requests(t) {
		text := made.ReplaceAllStringFunc(string(body), func(id string) string {
			parts := made.FindStringSubmatch(id)
			return fmt.Sprintf(`"%s_%032x"`, parts[1], parts[3])
		})
		text = regexp.MustCompile(`"encrypted_content": ?"`).ReplaceAllString(text, `${0}gAAAA`)
		all[name] = text
	}
	return all
}

// What a service has read before it finds again at the same place, or its prompt cache is of no use.
func TestAnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	all := requests(t)
	names := slices.Sorted(maps.Keys(all))
	pairs := 0
	for i, name := range names[1:] {
		before, after := all[names[i]], all[name]
		if scenario := name[:strings.LastIndex(name, "-")]; !strings.HasPrefix(names[i], scenario) || !continues(before, after) {
			continue
		}
		pairs++
		for _, p := range everybody(t) {
			t.Run(p.Target.Provider+"/"+name, func(t *testing.T) {
				first, second := input(p.body(t, before)), input(p.body(t, after))
				if !strings.HasPrefix(second, strings.TrimSuffix(first, "]")+",") {
					t.Errorf("first\n%s\nthen\n%s", first, second)
				}
			})
		}
	}
	if pairs < 12 {
		t.Errorf("only %d requests go on from another", pairs)
	}
}

func input(body []byte) string { return gjson.GetBytes(body, "input").Raw }

// continues reports whether a request has all items of another at its beginning.
func continues(before, after string) bool {
	earlier, later := gjson.Get(before, "input").Array(), gjson.Get(after, "input").Array()
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
