package gemini_test

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
		word.WriteString(a.pick("a", "Z", "9", "_", "__", "-", ".", "/", " ", "é", "日", "😀", "\"", "\\", "\n", "{", "}", "\u2028", "\x00"))
	}
	return word.String()
}

// state makes up what is sealed in a reasoning item, in order or not.
func (a author) state() string {
	signature := quote(a.pick("QUJD", "REVG", "", "no base64", "QQ=="))
	return a.pick(
		`{"call":`+signature+`}`, `{"call":`+signature+`,"parts":[{"text":"t","thought":true,"thoughtSignature":"QUJD"}]}`,
		fmt.Sprintf(`{"texts":[{"from":%d,"to":%d,"signature":%s}]}`, a.IntN(20)-5, a.IntN(20)-5, signature),
		fmt.Sprintf(`{"texts":[{"from":0,"to":%d,"signature":"QUJD"},{"from":%d,"to":%d,"signature":"REVG"}]}`, a.IntN(4), a.IntN(8), a.IntN(12)),
		`{}`, `[]`, `{"texts":7,"parts":{},"call":[]}`, `{"call":"QU`,
	)
}

// item makes up an input item. Ids are few, so that they meet.
func (a author) item() string {
	id := quote(a.pick("a", "b", "c", "", "a_2", strings.Repeat("x", 50)))
	name := quote(a.pick("f", "g", "unknown", a.word()))
	const png = `{"type":"input_image","image_url":"data:image/png;base64,QUJD","detail":"high"}`
	switch a.IntN(13) {
	case 0:
		return `{"role":"user","content":[{"type":"input_text","text":` + quote(a.word()) + `},` + a.pick(png, `{"type":"input_image","image_url":"https://x/y"}`) + `]}`
	case 1:
		return `{"role":"developer","content":[{"type":"input_text","text":` + quote(a.pick("", a.word())) + `}]}`
	case 2:
		return `{"role":"assistant","content":[{"type":"output_text","text":` + quote(a.pick("", a.word())) + `}]}`
	case 3, 4:
		return sealed(a.pick("gemini", "vertex", "other"), a.pick("gemini-3.8-flash", "gemini-4-argon"), a.state())
	case 5:
		return `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":` + quote(a.word()) + `}]}`
	case 6:
		return `{"type":"custom_tool_call","call_id":` + id + `,"name":` + name + `,"input":` + quote(a.word()) + `}`
	case 7:
		return `{"type":"custom_tool_call_output","call_id":` + id + `,"output":[{"type":"input_text","text":` + quote(a.word()) + `},` + png + `]}`
	case 8:
		return `{"type":"x_future","content":` + quote(a.word()) + `}`
	case 9, 10:
		return `{"type":"function_call","call_id":` + id + `,"name":` + name + `,"namespace":` + quote(a.pick("", "ns", a.word())) + `,"arguments":` + quote(a.pick("", "{}", `{"x":1}`, "[", a.word())) + `}`
	default:
		return `{"type":"function_call_output","call_id":` + id + `,"output":` + quote(a.pick("", a.word())) + `}`
	}
}

// Whatever order things stand in, a model takes the history.
func TestRandomHistoriesSuitEveryModel(t *testing.T) {
	providers := everybody(t)
	for seed := range uint64(4000) {
		a := author{rand.New(rand.NewPCG(seed, 1))}
		p := providers[a.IntN(len(providers))]
		var items []string
		for range 1 + a.IntN(12) {
			items = append(items, a.item())
		}
		p.check(t, p.body(t, talk(append(items, user)...)))
		if t.Failed() {
			t.Fatalf("seed %d, %s:\n%s", seed, p.Target.Model, strings.Join(items, "\n"))
		}
	}
}

// part makes up a part of an answer.
func (a author) part() string {
	signed := a.pick("", "", `,"thoughtSignature":"QUJD"`)
	switch a.IntN(6) {
	case 0:
		return `{"thought":true,"text":` + quote(a.pick("", a.word())) + signed + `}`
	case 1, 2:
		return `{"functionCall":{"name":` + quote(a.pick("f", "g", "c", "ns__n")) + `,"args":{"input":` + quote(a.word()) + `}}` + signed + `}`
	case 3:
		return a.pick(search, found)
	default:
		return `{"text":` + quote(a.pick("", " ", a.word())) + signed + `}`
	}
}

// Whatever a model says, in whatever order, it takes it back, with each of its signatures.
func TestRandomRepliesComeBack(t *testing.T) {
	p := with(t)
	for seed := range uint64(400) {
		a := author{rand.New(rand.NewPCG(seed, 2))}
		var frames []string
		signatures := 0
		for range 1 + a.IntN(5) {
			var some []string
			for range 1 + a.IntN(3) {
				some = append(some, a.part())
			}
			frames = append(frames, parts(some...))
			signatures += strings.Count(frames[len(frames)-1], "QUJD")
		}
		_, written := read(t, p, asking, strings.NewReader(bodyOf(append(frames, finish("STOP"))...)))
		o := &outcome{events: streamcheck.Require(t, written)}
		if o.events[len(o.events)-1].Type != "response.completed" {
			continue // there was no answer
		}
		body := p.body(t, nextTurn(t, o))
		p.check(t, body)
		if got := strings.Count(string(body), "QUJD"); got != signatures {
			t.Fatalf("seed %d: %d signatures came, %d went back:\n%s\n%s", seed, signatures, got, strings.Join(frames, "\n"), body)
		}
	}
}

// Tools of any names stay apart on the way to a model, and its calls of them lead back to the client's names, with what they say.
func TestRandomToolsComeBack(t *testing.T) {
	p := with(t)
	for seed := range uint64(200) {
		a := author{rand.New(rand.NewPCG(seed, 3))}
		var declared []string
		for i := range 1 + a.IntN(6) {
			text := fmt.Sprintf(`{"type":%q,"name":%s,"description":"No. %d."}`, a.pick("function", "custom"), quote(a.pick("a", "a__b", a.word())), i)
			if namespace := a.pick("", "a", "functions", a.word()); namespace != "" {
				text = `{"type":"namespace","name":` + quote(namespace) + `,"description":"","tools":[` + text + `]}`
			}
			declared = append(declared, text)
		}
		request := `{"model":"m","input":"u","tools":[` + strings.Join(declared, ",") + `]}`
		body := p.body(t, request)
		p.check(t, body)
		for _, function := range gjson.GetBytes(body, "tools.0.functionDeclarations").Array() {
			input := a.word()
			frames := bodyOf(callOf("1", function.Get("name").String(), `{"input":`+quote(input)+`}`, ""), finish("STOP"))
			_, written := read(t, p, request, strings.NewReader(frames))
			events, err := streamcheck.Parse(written)
			if err != nil || len(streamcheck.Items(events)) != 1 {
				t.Fatalf("seed %d: %v\n%s", seed, err, written)
			}
			item := streamcheck.Items(events)[0]
			if said := item.Get("input").String() + gjson.Get(item.Get("arguments").String(), "input").String(); said != input {
				t.Errorf("seed %d: %q came as %s", seed, input, item.Raw)
			}
		}
	}
}
