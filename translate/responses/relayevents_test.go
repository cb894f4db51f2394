package responses_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	up "github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/responses"
)

// sink keeps events as they are.
type sink struct {
	types []string
	data  []string
}

func (s *sink) Event(typ string, data []byte) {
	s.types, s.data = append(s.types, typ), append(s.data, string(data))
}

// relayed feeds events to a decoder and returns what passes. before is what the stream does before.
func relayed(t testing.TB, p *provider, before func(*translate.Stream), events ...string) ([]string, error) {
	t.Helper()
	out := new(sink)
	stream := translate.NewStream(parse(t, asking), wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
	before(stream)
	out.data = nil
	stream.Attempt(p.Target)
	dec := responses.NewDecoder(&p.Target, &p.Dialect, stream)
	for _, event := range events {
		if err := dec.Frame([]byte(event), stream); err != nil {
			return out.data, err
		}
	}
	return out.data, dec.End(nil, stream)
}

func nothing(*translate.Stream) {}

// Events that say nothing of this side are the service's, byte for byte.
func TestEventsPassByteForByte(t *testing.T) {
	events := up.ResponsesNumbered(up.ResponsesEvents(hello, callF, patch, search)...)
	got, err := relayed(t, openAI(t), nothing, events...)
	if err != nil || len(got) != len(events) {
		t.Fatalf("%d events, %v", len(got), err)
	}
	for i := range events {
		want := strings.ReplaceAll(events[i], `"model":"upstream-model-2026-01-01"`, `"model":"m"`)
		if got[i] != want {
			t.Errorf("got  %s\nwant %s", got[i], want)
		}
	}
}

// Whatever the order of an event's members and the spaces between them.
func TestNumbersAreFoundWhereverTheyStand(t *testing.T) {
	const place = `"item_id":"x","output_index":0,"content_index":0`
	tests := map[string][2]string{
		"first":                     {`{"type":"response.output_text.delta","sequence_number":7,` + place + `,"delta":"a"}`, `{"type":"response.output_text.delta","sequence_number":2,` + place + `,"delta":"a"}`},
		"last":                      {`{"type":"response.output_text.delta",` + place + `,"delta":"a","sequence_number":1234}`, `{"type":"response.output_text.delta",` + place + `,"delta":"a","sequence_number":2}`},
		"behind a space":            {`{"type":"response.output_text.delta","sequence_number": 7, "delta":"a"}`, `{"type":"response.output_text.delta","sequence_number": 2, "delta":"a"}`},
		"before the type":           {`{"sequence_number":7,"type":"response.output_text.delta","delta":"a"}`, `{"sequence_number":2,"type":"response.output_text.delta","delta":"a"}`},
		"nowhere":                   {`{"type":"response.output_text.delta","delta":"a"}`, `{"type":"response.output_text.delta","delta":"a","sequence_number":2}`},
		"null":                      {`{"type":"response.output_text.delta","sequence_number":null,"delta":"a"}`, `{"type":"response.output_text.delta","sequence_number":2,"delta":"a"}`},
		"in what the model says":    {`{"type":"response.output_text.delta","delta":"\"sequence_number\":5","sequence_number":7}`, `{"type":"response.output_text.delta","delta":"\"sequence_number\":5","sequence_number":2}`},
		"in an event on two lines":  {"{\"type\":\"response.output_text.delta\",\n\"sequence_number\":7,\"delta\":\"a b\"}", `{"type":"response.output_text.delta","sequence_number":2,"delta":"a b"}`},
		"in an event nobody knows":  {`{"type":"response.new.thing","sequence_number":7,"x":[1]}`, `{"type":"response.new.thing","sequence_number":2,"x":[1]}`},
		"in an event with an item":  {`{"type":"response.output_item.added","item":{"id":"x","type":"message","sequence_number":1},"sequence_number":7}`, `{"type":"response.output_item.added","item":{"id":"x","type":"message","sequence_number":1},"sequence_number":2}`},
		"before a sealed item":      {`{"type":"response.output_item.added","sequence_number":7,"item":{"type":"reasoning","encrypted_content":"gAAAA","id":"x"}}`, `{"type":"response.output_item.added","sequence_number":2,"item":{"type":"reasoning","id":"x"}}`},
		"behind a sealed item":      {`{"type":"response.output_item.added","item":{"type":"reasoning","id":"x","encrypted_content":"gAAAA"},"sequence_number":7}`, `{"type":"response.output_item.added","item":{"type":"reasoning","id":"x"},"sequence_number":2}`},
		"of what is sealed as null": {`{"type":"response.output_item.added","item":{"type":"reasoning","id":"x","encrypted_content":null}}`, `{"type":"response.output_item.added","item":{"type":"reasoning","id":"x","encrypted_content":null},"sequence_number":2}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, _ := relayed(t, openAI(t), (*translate.Stream).Begin, test[0])
			if len(got) != 1 || got[0] != test[1] {
				t.Errorf("got  %s\nwant %s", got, test[1])
			}
		})
	}
}

// The provider was slow, so the client has been told already that the response begins. Or it is slow in between.
func TestARepliesPassesBetweenHeartbeats(t *testing.T) {
	for name, beats := range map[string][]int{"before": {0}, "behind created": {1}, "before the text": {3}, "in the text": {5, 5, 6}, "everywhere": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}} {
		t.Run(name, func(t *testing.T) {
			p, out := openAI(t), new(wiretest.Sink)
			stream := translate.NewStream(parse(t, asking), wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
			stream.Attempt(p.Target)
			dec := responses.NewDecoder(&p.Target, &p.Dialect, stream)
			for i, event := range up.ResponsesNumbered(up.ResponsesEvents(thought, hello)...) {
				for range slices.Index(beats, i) + 1 {
					stream.Heartbeat()
				}
				if err := dec.Frame([]byte(event), stream); err != nil {
					t.Fatal(err)
				}
			}
			stream.Heartbeat()
			events := streamcheck.Require(t, out.Bytes())
			if id := streamcheck.Final(events).Get("id").String(); id != stream.ID() || (beats[0] == 0) != (id == "resp_1") {
				t.Errorf("the response is %s", id)
			}
		})
	}
}

// An attempt that failed has told the client the id of its response. It stays that.
func TestAnotherTargetGoesOnWithTheResponse(t *testing.T) {
	chat := with(t)
	for name, second := range map[string]*provider{"which passes": preset(t, "azure"), "which is translated": chat} {
		t.Run(name, func(t *testing.T) {
			out := new(wiretest.Sink)
			stream := translate.NewStream(parse(t, asking), wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
			for i, p := range []*provider{openAI(t), second} {
				stream.Attempt(p.Target)
				dec := responses.NewDecoder(&p.Target, &p.Dialect, stream)
				events := append(up.ResponsesBegun(), failed(`{"code":"server_error","message":"boom"}`))
				if i == 1 {
					events = up.ResponsesEvents(hello)
					for j := range events {
						events[j] = strings.ReplaceAll(events[j], "resp_0", "resp_f")
					}
				}
				var err error
				for _, event := range up.ResponsesNumbered(events...) {
					if err = dec.Frame([]byte(event), stream); err != nil {
						break
					}
				}
				if (err != nil) != (i == 0) || stream.Speaking() != (i == 1) {
					t.Fatalf("attempt %d: %v, speaking %v", i, err, stream.Speaking())
				}
			}
			events := streamcheck.Require(t, out.Bytes())
			if id := streamcheck.Final(events).Get("id").String(); id != "resp_00000000000000000000000000000001" {
				t.Errorf("the response is %s", id)
			}
		})
	}
}

func TestTheResponseObjectIsTheClientsOwn(t *testing.T) {
	out := new(wiretest.Sink)
	p := openAI(t)
	stream := translate.NewStream(parse(t, asking), wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
	stream.Terse = true
	stream.Attempt(p.Target)
	dec := responses.NewDecoder(&p.Target, &p.Dialect, stream)
	for _, event := range up.ResponsesNumbered(up.ResponsesEvents(hello)...) {
		event = strings.Replace(event, `"response":{`, `"response":{"headers":{"openai-model":"gpt-x"},`, 1)
		if err := dec.Frame([]byte(event), stream); err != nil {
			t.Fatal(err)
		}
	}
	for _, event := range streamcheck.Require(t, out.Bytes()) {
		r := event.Response()
		if !r.Exists() {
			continue
		}
		if r.Get("model").String() != "m" || r.Get("headers").Exists() || r.Get("instructions").Raw != "null" || r.Get("tools").Raw != "[]" {
			t.Errorf("%s: %s", event.Type, r.Raw)
		}
	}
}

// A client that wants no stream gets the response object of the end.
func TestADocumentIsWhatTheEndSays(t *testing.T) {
	o := openAI(t).read(t, strings.Replace(asking, `"stream":true,`, "", 1), strings.NewReader(bodyOf(up.ResponsesEvents(thought, hello)...)))
	final := streamcheck.Final(o.Events)
	if err := streamcheck.CheckResponse([]byte(final.Raw)); err != nil {
		t.Error(err)
	}
	if final.Get("model").String() != "m" || final.Get("output.#").Int() != 2 || final.Get("usage").Raw != up.ResponsesUsage {
		t.Errorf("got %s", final.Raw)
	}
}

func TestF19WhatIsSealedIsSealedWithItsIssuer(t *testing.T) {
	for name, body := range map[string]string{
		"in a stream":   bodyOf(up.ResponsesEvents(thought, callF)...),
		"in a document": bodyOf(up.ResponsesCompleted(thought, callF)),
	} {
		t.Run(name, func(t *testing.T) {
			o := openAI(t).read(t, asking, strings.NewReader(body))
			if text := gjson.GetBytes(o.Events[2].Data, "item.encrypted_content"); text.Exists() {
				t.Errorf("before it is done it has %s", text)
			}
			item := streamcheck.Items(o.Events)[0]
			state, ok := wiretest.Ring.Open(item.Get("encrypted_content").String())
			if !ok || state.Provider != "openai" || state.Model != "gpt-6.1-sol" || gjson.GetBytes(state.Data, "encrypted_content").String() != sealedByOpenAI {
				t.Errorf("it holds %+v", state)
			}
		})
	}
}

func TestAReplyThatWasCutSaysSoWithoutAResponse(t *testing.T) {
	events := append(up.ResponsesBegun(hello), `{"type":"response.incomplete"}`)
	got, err := relayed(t, openAI(t), nothing, events...)
	if err != nil || gjson.Get(got[len(got)-1], "response.status").String() != "incomplete" {
		t.Errorf("it ends in %s, %v", got[len(got)-1], err)
	}
}

// Clients give up a stream that is not UTF-8, or whose frames have lines that nobody knows.
func TestWhatPassesIsText(t *testing.T) {
	for name, test := range map[string]struct{ event, want string }{
		"a delta that is cut within a character": {
			`{"type":"response.output_text.delta","item_id":"i","output_index":0,"content_index":0,"delta":"a` + "\xe2\x82" + `"}`, "a\uFFFD",
		},
		"a type with a line break": {`{"type":"response.x\ndata: y"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			out := new(sink)
			stream := translate.NewStream(parse(t, asking), wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
			p := openAI(t)
			stream.Attempt(p.Target)
			if err := responses.NewDecoder(&p.Target, &p.Dialect, stream).Frame([]byte(test.event), stream); err != nil {
				t.Fatal(err)
			}
			for i, data := range out.data {
				if !utf8.ValidString(data) || strings.Contains(out.types[i], "\n") {
					t.Errorf("%q passes", data)
				}
			}
			if test.want != "" && gjson.Get(out.data[len(out.data)-1], "delta").String() != test.want {
				t.Errorf("got %q", out.data[len(out.data)-1])
			}
		})
	}
}
