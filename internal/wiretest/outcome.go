package wiretest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
)

// Outcome is what became of a reply.
type Outcome struct {
	Events []streamcheck.Event
	Fault  *fault.Fault // why it failed; the stream tells the client
	Tokens translate.Usage

	Continuations []string // with which the provider was asked to go on

	written  *Sink
	describe func(item gjson.Result) string
}

// Read feeds a reply to a decoder as the gateway does, to its end, and holds what comes of it against the rules of streams. Each frame is
// overwritten once it has been read, as the buffer of a reader is.
func Read(t testing.TB, req *translate.Request, p *Provider, frames Frames, decoder func(*translate.Stream) Decoder) *Outcome {
	t.Helper()
	o := read(t, req, p, []Frames{frames}, decoder)
	o.check(t)
	return o
}

func (o *Outcome) check(t testing.TB) {
	t.Helper()
	if err := streamcheck.CheckEvents(o.Events); err != nil {
		t.Fatalf("%v\n%s", err, o.written)
	}
}

// read does it without holding what comes of it against the rules.
func read(t testing.TB, req *translate.Request, p *Provider, bodies []Frames, decoder func(*translate.Stream) Decoder) *Outcome {
	t.Helper()
	for i, frames := range bodies {
		bodies[i] = &spoiling{Frames: frames}
	}
	sink := new(Sink)
	stream := translate.NewStream(req, Ring, sink, Counted(), Clock)
	stream.Attempt(p.Target)
	o := &Outcome{written: sink, describe: describe}
	o.Fault = play(bodies, decoder(stream), stream, o)
	if (o.Fault == nil) != stream.Ended() {
		t.Fatalf("the fault is %v, and ended is %v", o.Fault, stream.Ended())
	}
	if o.Fault != nil {
		stream.Fail(o.Fault)
	}
	o.Tokens = stream.Tokens()
	var err error
	o.Events, err = streamcheck.Parse(sink.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, sink)
	}
	return o
}

// spoiling are frames each of which is overwritten when the next is read.
type spoiling struct {
	Frames
	last []byte
}

// Next implements Frames.
func (s *spoiling) Next() (sse.Event, error) {
	for i := range s.last {
		s.last[i] = '#'
	}
	event, err := s.Frames.Next()
	s.last = bytes.Clone(event.Data)
	event.Data = s.last
	return event, err
}

// Lines writes each item, and the end, as a line.
func (o *Outcome) Lines() []string {
	var lines []string
	open := ""
	for _, event := range o.Events {
		switch {
		case event.Type == "response.output_item.added":
			open = "open: " + o.describe(event.Item())
		case event.Type == "response.output_item.done":
			open = ""
			lines = append(lines, o.describe(event.Item()))
		case event.Terminal():
			if open != "" {
				lines = append(lines, open)
			}
			cause := event.Response().Get("incomplete_details.reason").String()
			if o.Fault != nil {
				cause = o.Fault.Message
			}
			lines = append(lines, strings.TrimSpace(strings.TrimPrefix(event.Type, "response.")+" "+cause))
		}
	}
	return lines
}

// describe writes what an item says.
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

// Usage writes the tokens as input/cached/written/output/reasoning.
func (o *Outcome) Usage() string {
	u := o.Tokens
	return fmt.Sprintf("%d/%d/%d/%d/%d", u.Input, u.Cached, u.CacheWrite, u.Output, u.Reasoning)
}

// NextTurn is the request that a client sends after the reply to one whose input is a text: what came, with results of its calls.
func (o *Outcome) NextTurn(t testing.TB, request string) string {
	t.Helper()
	items := []string{`{"role":"user","content":` + gjson.Get(request, "input").Raw + `}`}
	var results []string
	for _, item := range streamcheck.Items(o.Events) {
		items = append(items, item.Raw)
		if id := item.Get("call_id"); id.Exists() {
			kind := "function_call_output"
			if item.Get("type").String() == "custom_tool_call" {
				kind = "custom_tool_call_output"
			}
			results = append(results, `{"type":"`+kind+`","call_id":`+id.Raw+`,"output":"ok"}`)
		}
	}
	input := `"input":` + gjson.Get(request, "input").Raw
	if !strings.Contains(request, input) {
		t.Fatalf("the request has no %s", input)
	}
	return strings.Replace(request, input, `"input":[`+strings.Join(append(items, results...), ",")+`]`, 1)
}
