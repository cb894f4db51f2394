package translate_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/envelope"
)

// ring opens what the tests seal.
var ring = newRing("the secret of these tests")

func newRing(secret string) *envelope.Ring {
	r, err := envelope.NewRing([]byte(secret))
	if err != nil {
		panic(err)
	}
	return r
}

// request is a request for the model m with the given members more.
func request(members ...string) string {
	return `{"model":"m",` + strings.Join(members, ",") + `}`
}

// input is a request whose input are the given items.
func input(items ...string) string {
	return request(`"input":[` + strings.Join(items, ",") + `]`)
}

// parse reads a request that is good.
func parse(t testing.TB, body string) *translate.Request {
	t.Helper()
	req, err := translate.Parse([]byte(body), ring)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return req
}

// refused reads a request that is bad.
func refused(t testing.TB, body string) *fault.Fault {
	t.Helper()
	_, err := translate.Parse([]byte(body), ring)
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a fault\n%s", err, body)
	}
	return f
}

// history writes each message of a request as a line.
func history(req *translate.Request) []string {
	lines := make([]string, len(req.History))
	for i := range req.History {
		m := &req.History[i]
		words := []string{[]string{"system:", "user:", "assistant:", "result"}[m.Role]}
		if m.Role == translate.Result {
			words = append(words, m.CallID, m.WireName+":")
		}
		for _, r := range m.Reasoning {
			words = append(words, thought(r))
		}
		for _, part := range m.Parts {
			words = append(words, piece(part))
		}
		for _, call := range m.Calls {
			words = append(words, "call", call.ID, call.WireName+string(call.Arguments))
		}
		lines[i] = strings.Join(words, " ")
	}
	return lines
}

func thought(r translate.Reasoning) string {
	if r.State == nil {
		return fmt.Sprintf("(in the open: %s)", r.Text)
	}
	return fmt.Sprintf("(%s of %s/%s: %s)", r.State.Field, r.State.Provider, r.State.Model, r.State.Data)
}

func piece(part translate.Part) string {
	switch part.Kind {
	case translate.ImagePart:
		return strings.TrimSpace(fmt.Sprintf("[image %s %s", part.Text, part.Detail)) + "]"
	case translate.FilePart:
		return fmt.Sprintf("[file %s %s]", part.Name, part.Text)
	default:
		return string(part.Text)
	}
}

// sameLines compares what came with what should have come, line by line.
func sameLines(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// recorder is a sink that keeps all events. Like the real ones it holds no event beyond the call.
type recorder struct {
	body bytes.Buffer
}

func (r *recorder) Event(typ string, data []byte) {
	fmt.Fprintf(&r.body, "event: %s\ndata: %s\n\n", typ, data)
}

// events returns what was written, which need not be a whole stream.
func (r *recorder) events(t testing.TB) []streamcheck.Event {
	t.Helper()
	events, err := streamcheck.Parse(r.body.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, r.body.Bytes())
	}
	return events
}

// counted makes ids that tests can name: msg_1, fc_2.
func counted() translate.IDs {
	n := 0
	return func(prefix string) string {
		n++
		return fmt.Sprintf("%s%d", prefix, n)
	}
}

// clock stands still.
func clock() time.Time { return time.Unix(1700000000, 0) }

// newStream makes a stream for a request and the recorder of its events.
func newStream(t testing.TB, body string) (*translate.Stream, *recorder) {
	t.Helper()
	sink := new(recorder)
	return translate.NewStream(parse(t, body), ring, sink, counted(), clock), sink
}
