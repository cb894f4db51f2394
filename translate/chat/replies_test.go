package chat_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/caddy-codex/responses/internal/wiretest"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
)

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},` +
	`{"type":"function","name":"g","parameters":{"type":"object"},"strict":false},` +
	`{"type":"custom","name":"c","description":"d"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]}]}`

// Frames of a reply.

func choice(members ...string) string {
	return `{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,` + strings.Join(members, ",") + `}]}`
}

func delta(members string) string  { return choice(`"delta":{` + members + `}`) }
func says(text string) string      { return delta(`"content":` + quote(text)) }
func thinks(text string) string    { return delta(`"reasoning_content":` + quote(text)) }
func calls(fragment string) string { return delta(`"tool_calls":[` + fragment + `]`) }
func finish(reason string) string  { return choice(`"delta":{}`, `"finish_reason":"`+reason+`"`) }
func counts(usage string) string   { return `{"choices":[],"usage":{` + usage + `}}` }

func quote(text string) string { return string(gjson.AppendJSONString(nil, text)) }

const done = "[DONE]"

// outcome is what became of a reply.
type outcome struct {
	events []streamcheck.Event
	fault  *fault.Fault // why it failed; the stream tells the client
	tokens translate.Usage
}

// lines writes each item, and the end, as a line.
func (o *outcome) lines() []string {
	var lines []string
	open := ""
	for _, event := range o.events {
		switch {
		case event.Type == "response.output_item.added":
			open = "open: " + describe(event.Item())
		case event.Type == "response.output_item.done":
			open = ""
			lines = append(lines, describe(event.Item()))
		case event.Terminal():
			if open != "" {
				lines = append(lines, open)
			}
			cause := event.Response().Get("incomplete_details.reason").String()
			if o.fault != nil {
				cause = o.fault.Message
			}
			lines = append(lines, strings.TrimSpace(strings.TrimPrefix(event.Type, "response.")+" "+cause))
		}
	}
	return lines
}

func describe(item gjson.Result) string {
	words := []string{item.Get("type").String()}
	if status := item.Get("status").String(); status != "" && status != "completed" {
		words = append(words, status)
	}
	for _, path := range []string{"namespace", "name", "call_id", "arguments", "input", "content.0.text"} {
		if value := item.Get(path); value.Exists() {
			words = append(words, value.String())
		}
	}
	return strings.Join(words, " ")
}

// play reads a whole body as the gateway does, and holds what comes of it against the rules of streams.
func play(t testing.TB, p *provider, body io.Reader) *outcome {
	t.Helper()
	o, written := read(t, p, asking, body)
	events, err := streamcheck.Parse(written)
	if err == nil {
		err = streamcheck.CheckEvents(events)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, written)
	}
	o.events = events
	return o
}

// read does it without looking at what comes of it. Each frame is overwritten once it has been read, as the buffer of an event reader is.
func read(t testing.TB, p *provider, request string, body io.Reader) (*outcome, []byte) {
	t.Helper()
	out := new(wiretest.Sink)
	stream := translate.NewStream(parse(t, []byte(request)), wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
	stream.Attempt(p.Target)
	dec := chat.NewDecoder(&p.Target, &p.Dialect, stream)
	err := decode(dec, stream, sse.NewReader(body, 0))
	o := new(outcome)
	if err != nil && !errors.As(err, &o.fault) {
		t.Fatalf("got %v, want a fault", err)
	}
	if (err == nil) != stream.Ended() {
		t.Fatalf("the error is %v, and ended is %v", err, stream.Ended())
	}
	if err != nil {
		stream.Fail(o.fault)
	}
	o.tokens = stream.Tokens()
	return o, out.Bytes()
}

func decode(dec *chat.Decoder, stream *translate.Stream, frames *sse.Reader) error {
	for {
		event, err := frames.Next()
		if errors.Is(err, io.EOF) {
			return dec.End(nil, stream)
		}
		if err != nil {
			return dec.End(err, stream)
		}
		data := bytes.Clone(event.Data)
		err = dec.Frame(data, stream)
		for i := range data {
			data[i] = '#'
		}
		switch {
		case err != nil && event.Partial:
			return dec.End(io.ErrUnexpectedEOF, stream)
		case err != nil:
			return err
		case dec.Done():
			return dec.End(nil, stream)
		}
	}
}

func bodyOf(frames ...string) string {
	var body strings.Builder
	for _, frame := range frames {
		body.WriteString("data: " + frame + "\n\n")
	}
	return body.String()
}

func sameLines(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// reply is a whole reply and what has to come of it.
type reply struct {
	knobs  []string
	frames []string
	want   []string
	usage  string // input/cached/written/output/reasoning; not looked at where empty
}

func (r *reply) check(t *testing.T, o *outcome) {
	t.Helper()
	sameLines(t, o.lines(), r.want...)
	u := o.tokens
	if got := fmt.Sprintf("%d/%d/%d/%d/%d", u.Input, u.Cached, u.CacheWrite, u.Output, u.Reasoning); r.usage != "" && got != r.usage {
		t.Errorf("usage is %s, want %s", got, r.usage)
	}
}

// told reports whether the frames say that the reply is whole: then the end of the body has nothing to add.
func told(frames []string) bool {
	for _, frame := range frames {
		whole := gjson.Get(frame, "object").String() == "chat.completion" && gjson.Get(frame, "choices.0.message").Exists()
		if frame == done || whole || gjson.Get(frame, "choices.0.finish_reason").String() != "" {
			return true
		}
	}
	return false
}

func TestReplies(t *testing.T) {
	for name, test := range replies() {
		t.Run(name, func(t *testing.T) {
			p := with(t, test.knobs...)
			body := bodyOf(test.frames...)
			test.check(t, play(t, p, strings.NewReader(body)))
			t.Run("with other line ends", func(t *testing.T) {
				test.check(t, play(t, p, strings.NewReader("\ufeff"+strings.ReplaceAll(body, "\n", "\r\n"))))
				test.check(t, play(t, p, iotest.OneByteReader(strings.NewReader(": hi\n\n"+strings.ReplaceAll(body, "\n", "\r")))))
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
			for n := range test.frames {
				body := bodyOf(test.frames[:n]...)
				for end, reader := range map[string]io.Reader{
					"ends":   strings.NewReader(body),
					"breaks": io.MultiReader(strings.NewReader(body), iotest.ErrReader(reset)),
				} {
					o := play(t, p, reader)
					if o.fault == nil && !told(test.frames[:n]) {
						t.Errorf("the body %s after %d frames, and the response is %v", end, n, o.lines())
					}
					if o.fault != nil && o.fault.Kind == fault.Internal {
						t.Errorf("the body %s after %d frames: %v", end, n, o.fault)
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
			body := bodyOf(test.frames...)
			whole := 0 // where the first frame ends that says that the reply is whole
			for n := range test.frames {
				if told(test.frames[:n+1]) {
					break
				}
				whole = len(bodyOf(test.frames[:n+1]...))
			}
			for n := range body {
				o, written := read(t, p, asking, strings.NewReader(body[:n]))
				if o.fault == nil && n <= whole {
					t.Fatalf("after %q the response is complete", body[:n])
				}
				terminal := 0
				for _, kind := range []string{"completed", "incomplete", "failed"} {
					terminal += bytes.Count(written, []byte("event: response."+kind+"\n"))
				}
				if terminal != 1 {
					t.Fatalf("after %q come %d terminal events", body[:n], terminal)
				}
			}
		})
	}
}
