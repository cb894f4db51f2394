package responses_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	up "github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/responses"
)

// Ids as OpenAI makes them.
const (
	msg1 = "msg_00000000000000000000000000000001"
	rs1  = "rs_00000000000000000000000000000001"
	fc1  = "fc_0000000000000000000000000000" + up.Reasoned
	tsc1 = "tsc_00000000000000000000000000000001"
	ctc1 = "ctc_00000000000000000000000000000001"
)

const sealedByOpenAI = "gAAAAABo-sealed"

var (
	hello   = up.ResponsesMessage(msg1, "Hel", "lo")
	thought = up.ResponsesReasoning(rs1, "**Look**", sealedByOpenAI)
	callF   = up.ResponsesCall(fc1, "call_1", "f", `{"a"`, `:1}`)
	search  = up.ResponsesRawItem(
		`"id":"`+tsc1+`","type":"tool_search_call","execution":"client","status":"in_progress","call_id":"call_2","arguments":{}`,
		`"id":"`+tsc1+`","type":"tool_search_call","execution":"client","status":"completed","call_id":"call_2","arguments":{"query":"x"}`,
	)
	patch = up.ResponsesCustomCall(ctc1, "call_3", "c", "*** Begin\n", "\"quoted\"")
)

func terminal(typ, status, details string) string {
	return up.ResponsesEvent(-1, typ, `"response":`+up.ResponsesObject(status, "", up.ResponsesUsage, details))
}

func failed(err string) string {
	return terminal("response.failed", "failed", `,"error":`+err+`,"incomplete_details":null`)
}

func incomplete(reason string) string {
	return terminal("response.incomplete", "incomplete", `,"error":null,"incomplete_details":{"reason":"`+reason+`"}`)
}

func bodyOf(events ...string) string { return strings.Join(up.ResponsesFrames(events...), "") }

// reply is a whole reply and what has to come of it.
type reply struct {
	events []string
	want   []string
	usage  string // input/cached/written/output/reasoning; not looked at where empty
}

const usual = "9/4/0/5/2"

