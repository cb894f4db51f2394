package wiretest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
)

// Wire is a wire under test. Its methods are what all wires are tested for.
type Wire struct {
	Encode  Encode
	Decoder func(p *Provider, out *translate.Stream) Decoder
	Reader  func(body io.Reader) Frames // nil for event streams

	// Everybody are providers of this wire that differ from each other.
	Everybody func(t testing.TB) []*Provider

	// Describe writes an item for the lines of an outcome; nil for what most wires are tested for.
	Describe func(item gjson.Result) string

	// Check holds a body against what a provider takes.
	Check func(t testing.TB, p *Provider, body []byte)
}

// Body is what a provider gets for a request.
func (w *Wire) Body(t testing.TB, p *Provider, request string) []byte {
	t.Helper()
	return w.Encode(nil, Parse(t, []byte(request)), &p.Target, &p.Dialect)
}

// Read is what becomes of a reply. It goes on with the next body where it pauses at the end of one.
func (w *Wire) Read(t testing.TB, p *Provider, request string, bodies ...io.Reader) *Outcome {
	t.Helper()
	o := w.read(t, p, request, bodies...)
	o.check(t)
	return o
}

func (w *Wire) read(t testing.TB, p *Provider, request string, bodies ...io.Reader) *Outcome {
	t.Helper()
	frames := make([]Frames, len(bodies))
	for i, body := range bodies {
		frames[i] = w.frames(body)
	}
	o := read(t, Parse(t, []byte(request)), p, frames, func(out *translate.Stream) Decoder { return w.Decoder(p, out) })
	if w.Describe != nil {
		o.describe = w.Describe
	}
	return o
}

func (w *Wire) frames(body io.Reader) Frames {
	if w.Reader == nil {
		return sse.NewReader(body, 0)
	}
	return w.Reader(body)
}

// SuitsRecorded sees that every provider gets only what it takes of what Codex sends, and all of it again when it is asked again.
func (w *Wire) SuitsRecorded(t *testing.T) {
	t.Helper()
	requests := Requests(t)
	for _, p := range w.Everybody(t) {
		for name, request := range requests {
			t.Run(p.String()+"/"+name, func(t *testing.T) {
				body := w.Body(t, p, string(request))
				w.Check(t, p, body)
				again := w.Encode([]byte("{}"), Parse(t, request), &p.Target, &p.Dialect)
				if !bytes.Equal(again[2:], body) {
					t.Errorf("asked again, it gets\n%s\nafter\n%s", again[2:], body)
				}
			})
		}
	}
}

// KeepsPrefixes sees that a provider finds what it has read of one turn at the same place in the next, or its prompt cache would be of no
// use. conversation takes the messages out of a body; where they go on, end gives way to more.
func (w *Wire) KeepsPrefixes(t *testing.T, conversation func(body []byte) string, end, more string) {
	t.Helper()
	all := w.Everybody(t)
	for _, turn := range Turns(t) {
		for _, p := range all {
			t.Run(p.String()+"/"+turn.Name, func(t *testing.T) {
				first, second := conversation(w.Body(t, p, string(turn.Before))), conversation(w.Body(t, p, string(turn.After)))
				if !strings.HasPrefix(second, strings.TrimSuffix(first, end)+more) {
					t.Errorf("first\n%s\nthen\n%s", first, second)
				}
			})
		}
	}
}

// SuitsRandom sees that providers take whatever requests an author makes up.
func (w *Wire) SuitsRandom(t *testing.T, request func(a Author, p *Provider) string) {
	t.Helper()
	all := w.Everybody(t)
	for seed := range uint64(4000) {
		author := NewAuthor(seed)
		p := all[author.IntN(len(all))]
		made := request(author, p)
		if _, err := translate.Parse([]byte(made), Ring); err != nil {
			continue // there is nothing to answer
		}
		w.Check(t, p, w.Body(t, p, made))
		if t.Failed() {
			t.Fatalf("seed %d, %s:\n%s", seed, p, made)
		}
	}
}

