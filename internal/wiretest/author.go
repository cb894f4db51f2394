package wiretest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// Author makes up requests. The same seed makes up the same.
type Author struct{ *rand.Rand }

// NewAuthor makes the author of a seed.
func NewAuthor(seed uint64) Author { return Author{rand.New(rand.NewPCG(seed, 1))} }

// Pick is one of several.
func (a Author) Pick(from ...string) string { return from[a.IntN(len(from))] }

// Word is a text of a few characters, odd ones among them, or none.
func (a Author) Word() string {
	var word strings.Builder
	for range a.IntN(8) {
		word.WriteString(a.Pick("a", "Z", "9", "_", "__", "-", ".", "/", " ", "é", "日", "😀", "\"", "\\", "\n", "\t", "{", "}", "<think>", "\u2028", "\u3000", "\x00"))
	}
	return word.String()
}

// Items are some input items in no good order, reasoning among them. Ids are few, so that they meet.
func (a Author) Items(reasoning ...string) []string {
	var items []string
	for range 1 + a.IntN(12) {
		items = append(items, a.item(reasoning))
	}
	return items
}

func (a Author) item(reasoning []string) string {
	id := Quote(a.Pick("a", "b", "c", "", "a_2", "f:0", strings.Repeat("x", 70)))
	name := Quote(a.Pick("f", "g", "unknown", "x"+a.Word()))
	text := `{"type":"input_text","text":` + Quote(a.Word()) + `}`
	media := a.Pick(
		text, `{"type":"input_image","image_url":"data:image/png;base64,QUJD"}`, `{"type":"input_image","image_url":"https://x/y.png"}`,
		`{"type":"input_file","filename":`+Quote(a.Word())+`,"file_data":"data:application/pdf;base64,QUJD"}`,
	)
	switch a.IntN(13) {
	case 0, 1:
		return `{"role":"user","content":[` + text + `,` + media + `]}`
	case 2:
		return `{"role":"developer","content":[` + text + `]}`
	case 3:
		return `{"role":"assistant","content":[` + text + `]}`
	case 4:
		return a.Pick(append(reasoning, `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}]}`)...)
	case 5:
		return `{"type":"custom_tool_call","call_id":` + id + `,"name":` + name + `,"input":` + Quote(a.Word()) + `}`
	case 6:
		return `{"type":"custom_tool_call_output","call_id":` + id + `,"output":[` + text + `,` + media + `]}`
	case 7, 8, 9:
		return `{"type":"function_call","call_id":` + id + `,"name":` + name + `,"namespace":` + Quote(a.Pick("", "ns", a.Word())) + `,"arguments":` + Quote(a.Pick("", "{}", `{"x":1}`, "[", a.Word())) + `}`
	case 10:
		return `{"type":"x_future","content":` + Quote(a.Word()) + `}`
	default:
		return `{"type":"function_call_output","call_id":` + id + `,"output":` + Quote(a.Word()) + `}`
	}
}

// Turn is a recorded request and one that goes on from it.
type Turn struct {
	Name          string // of the later one
	Before, After []byte
}

// Turns are those of the recorded requests that have all items of another at their beginning.
func Turns(t testing.TB) []Turn {
	t.Helper()
	requests := Requests(t)
	names := slices.Sorted(maps.Keys(requests))
	var turns []Turn
	for i, name := range names[1:] {
		turn := Turn{name, requests[names[i]], requests[name]}
		if strings.HasPrefix(names[i], name[:strings.LastIndex(name, "-")]) && turn.continues() {
			turns = append(turns, turn)
		}
	}
	if len(turns) < 12 {
		t.Fatalf("only %d requests go on from another", len(turns))
	}
	return turns
}

func (t *Turn) continues() bool {
	earlier, later := gjson.GetBytes(t.Before, "input").Array(), gjson.GetBytes(t.After, "input").Array()
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
