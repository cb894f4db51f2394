package wiretest

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

// Reply is a whole reply and what has to come of it.
type Reply struct {
	Knobs  []string // of the provider that gives it
	Frames []string
	Want   []string // see Outcome.Lines
	Usage  string   // see Outcome.Usage; not looked at where empty
}

// Check compares with what has come of it.
func (r *Reply) Check(t testing.TB, o *Outcome) {
	t.Helper()
	SameLines(t, o.Lines(), r.Want...)
	if got := o.Usage(); r.Usage != "" && got != r.Usage {
		t.Errorf("usage is %s, want %s", got, r.Usage)
	}
}

// SameLines compares lines.
func SameLines(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// EventStream is a body of frames that are the data of events.
func EventStream(frames ...string) string {
	var body strings.Builder
	for _, frame := range frames {
		body.WriteString("data: " + frame + "\n\n")
	}
	return body.String()
}

// Replies are replies of a wire.
type Replies struct {
	Wire     *Wire
	Request  string // to which all of them are
	Table    map[string]Reply
	Provider func(t testing.TB, knobs ...string) *Provider

	// Body is what goes over the wire, with a break behind each frame where frames have breaks.
	Body func(frames ...string) string

	// Told reports whether a frame says that the reply is whole: then the end of the body has nothing to add.
	Told func(frame string) bool
}

// each runs a test for each reply.
func (r *Replies) each(t *testing.T, test func(t *testing.T, p *Provider, one *Reply)) {
	t.Helper()
	for name, one := range r.Table {
		t.Run(name, func(t *testing.T) { test(t, r.Provider(t, one.Knobs...), &one) })
	}
}

// Read sees what becomes of each reply, in whatever pieces it comes. Event streams come with other breaks of lines as well.
func (r *Replies) Read(t *testing.T) {
	t.Helper()
	r.each(t, func(t *testing.T, p *Provider, one *Reply) {
		body := r.Body(one.Frames...)
		one.Check(t, r.Wire.Read(t, p, r.Request, strings.NewReader(body)))
		one.Check(t, r.Wire.Read(t, p, r.Request, iotest.OneByteReader(strings.NewReader(body))))
		if r.Wire.Reader == nil {
			one.Check(t, r.Wire.Read(t, p, r.Request, strings.NewReader("\ufeff"+strings.ReplaceAll(body, "\n", "\r\n"))))
			one.Check(t, r.Wire.Read(t, p, r.Request, iotest.OneByteReader(strings.NewReader(": hi\n\n"+strings.ReplaceAll(body, "\n", "\r")))))
		}
	})
}

// whole is how many frames there are up to the first that says that the reply is whole; all where none does.
func (r *Replies) whole(frames []string) int {
	if i := slices.IndexFunc(frames, r.Told); i >= 0 {
		return i
	}
	return len(frames)
}

// CutOff sees that a reply that ends or breaks off behind any of its frames never looks complete (F58).
func (r *Replies) CutOff(t *testing.T) {
	t.Helper()
	reset := errors.New("connection reset by peer")
	r.each(t, func(t *testing.T, p *Provider, one *Reply) {
		for n := range one.Frames {
			body := r.Body(one.Frames[:n]...)
			for end, reader := range map[string]io.Reader{
				"ends":   strings.NewReader(body),
				"breaks": io.MultiReader(strings.NewReader(body), iotest.ErrReader(reset)),
			} {
				o := r.Wire.Read(t, p, r.Request, reader)
				if o.Fault == nil && n <= r.whole(one.Frames) {
					t.Errorf("the body %s after %d frames, and the response is %v", end, n, o.Lines())
				}
				if o.Fault != nil && o.Fault.Kind == fault.Internal {
					t.Errorf("the body %s after %d frames: %v", end, n, o.Fault)
				}
			}
		}
	})
}

// CutOffAnywhere sees that a reply whose body ends or breaks off behind any of its bytes never looks complete, and that the client's stream
// ends once.
func (r *Replies) CutOffAnywhere(t *testing.T) {
	t.Helper()
	req := Parse(t, []byte(r.Request))
	reset := iotest.ErrReader(errors.New("connection reset by peer"))
	r.each(t, func(t *testing.T, p *Provider, one *Reply) {
		body := r.Body(one.Frames...)
		upTo := min(r.whole(one.Frames)+1, len(one.Frames))
		whole := len(strings.TrimSpace(r.Body(one.Frames[:upTo]...))) // where the frame ends that says that the reply is whole
		for n := range len(body) {
			for end, reader := range map[string]io.Reader{
				"ends": strings.NewReader(body[:n]), "breaks": io.MultiReader(strings.NewReader(body[:n]), reset),
			} {
				ends := r.ends(req, p, reader)
				if len(ends) != 1 || ends[0] != "response.failed" && n < whole {
					t.Fatalf("the body %s after %q, and the stream in %v", end, body[:n], ends)
				}
			}
		}
	})
}

// ends plays a reply without looking closer, and returns its terminal events.
func (r *Replies) ends(req *translate.Request, p *Provider, body io.Reader) []string {
	var ends terminals
	stream := translate.NewStream(req, Ring, &ends, Counted(), Clock)
	stream.Attempt(p.Target)
	if f := play([]Frames{r.Wire.frames(body)}, r.Wire.Decoder(p, stream), stream, new(Outcome)); f != nil {
		stream.Fail(f)
	}
	return ends
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
