package translate_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
)

func TestCheckItems(t *testing.T) {
	for list, want := range map[string]string{
		`[]`:                                  "",
		`[{"role":"user","content":"Hi."}]`:   "",
		`[{"type":"something","new":"well"}]`: "",
		`[{"id":"msg_1"},{"type":"item_reference","id":"msg_2"}]`:              "",
		`[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]`: "",
		`[{"type":"function_call","call_id":"c","name":"f"}]`:                  "items[0].arguments is missing",
		`[{"type":"function_call","call_id":null,"name":"f","arguments":""}]`:  "items[0].call_id is missing",
		`[{"type":"custom_tool_call_output","call_id":"c"}]`:                   "items[0].output is missing",
		`[{"role":"user"}]`:                 "items[0].content is missing",
		`[{}]`:                              "items[0].type is missing",
		`[[]]`:                              "items[0] is not an object",
		`{}`:                                "items is not a list",
		`[{"type":"configuration_update"}]`: "items[0] is a configuration_update, which says something of one request and is not kept",
		`[{"id":"msg_1"},{"role":"user","content":"Hi.","id":"msg_1"}]`:                     "Duplicate item found with id msg_1. Remove duplicate items from your input and try again.",
		`[{"id":"","role":"user","content":"Hi."},{"id":"","role":"user","content":"Hi."}]`: "",
		`[` + strings.Repeat(`{"type":"something"},`, 3) + `{"type":"something"}]`:          "items has 4 items; at most 3 are allowed at once",
		`[{"type":"something"},{"role":"assistant"}]`:                                       "items[1].content is missing",
	} {
		got := ""
		if f := translate.CheckItems([]byte(list), 3); f != nil {
			if got = f.Error(); f.Param != "items" {
				t.Errorf("%s is refused for %q", list, f.Param)
			}
		}
		if got != want {
			t.Errorf("%s gives %q, want %q", list, got, want)
		}
	}
}

func TestItemsInTheirLongForm(t *testing.T) {
	for item, want := range map[string]string{
		`{"role":"user","content":"Hi."}`: `{"id":"ID","type":"message","status":"completed","role":"user","content":[{"type":"input_text","text":"Hi."}]}`,
		`{"content":"a \u0062","role":"assistant","id":"msg_1","status":"incomplete","phase":null}`:                                                                           `{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"a \u0062","annotations":[],"logprobs":[]}],"role":"assistant","status":"incomplete"}`,
		`{"type":"message","role":"user","id":null,"status":null,"content":[ {"type":"input_image","image_url":"u"} , {"type":"input_image","file_id":"f","detail":"low"} ]}`: `{"id":"ID","type":"message","status":"completed","role":"user","content":[ {"type":"input_image","image_url":"u","detail":"auto"} , {"type":"input_image","file_id":"f","detail":"low"} ]}`,
		`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]},{"type":"refusal","refusal":"no"},7]}`:                            `{"id":"ID","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[],"logprobs":[]},{"type":"refusal","refusal":"no"},7]}`,
		`{"type":"reasoning","summary":[],"encrypted_content":null,"content":null}`:                                                                                           `{"id":"ID","type":"reasoning","summary":[]}`,
		`{"type":"function_call_output","call_id":"c","output":"text"}`:                                                                                                       `{"id":"ID","type":"function_call_output","status":"completed","call_id":"c","output":"text"}`,
	} {
		all := translate.Identify([]byte("["+item+"]"), "seed")
		if len(all) != 1 {
			t.Fatalf("%s became %v", item, all)
		}
		got := strings.ReplaceAll(string(all[0].Raw), all[0].ID, "ID")
		if got != strings.ReplaceAll(want, "msg_1", "ID") {
			t.Errorf("%s became\n%s, want\n%s", item, got, want)
		}
		if strings.Contains(item, ",7]") {
			continue
		}
		if err := streamcheck.CheckObject("ItemResource", all[0].Raw); err != nil {
			t.Errorf("%s is no item: %v", all[0].Raw, err)
		}
	}
}

func TestIDsOfItemsFollowFromTheirPlace(t *testing.T) {
	const list = `[{"role":"user","content":"Hi."},{"role":"user","content":"Hi."},7,{"type":"odd"}]`
	ids := func(seed string) (ids []string) {
		for _, item := range translate.Identify([]byte(list), seed) {
			ids = append(ids, item.ID)
		}
		return ids
	}
	one, again, other := ids("one"), ids("one"), ids("other")
	if len(one) != 3 || one[0] == one[1] || !strings.HasPrefix(one[0], "msg_") || !strings.HasPrefix(one[2], "item_") {
		t.Errorf("the ids are %v", one)
	}
	for i := range one {
		if one[i] != again[i] || one[i] == other[i] {
			t.Errorf("%d: %s, then %s, and elsewhere %s", i, one[i], again[i], other[i])
		}
		if !translate.Minted([]byte(one[i])) {
			t.Errorf("%s is not of our form", one[i])
		}
	}
	item := translate.Identify([]byte(list), "one")[0]
	renamed := item.Renamed("one", 0)
	if renamed.ID == item.ID || !strings.HasPrefix(renamed.ID, "msg_") || string(renamed.Raw) != strings.Replace(string(item.Raw), item.ID, renamed.ID, 1) {
		t.Errorf("%s became %s", item.Raw, renamed.Raw)
	}
	text := translate.Identify([]byte(`"Hi."`), "one")
	if len(text) != 1 || text[0].ID != one[0] {
		t.Errorf("a text is %v", text)
	}
}