// passed are replies of a service whose events pass.
var passed = map[string]reply{
	"text":                      {up.ResponsesEvents(hello), []string{"message Hello", "completed"}, usual},
	"reasoning before text":     {up.ResponsesEvents(thought, hello), []string{"reasoning", "message Hello", "completed"}, usual},
	"a call":                    {up.ResponsesEvents(thought, callF), []string{"reasoning", `function_call f call_1 {"a":1}`, "completed"}, usual},
	"a custom call":             {up.ResponsesEvents(patch), []string{"custom_tool_call c call_3 *** Begin\n\"quoted\"", "completed"}, usual},
	"items of other kinds pass": {up.ResponsesEvents(search, hello), []string{"tool_search_call call_2 {\"query\":\"x\"}", "message Hello", "completed"}, usual},
	"a final mark":              {append(up.ResponsesEvents(hello), "[DONE]"), []string{"message Hello", "completed"}, usual},
	"comments as data":          {slices.Concat([]string{"ping"}, up.ResponsesEvents(hello)), []string{"message Hello", "completed"}, usual},
	"nothing passes behind the end": {
		slices.Concat(up.ResponsesEvents(hello), up.ResponsesEvents(callF)), []string{"message Hello", "completed"}, usual,
	},
	"cut by length": {append(up.ResponsesBegun(hello), incomplete("max_output_tokens")), []string{"message Hello", "incomplete max_output_tokens"}, usual},
	"cut by length before anything": {
		append(up.ResponsesBegun(), incomplete("max_output_tokens")), []string{"incomplete max_output_tokens"}, usual,
	},
	"filtered":         {append(up.ResponsesBegun(hello), incomplete("content_filter")), []string{"message Hello", "incomplete content_filter"}, usual},
	"filtered at once": {append(up.ResponsesBegun(), incomplete("content_filter")), []string{"failed withheld its answer: its content filter objects"}, ""},
	"no answer to a question": {
		up.ResponsesEvents(), []string{"failed ended its reply without an answer"}, "",
	},
	"F64 an error at once": {
		[]string{`{"type":"error","sequence_number":0,"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 1.5s.","param":null}`},
		[]string{"failed Rate limit reached. Please try again in 1.5s."},
		"",
	},
	"F64 an error object at once": {
		[]string{`{"type":"error","sequence_number":2,"error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"too long","param":"input"}}`},
		[]string{"failed too long"},
		"",
	},
	"F64 a failure at once": {
		append(up.ResponsesBegun(), failed(`{"code":"server_error","message":"boom"}`)), []string{"failed boom"}, usual,
	},
	"F64 a failure in the midst": {
		append(up.ResponsesBegun(hello), failed(`{"code":"server_error","message":"boom"}`)), []string{"message Hello", "failed boom"}, usual,
	},
	"a failure without a cause": {append(up.ResponsesBegun(), failed("null")), []string{"failed ended its reply as failed, without saying why"}, ""},
	"an error body":             {[]string{`{"error":{"message":"no","type":"server_error","param":null,"code":null}}`}, []string{"failed no"}, ""},
	"an error in a list":        {[]string{`[{"error":{"message":"no"}}]`}, []string{"failed no"}, ""},
	"F02 no terminal event":     {up.ResponsesBegun(hello), []string{"message Hello", "failed broke off its reply"}, "1/0/0/2/0"},
	"F02 a mark alone":          {append(up.ResponsesBegun(hello), "[DONE]"), []string{"message Hello", "failed broke off its reply"}, ""},
	"F02 an open item":          {up.ResponsesBegun(hello)[:6], []string{"open: message in_progress", "failed broke off its reply"}, ""},
	"F02 nothing":               {nil, []string{"failed ended its reply before it began"}, ""},
	"F02 no JSON":               {append(up.ResponsesBegun()[:2], `{"type":"response.output_item.added",`), []string{"failed sent an event that is not JSON"}, ""},
	"what speaks of the account stays behind": {
		slices.Insert(up.ResponsesEvents(hello), 2, `{"type":"response.metadata","headers":{"openai-model":"gpt-x"}}`, `{"type":"codex.rate_limits","x":1}`, `{"type":"keepalive"}`),
		[]string{"message Hello", "completed"},
		usual,
	},
	"a document": {
		[]string{up.ResponsesCompleted(thought, hello, callF, patch, search)},
		[]string{"reasoning", "message Hello", `function_call f call_1 {"a":1}`, "custom_tool_call c call_3 *** Begin\n\"quoted\"", "tool_search_call call_2 {\"query\":\"x\"}", "completed"},
		usual,
	},
	"a document cut by length": {
		[]string{strings.Replace(strings.Replace(up.ResponsesCompleted(hello), `"status":"completed"`, `"status":"incomplete"`, 1), `"incomplete_details":null,"completed_at":1700000002`, `"incomplete_details":{"reason":"max_output_tokens"}`, 1)},
		[]string{"message Hello", "incomplete max_output_tokens"},
		usual,
	},
	"a document that failed":       {[]string{up.ResponsesObject("failed", "", "", `,"error":{"code":"server_error","message":"boom"}`)}, []string{"failed boom"}, ""},
	"a document without an answer": {[]string{up.ResponsesCompleted()}, []string{"failed ended its reply without an answer"}, ""},
	"items that only the end names": {
		append(up.ResponsesBegun(thought), up.ResponsesEvent(-1, "response.completed", `"response":`+up.ResponsesCompleted(thought, hello))),
		[]string{"reasoning", "message Hello", "completed"},
		usual,
	},
	"an end that names no items": {
		append(up.ResponsesBegun(hello), up.ResponsesEvent(-1, "response.completed", `"response":`+up.ResponsesCompleted())), []string{"message Hello", "completed"}, usual,
	},
	"an end without a response": {append(up.ResponsesBegun(hello), `{"type":"response.completed"}`), []string{"message Hello", "completed"}, ""},
	"an end without counts": {
		append(up.ResponsesBegun(hello), up.ResponsesEvent(-1, "response.completed", `"response":`+up.ResponsesObject("completed", "", "", `,"error":null,"incomplete_details":null`))),
		[]string{"message Hello", "completed"},
		"",
	},
}

func (r *reply) check(t *testing.T, o *wiretest.Outcome) {
	t.Helper()
	if got := o.Lines(); !slices.Equal(got, r.want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(r.want, "\n  "))
	}
	if got := o.Usage(); r.usage != "" && got != r.usage && !strings.HasPrefix(r.usage, "1/") {
		t.Errorf("usage is %s, want %s", got, r.usage)
	}
}

