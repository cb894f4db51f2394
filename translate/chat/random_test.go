package chat_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// author makes up requests and replies. The same seed makes up the same.
type author struct{ *rand.Rand }

func (a author) pick(from ...string) string { return from[a.IntN(len(from))] }

// word is a text of a few characters, odd ones among them.
func (a author) word() string {
	var word strings.Builder
	for range 1 + a.IntN(12) {
		word.WriteString(a.pick("a", "Z", "9", "_", "__", "-", ".", "/", " ", "é", "日", "😀", "\"", "\\", "\n", "{", "}", "<think>", "\u2028", "\x00"))
	}
	return word.String()
}

// item makes up an input item. Ids are few, so that they meet.
func (a author) item() string {
	id := quote(a.pick("a", "b", "c", "", "a_2", strings.Repeat("x", 50)))
	name := quote(a.pick("f", "g", "unknown", a.word()))
	switch a.IntN(12) {
	case 0:
		return `{"role":"user","content":` + quote(a.word()) + `}`
	case 1:
		return `{"role":"developer","content":[{"type":"input_text","text":` + quote(a.pick("", a.word())) + `}]}`
	case 2:
		return `{"role":"assistant","content":[{"type":"output_text","text":` + quote(a.pick("", a.word())) + `}]}`
	case 3:
		return thought(a.pick("plain", "deepseek", "other"), a.pick("up", "down"), a.pick("reasoning_content", "reasoning"), "t")
	case 4:
		return `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":` + quote(a.word()) + `}]}`
	case 5:
		return `{"type":"custom_tool_call","call_id":` + id + `,"name":` + name + `,"input":` + quote(a.word()) + `}`
	case 6:
		return `{"type":"custom_tool_call_output","call_id":` + id + `,"output":[{"type":"input_text","text":` + quote(a.word()) + `},{"type":"input_image","image_url":"data:x"}]}`
	case 7:
		return `{"type":"x_future","content":` + quote(a.word()) + `}`
	case 8, 9:
		return `{"type":"function_call","call_id":` + id + `,"name":` + name + `,"namespace":` + quote(a.pick("", "ns", a.word())) + `,"arguments":` + quote(a.pick("", "{}", `{"x":1}`, "[", a.word())) + `}`
	default:
		return `{"type":"function_call_output","call_id":` + id + `,"output":` + quote(a.pick("", a.word())) + `}`
	}
}

// Whatever order things stand in, a strict provider takes the history, and takes it again when it has grown.
func TestRandomHistoriesSuitEveryProvider(t *testing.T) {
	providers := everybody(t)
	for seed := range uint64(3000) {
		a := author{rand.New(rand.NewPCG(seed, 1))}
		p := providers[a.IntN(len(providers))]
		items := []string{`{"role":"user","content":"u"}`}
		for range a.IntN(12) {
			items = append(items, a.item())
		}
		p.check(t, p.body(t, talk(items...)))
		if t.Failed() {
			t.Fatalf("seed %d, %s:\n%s", seed, p.Target.Provider, strings.Join(items, "\n"))
		}
	}
}

// tool is one that a client declared.
type tool struct{ kind, namespace, name string }

// Tools of any names stay apart on the way to a provider, and its calls of them lead back to the client's names, with what they say.
func TestRandomToolsComeBack(t *testing.T) {
	for seed := range uint64(300) {
		a := author{rand.New(rand.NewPCG(seed, 2))}
		var declared []string
		byDescription := make(map[string]tool)
		for i := range 1 + a.IntN(6) {
			one := tool{a.pick("function", "custom"), a.pick("", "a", "b", "functions", a.word()), a.pick("a", "a__b", a.word())}
			description := fmt.Sprintf("No. %d.", i)
			byDescription[description] = one
			text := fmt.Sprintf(`{"type":%q,"name":%s,"description":%q}`, one.kind, quote(one.name), description)
			if one.namespace != "" {
				text = `{"type":"namespace","name":` + quote(one.namespace) + `,"description":"","tools":[` + text + `]}`
			}
			declared = append(declared, text)
		}
		request := `{"model":"m","input":"u","tools":[` + strings.Join(declared, ",") + `]}`
		p := plain()
		body := p.body(t, request)
		p.check(t, body)
		for _, function := range gjson.GetBytes(body, "tools.#.function").Array() {
			description, _, _ := strings.Cut(function.Get("description").String(), "\n")
			want, input := byDescription[description], a.word()
			item := calledAs(t, p, request, function.Get("name").String(), `{"input":`+quote(input)+`}`)
			got := tool{strings.TrimSuffix(strings.TrimSuffix(item.Get("type").String(), "_call"), "_tool"), item.Get("namespace").String(), item.Get("name").String()}
			if got != want {
				t.Errorf("seed %d: %+v came back as %s", seed, want, item.Raw)
			}
			if said := item.Get("input").String() + gjson.Get(item.Get("arguments").String(), "input").String(); said != input {
				t.Errorf("seed %d: %q came as %s", seed, input, item.Raw)
			}
		}
	}
}

// calledAs is the item that becomes of a provider's call.
func calledAs(t *testing.T, p *provider, request, name, arguments string) gjson.Result {
	t.Helper()
	frames := bodyOf(calls(`{"index":0,"id":"call_1","function":{"name":"`+name+`","arguments":`+quote(arguments)+`}}`), finish("tool_calls"), done)
	o, written := read(t, p, request, strings.NewReader(frames))
	events, err := streamcheck.Parse(written)
	if err != nil || o.fault != nil || len(streamcheck.Items(events)) != 1 {
		t.Fatalf("%v, %v\n%s", err, o.fault, written)
	}
	return streamcheck.Items(events)[0]
}
