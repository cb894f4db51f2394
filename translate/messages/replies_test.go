package messages_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/messages"
)

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},` +
	`{"type":"function","name":"g","parameters":{"type":"object"},"strict":false},` +
	`{"type":"custom","name":"c","description":"d"},{"type":"web_search"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]}]}`

// counted is the usage of the replies: 9 tokens that were not cached, 4 that were, 2 that are now.
var counted = upstreamtest.MessagesUsage{Input: 9, CacheRead: 4, CacheWrite: 2, Output: 5, Thinking: 3}

// whole are the events of a reply.
func whole(stop string, blocks ...upstreamtest.MessagesBlock) []string {
	return upstreamtest.MessagesEvents(stop, counted, blocks...)
}

// without leaves out the events of a type.
func without(events []string, typ string) []string {
	return slices.DeleteFunc(slices.Clone(events), func(event string) bool { return gjson.Get(event, "type").String() == typ })
}

// changed replaces text in every event.
func changed(events []string, replacements ...string) []string {
	changed := make([]string, len(events))
	for i, event := range events {
		changed[i] = strings.NewReplacer(replacements...).Replace(event)
	}
	return changed
}

// reply is a whole reply and what has to come of it.
type reply struct {
	knobs  []string
	events []string
	want   []string
	usage  string // input/cached/written/output/reasoning; not looked at where empty
}

// searching has the provider search the web and take its thinking back.
var searching = []string{"web_search", "web_search_20250305", "reasoning_out", "thinking"}

func (r *reply) check(t *testing.T, o *wiretest.Outcome) {
	t.Helper()
	if got := o.Lines(); !slices.Equal(got, r.want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(r.want, "\n  "))
	}
	if got := o.Usage(); r.usage != "" && got != r.usage {
		t.Errorf("usage is %s, want %s", got, r.usage)
	}
}

// told reports whether the events say that the reply is whole: then the end of the body has nothing to add.
func told(events []string) bool {
	return slices.ContainsFunc(events, func(event string) bool {
		typ := gjson.Get(event, "type").String()
		return typ == "message_stop" || typ == "message" || gjson.Get(event, "delta.stop_reason").String() != "" || event == "[DONE]"
	})
}

func TestReplies(t *testing.T) {
	for name, test := range replies() {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := bodyOf(test.events...)
			test.check(t, p.read(t, asking, strings.NewReader(body)))
			t.Run("in other framings", func(t *testing.T) {
				test.check(t, p.read(t, asking, strings.NewReader("\ufeff"+strings.ReplaceAll(body, "\n", "\r\n"))))
				test.check(t, p.read(t, asking, iotest.OneByteReader(strings.NewReader(": hi\n\n"+strings.ReplaceAll(body, "\n", "\r")))))
			})
			t.Run("without names of events", func(t *testing.T) {
				test.check(t, p.read(t, asking, strings.NewReader("data: "+strings.Join(test.events, "\n\ndata: ")+"\n\n")))
			})
		})
	}
}

// F58: truncation never looks complete.
func TestRepliesThatAreCutOff(t *testing.T) {
	reset := errors.New("connection reset by peer")
	for name, test := range replies() {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			for n := range test.events {
				body := bodyOf(test.events[:n]...)
				for end, reader := range map[string]io.Reader{
					"ends":   strings.NewReader(body),
					"breaks": io.MultiReader(strings.NewReader(body), iotest.ErrReader(reset)),
				} {
					o := p.read(t, asking, reader)
					if o.Fault == nil && !told(test.events[:n]) {
						t.Errorf("the body %s after %d events, and the response is %v", end, n, o.Lines())
					}
					if o.Fault != nil && o.Fault.Kind == fault.Internal {
						t.Errorf("the body %s after %d events: %v", end, n, o.Fault)
					}
				}
			}
		})
	}
}

func TestRepliesThatAreCutOffAtEveryByte(t *testing.T) {
	for name, test := range replies() {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			req := parse(t, asking)
			body := bodyOf(test.events...)
			whole := len(body) // where the first event begins that says that the reply is whole
			for n := range test.events {
				if told(test.events[:n+1]) {
					whole = len(bodyOf(test.events[:n]...))
					break
				}
			}
			for n := range body {
				if ends := p.ends(req, body[:n]); len(ends) != 1 || ends[0] != "response.failed" && n <= whole {
					t.Fatalf("after %q the stream ends in %v", body[:n], ends)
				}
			}
		})
	}
}

// ends plays a reply without looking closer, and returns its terminal events.
func (p *provider) ends(req *translate.Request, body string) []string {
	var ends terminals
	stream := translate.NewStream(req, wiretest.Ring, &ends, wiretest.Counted(), wiretest.Clock)
	stream.Attempt(p.Target)
	dec := messages.NewDecoder(&p.Target, &p.Dialect, stream)
	frames := sse.NewReader(strings.NewReader(body), 0)
	for {
		event, err := frames.Next()
		if err == nil {
			err = dec.Frame(event.Data, stream)
			if err == nil && !dec.Done() {
				continue
			}
		}
		switch {
		case err == nil, errors.Is(err, io.EOF):
			err = dec.End(nil, stream)
		case event.Partial:
			err = dec.End(io.ErrUnexpectedEOF, stream)
		}
		if err != nil {
			stream.Fail(fault.New(fault.Truncated, "%v", err))
		}
		return ends
	}
}

// terminals is a sink that keeps the types of terminal events.
type terminals []string

// Event implements translate.Sink.
func (ends *terminals) Event(typ string, _ []byte) {
	switch typ {
	case "response.completed", "response.incomplete", "response.failed":
		*ends = append(*ends, typ)
	}
}