// framings are the ways in which one body arrives.
var framings = map[string]func(string) io.Reader{
	"as it is":     func(body string) io.Reader { return strings.NewReader(body) },
	"CRLF":         func(body string) io.Reader { return strings.NewReader(strings.ReplaceAll(body, "\n", "\r\n")) },
	"byte by byte": func(body string) io.Reader { return iotest.OneByteReader(strings.NewReader(body)) },
}

func TestRepliesPass(t *testing.T) {
	for name, test := range passed {
		for framing, reader := range framings {
			t.Run(name+"/"+framing, func(t *testing.T) {
				test.check(t, openAI(t).read(t, asking, reader(bodyOf(test.events...))))
			})
		}
	}
}

// Wherever a reply breaks off, what was done is kept, nothing is taken for whole, and the client is told.
func TestARepliesThatPassesMayBreakOffAnywhere(t *testing.T) {
	for name, test := range passed {
		t.Run(name, func(t *testing.T) {
			frames := up.ResponsesFrames(test.events...)
			for i := range frames {
				body := strings.Join(frames[:i], "")
				o := openAI(t).read(t, asking, strings.NewReader(body))
				if lines := o.Lines(); o.Fault == nil && !slices.Equal(lines, test.want) {
					t.Errorf("cut at %d: %q", i, lines)
				}
				reset := errors.New("connection reset")
				o = openAI(t).read(t, asking, io.MultiReader(strings.NewReader(body), iotest.ErrReader(reset)))
				if o.Fault != nil && o.Fault.Kind == fault.Truncated && !errors.Is(o.Fault, reset) {
					t.Errorf("cut at %d: %v", i, o.Fault)
				}
			}
		})
	}
}

// Half an event is none.
func TestAReplyMayBreakOffInAnEvent(t *testing.T) {
	for _, p := range []*provider{openAI(t), with(t)} {
		body := bodyOf(up.ResponsesEvents(thought, up.ResponsesMessage(msg1, "{", "}", "\"}", "\\"), callF, patch)...)
		for i := range len(body) {
			out := new(sink)
			stream := translate.NewStream(parse(t, asking), wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
			stream.Attempt(p.Target)
			dec := responses.NewDecoder(&p.Target, &p.Dialect, stream)
			if f := p.play(dec, stream, strings.NewReader(body[:i])); f != nil {
				stream.Fail(f)
			}
			out.check(t)
			for _, data := range out.data {
				if !gjson.Valid(data) {
					t.Fatalf("%s, cut at %d: %s", p.Target.Provider, i, data)
				}
			}
			if got := out.types[len(out.types)-1]; (got == "response.completed") != (i >= len(body)-2) {
				t.Fatalf("%s, cut at %d of %d: %s", p.Target.Provider, i, len(body), got)
			}
		}
	}
}

// play reads a body as the gateway does.
func (p *provider) play(dec *responses.Decoder, stream *translate.Stream, body io.Reader) *fault.Fault {
	var f *fault.Fault
	frames := sse.NewReader(body, 0)
	for {
		event, err := frames.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			errors.As(dec.End(err, stream), &f)
			return f
		}
		err = dec.Frame(event.Data, stream)
		switch {
		case err != nil && event.Partial:
			errors.As(dec.End(io.ErrUnexpectedEOF, stream), &f)
			return f
		case err != nil:
			errors.As(err, &f)
			return f
		case dec.Done():
			errors.As(dec.End(nil, stream), &f)
			return f
		}
	}
}

// check holds the events against the rules that hold whatever a service sends.
func (s *sink) check(t testing.TB) {
	t.Helper()
	for i, data := range s.data {
		last := i == len(s.data)-1
		doc := gjson.Parse(data)
		switch {
		case strings.ContainsAny(data, "\n\r"):
			t.Fatalf("event %d has a line break: %q", i, data)
		case doc.Get("type").String() != s.types[i]:
			t.Fatalf("event %d is called %s: %s", i, s.types[i], data)
		case (s.types[i] == "response.completed" || s.types[i] == "response.incomplete" || s.types[i] == "response.failed") != last:
			t.Fatalf("event %d of %d is %s", i, len(s.data), s.types[i])
		}
	}
}

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
