package responses_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
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