// FuzzRequests sees that whatever a client sends becomes JSON that a provider understands, and the same each time, and that the client gets
// a response that is none of its own making. theirs says that a request has values that are passed on as they are, for the provider to
// judge.
func (w *Wire) FuzzRequests(f *testing.F, theirs func(body []byte, req *translate.Request) bool, seeds ...string) {
	f.Helper()
	all := w.Everybody(f)
	for name, body := range Requests(f) {
		if len(body) < 6000 {
			f.Add(body, uint8(len(name)))
		}
	}
	for i, body := range seeds {
		f.Add([]byte(body), uint8(i))
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		req, err := translate.Parse(bytes.Clone(body), Ring)
		if err != nil {
			return
		}
		p := all[int(which)%len(all)]
		got := w.Encode(nil, req, &p.Target, &p.Dialect)
		if !json.Valid(got) {
			t.Fatalf("%s gets\n%s", p, got)
		}
		if again := w.Body(t, p, string(body)); !bytes.Equal(got, again) {
			t.Fatalf("%s gets\n%s\nthen\n%s", p, got, again)
		}
		if theirs == nil || !theirs(body, req) {
			w.Check(t, p, got)
		}
		sink := new(Sink)
		stream := translate.NewStream(req, Ring, sink, Counted(), Clock)
		stream.Text([]byte("a"))
		stream.Complete()
		if events, err := streamcheck.Parse(sink.Bytes()); err != nil {
			t.Fatalf("after %d events: %v\n%s", len(events), err, sink)
		}
	})
}

// tool is one that a client has declared.
type tool struct{ kind, namespace, name string }

// ToolsComeBack sees that tools of any names stay apart on the way to a provider, and that its calls of them lead back to the client's
// names, with what they say. tools is where the provider's are in a body, and reply the body of a reply that calls one.
func (w *Wire) ToolsComeBack(t *testing.T, p *Provider, tools string, reply func(name, arguments string) string) {
	t.Helper()
	for seed := range uint64(300) {
		a := NewAuthor(seed)
		declared := make(map[string]tool) // by description
		var list []string
		for i := range 1 + a.IntN(6) {
			one := tool{a.Pick("function", "custom"), a.Pick("", "a", "b", "functions", a.Word()), a.Pick("a", "a__b", "c"+a.Word())}
			description := fmt.Sprintf("No. %d.", i)
			declared[description] = one
			text := fmt.Sprintf(`{"type":%q,"name":%s,"description":%q}`, one.kind, Quote(one.name), description)
			if one.namespace != "" {
				text = `{"type":"namespace","name":` + Quote(one.namespace) + `,"description":"","tools":[` + text + `]}`
			}
			list = append(list, text)
		}
		request := `{"model":"m","input":"u","tools":[` + strings.Join(list, ",") + `]}`
		body := w.Body(t, p, request)
		w.Check(t, p, body)
		for _, sent := range gjson.GetBytes(body, tools).Array() {
			description, _, _ := strings.Cut(sent.Get("description").String(), "\n")
			input := a.Word()
			called := reply(sent.Get("name").String(), `{"input":`+Quote(input)+`}`)
			items := streamcheck.Items(w.read(t, p, request, strings.NewReader(called)).Events) // against the rules, for so are the names
			if len(items) != 1 {
				t.Fatalf("seed %d: %d items come of a call", seed, len(items))
			}
			item := items[0]
			kind := strings.TrimSuffix(strings.TrimSuffix(item.Get("type").String(), "_call"), "_tool")
			if got := (tool{kind, item.Get("namespace").String(), item.Get("name").String()}); got != declared[description] {
				t.Errorf("seed %d: %+v came back as %s", seed, declared[description], item.Raw)
			}
			if said := item.Get("input").String() + gjson.Get(item.Get("arguments").String(), "input").String(); said != input {
				t.Errorf("seed %d: %q came as %s", seed, input, item.Raw)
			}
		}
	}
}
