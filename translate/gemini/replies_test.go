package gemini_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/gemini"
)

// asking is the request to which all replies are.
const asking = `{"model":"m","input":"hi","stream":true,"include":["reasoning.encrypted_content"],"tools":[` +
	`{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"function","name":"g"},{"type":"custom","name":"c","description":"d"},` +
	`{"type":"namespace","name":"ns","description":"d","tools":[{"type":"function","name":"n","parameters":null}]},{"type":"web_search"}]}`

// asked is what it says. Tests only read it.
var asked = sync.OnceValue(func() *translate.Request {
	req, err := translate.Parse([]byte(asking), wiretest.Ring)
	if err != nil {
		panic(err)
	}
	return req
})

// Frames of a reply.
var (
	says    = upstreamtest.GeminiText
	thinks  = upstreamtest.GeminiThought
	parts   = upstreamtest.GeminiParts
	callOf  = upstreamtest.GeminiCall
	aCall   = upstreamtest.GeminiCallPart
	signs   = upstreamtest.GeminiSignature
	aFailed = upstreamtest.GeminiErrorBody
)

func finish(reason string) string { return upstreamtest.GeminiFinish(reason, 9, 5, 2) }

// ends is a last chunk without content.
func ends(reason string, members ...string) string {
	return `{"candidates":[{` + strings.Join(append(members, `"finishReason":"`+reason+`"`), ",") + `}]}`
}

// outcome is what became of a reply.
type outcome struct {
	events []streamcheck.Event
	fault  *fault.Fault // why it failed; the stream tells the client
	tokens translate.Usage
	asked  []string // the continuations with which the provider was asked to go on
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

// describe writes an item with what it says and what is sealed in it.
func describe(item gjson.Result) string {
	words := []string{item.Get("type").String()}
	if status := item.Get("status").String(); status != "" && status != "completed" {
		words = append(words, status)
	}
	for _, path := range []string{"namespace", "name", "call_id", "arguments", "input", "content.0.text", "action.query", "action.sources.#.url"} {
		if value := item.Get(path); value.Exists() && value.Raw != "[]" {
			words = append(words, value.String())
		}
	}
	if state, ok := wiretest.Ring.Open(item.Get("encrypted_content").String()); ok {
		words = append(words, string(state.Data))
	}
	return strings.Join(words, " ")
}

// play reads a whole reply as the gateway does, and holds what comes of it against the rules of streams. A paused reply goes on with the
// next body.
func play(t testing.TB, p *provider, bodies ...io.Reader) *outcome {
	t.Helper()
	o, written := read(t, p, asking, bodies...)
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
func read(t testing.TB, p *provider, request string, bodies ...io.Reader) (*outcome, []byte) {
	t.Helper()
	out := new(wiretest.Sink)
	req := asked()
	if request != asking {
		req = parse(t, request)
	}
	stream := translate.NewStream(req, wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
	stream.Attempt(p.Target)
	dec := gemini.NewDecoder(&p.Target, &p.Dialect, stream)
	o := new(outcome)
	err := o.decode(dec, stream, bodies)
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

func (o *outcome) decode(dec *gemini.Decoder, stream *translate.Stream, bodies []io.Reader) error {
	for {
		readErr, err := decodeOne(dec, stream, sse.NewReader(bodies[0], 0))
		if err != nil {
			return err
		}
		if readErr != nil || len(bodies) == 1 {
			return dec.End(readErr, stream)
		}
		continuation, ok := dec.Paused()
		if !ok {
			return dec.End(nil, stream)
		}
		o.asked = append(o.asked, string(continuation))
		bodies = bodies[1:]
	}
}

func decodeOne(dec *gemini.Decoder, stream *translate.Stream, frames *sse.Reader) (readErr, err error) {
	for {
		event, err := frames.Next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return err, nil
		}
		data := bytes.Clone(event.Data)
		err = dec.Frame(data, stream)
		for i := range data {
			data[i] = '#'
		}
		switch {
		case err != nil && event.Partial:
			return io.ErrUnexpectedEOF, nil
		case err != nil:
			return nil, err
		case dec.Done():
			return nil, nil
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
	frames []string
	want   []string
	usage  string // input/cached/output/reasoning; not looked at where empty
}

func (r *reply) check(t *testing.T, o *outcome) {
	t.Helper()
	sameLines(t, o.lines(), r.want...)
	u := o.tokens
	if got := fmt.Sprintf("%d/%d/%d/%d", u.Input, u.Cached, u.Output, u.Reasoning); r.usage != "" && got != r.usage {
		t.Errorf("usage is %s, want %s", got, r.usage)
	}
}

// told reports whether the frames say that the reply is whole: then the end of the body has nothing to add.
func told(frames []string) bool {
	return slices.ContainsFunc(frames, func(frame string) bool {
		return strings.Contains(frame, `"finishReason":"`) && !strings.Contains(frame, "UNSPECIFIED") || strings.Contains(frame, `"blockReason"`)
	})
}

func TestReplies(t *testing.T) {
	p := with(t)
	for name, test := range replies {
		t.Run(name, func(t *testing.T) {
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
	p := with(t)
	reset := errors.New("connection reset by peer")
	for name, test := range replies {
		t.Run(name, func(t *testing.T) {
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
	p := with(t)
	for name, test := range replies {
		t.Run(name, func(t *testing.T) {
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

// Without alt=sse a reply is one list of chunks.
func TestAReplyThatComesAsAList(t *testing.T) {
	p := with(t)
	list := "data: [" + strings.Join([]string{thinks("t"), says("a"), callOf("1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, ",") + "]\n\n"
	want := []string{`reasoning t`, `message a`, `reasoning {"call":"QUJD"}`, `function_call f 1 {"a":1}`, "completed"}
	sameLines(t, play(t, p, strings.NewReader(list)).lines(), want...)
	sameLines(t, play(t, p, strings.NewReader("data: ["+aFailed(503, "UNAVAILABLE", "x")+"]\n\n")).lines(), "failed x")
	sameLines(t, play(t, p, strings.NewReader("data: ["+says("a")+",{\n\n")).lines(), "open: message in_progress", "failed sent a reply that is not JSON")
}

// A client that cannot send reasoning back gets no items that have nothing but a signature.
func TestSignaturesAreNotShownToThoseWhoDoNotKeepThem(t *testing.T) {
	p := with(t)
	request := strings.Replace(asking, `"include":["reasoning.encrypted_content"],`, "", 1)
	frames := []string{thinks("t"), parts(`{"text":"u","thought":true,"thoughtSignature":"QUJD"}`), says("a"), signs("QUJD"), callOf("1", "f", `{}`, "QUJD"), finish("STOP")}
	_, written := read(t, p, request, strings.NewReader(bodyOf(frames...)))
	o := &outcome{events: streamcheck.Require(t, written)}
	sameLines(t, o.lines(), "reasoning tu", "message a", "function_call f 1 {}", "completed")
}
