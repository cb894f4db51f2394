package translate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/envelope"
)

// object is a response object of a service.
func object(status, output string) string {
	return `{"id":"resp_up","object":"response","created_at":1600000000,"status":"` + status + `","model":"up","error":null,"incomplete_details":null,` +
		`"instructions":null,"metadata":{},"output":[` + output + `],"parallel_tool_calls":true,"temperature":1,"tool_choice":"auto","tools":[],"top_p":1,` +
		`"usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":3,"cache_write_tokens":1},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":12}}`
}

func event(n int, typ, members string) []byte {
	return fmt.Appendf(nil, `{"type":%q,"sequence_number":%d,%s}`, typ, n, members)
}

const sealedItem = `{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAAA"}`

// relayThought passes on a reply that is reasoning alone, up to its end. Its numbers are those of a service that begins with 0.
func relayThought(s *translate.Stream) {
	s.State = func(item []byte) *envelope.Payload { return &envelope.Payload{Field: "f", Data: item} }
	s.RelayState("response.created", event(0, "response.created", `"response":`+object("in_progress", "")))
	s.RelayState("response.in_progress", event(1, "response.in_progress", `"response":`+object("in_progress", "")))
	s.RelayItem("response.output_item.added", event(2, "response.output_item.added", `"output_index":0,"item":`+sealedItem))
	s.RelayItem("response.output_item.done", event(3, "response.output_item.done", `"output_index":0,"item":`+sealedItem))
}

func TestARelayedResponseKeepsItsIDAndHasTheClientsModel(t *testing.T) {
	for name, begun := range map[string]bool{"which the service begins": false, "which this side has begun": true} {
		t.Run(name, func(t *testing.T) {
			s, sink := newStream(t, request(`"input":"hi"`))
			s.Attempt(translate.Target{Provider: "p", Model: "up"})
			want := "resp_up"
			if begun {
				s.Begin()
				want = "resp_1"
			}
			relayThought(s)
			if !s.Speaking() || s.Ended() {
				t.Errorf("speaking %v, ended %v", s.Speaking(), s.Ended())
			}
			s.RelayEnd("response.completed", event(4, "response.completed", `"response":`+object("completed", sealedItem)))
			s.Heartbeat()
			s.Relay("response.output_text.delta", event(5, "response.output_text.delta", `"delta":"a"`))
			events := streamcheck.Require(t, sink.body.Bytes())
			final := streamcheck.Final(events)
			if s.ID() != want || final.Get("id").String() != want || final.Get("model").String() != "m" || s.Outcome() != "response.completed" {
				t.Errorf("%s, %s", s.ID(), final)
			}
			if u := s.Tokens(); u != (translate.Usage{Input: 7, Cached: 3, CacheWrite: 1, Output: 5, Reasoning: 2}) {
				t.Errorf("the tokens are %+v", u)
			}
		})
	}
}

func TestWhatAServiceSealedIsSealedAgain(t *testing.T) {
	s, sink := newStream(t, request(`"input":"hi"`))
	s.Attempt(translate.Target{Provider: "p", Model: "up"})
	relayThought(s)
	events := sink.events(t)
	if added := events[2].Item(); added.Get("encrypted_content").Exists() {
		t.Errorf("added as %s", added)
	}
	state, ok := ring.Open(events[3].Item().Get("encrypted_content").String())
	if !ok || state.Provider != "p" || state.Model != "up" || state.Field != "f" || string(state.Data) != sealedItem {
		t.Errorf("sealed is %+v", state)
	}
}

// A failure keeps what was done, and so does the heartbeat what comes.
func TestARelayedResponseMayFail(t *testing.T) {
	s, sink := newStream(t, request(`"input":"hi"`))
	s.Attempt(translate.Target{Provider: "p", Model: "up"})
	relayThought(s)
	s.Heartbeat()
	s.Fail(fault.New(fault.Truncated, "broke off"))
	events := streamcheck.Require(t, sink.body.Bytes())
	if final := streamcheck.Final(events); final.Get("output.#").Int() != 1 || final.Get("id").String() != "resp_up" {
		t.Errorf("got %s", final)
	}
}

func TestRelayingRefusesWhatIsNoEvent(t *testing.T) {
	s, sink := newStream(t, request(`"input":"hi"`))
	for _, data := range []string{`{"type":"x"`, `{"response":{]}`, `{"item":{}`} {
		if s.RelayState("response.created", []byte(data)) || s.RelayItem("response.output_item.done", []byte(data)) || s.RelayEnd("response.completed", []byte(data)) {
			t.Errorf("%s was taken", data)
		}
	}
	for _, data := range []string{`{"item":null}`, `{}`} {
		if s.RelayItem("response.output_item.done", []byte(data)) {
			t.Errorf("%s has an item", data)
		}
	}
	if !s.RelayState("response.created", []byte(`{"response":{}}`)) || len(sink.events(t)) > 0 {
		t.Errorf("what says nothing is written: %s", &sink.body)
	}
}

func TestReadUsage(t *testing.T) {
	tests := map[string]struct {
		usage string
		want  translate.Usage
		whole bool
	}{
		"whole": {
			`{"input_tokens":7,"input_tokens_details":{"cached_tokens":3},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":12}`,
			translate.Usage{Input: 7, Cached: 3, Output: 5, Reasoning: 2},
			true,
		},
		"without details":         {`{"input_tokens":7,"output_tokens":5,"total_tokens":12}`, translate.Usage{Input: 7, Output: 5}, false},
		"details of nothing":      {`{"input_tokens":7,"input_tokens_details":{},"output_tokens":5,"output_tokens_details":null,"total_tokens":12}`, translate.Usage{Input: 7, Output: 5}, false},
		"without a sum":           {`{"input_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":0}}`, translate.Usage{Input: 7, Output: 5}, false},
		"null":                    {`null`, translate.Usage{}, false},
		"nothing":                 {``, translate.Usage{}, false},
		"counts that are no such": {`{"input_tokens":"many"}`, translate.Usage{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, whole := translate.ReadUsage([]byte(test.usage)); got != test.want || whole != test.whole {
				t.Errorf("got %+v, whole %v", got, whole)
			}
		})
	}
}

func TestMintedTellsTheGatewaysIDs(t *testing.T) {
	for range 100 {
		if id := translate.RandomIDs("msg_"); !translate.Minted([]byte(id)) {
			t.Errorf("%s is not told", id)
		}
	}
	for _, id := range []string{
		"", "msg_", "msg_1", "msg_00000000000000000000000000000001", "msg_ABCDEFGHIJKLMNOPQRSTUVWXYZA", "msg_ABCDEFGHIJKLMNOPQRSTUVWXY", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		"msg_abcdefghijklmnopqrstuvwxyz", "a_b_ABCDEFGHIJKLMNOPQRSTUVWXYZ", "_ABCDEFGHIJKLMNOPQRSTUVWXYZ", "msg_00000000-0000-7000-8000-000000000005", "msg_01234567890123456789012345",
	} {
		if translate.Minted([]byte(id)) {
			t.Errorf("%q is told for one", id)
		}
	}
}

func TestSourceSaysWhereThingsStand(t *testing.T) {
	body := ` { "model" : "m", "reasoning":{"summary":"auto", "effort" : "high"},"x":[1,2] ,"input":[` +
		`{"type":"additional_tools","tools":[]}, {"id":"msg_1","role":"user","content":"a"},{"type":"reasoning","encrypted_content":"gAAAA","summary":[]} ],"stream":true}`
	source := parse(t, body).Source()
	var members, items []string
	for i := range source.Members {
		m := &source.Members[i]
		at := source.MemberSpan(m)
		members = append(members, m.Name+"|"+body[m.Value.Start:m.Value.End]+"|"+body[at.Start:at.Start+len(m.Name)+2])
	}
	sameLines(t, members, `model|"m"|"model"`, `reasoning|{"summary":"auto", "effort" : "high"}|"reasoning"`, `x|[1,2]|"x"`, "input|"+body[strings.Index(body, `[{"type"`):strings.Index(body, `,"stream"`)]+`|"input"`, `stream|true|"stream"`)
	for it := range source.Items() {
		items = append(items, fmt.Sprintf("%s %s %s %v %s", it.Type, it.Role, it.ID, it.Sealed, body[it.Span.Start:it.Span.End]))
	}
	sameLines(
		t, items, `message user msg_1 false {"id":"msg_1","role":"user","content":"a"}`,
		`reasoning   false {"type":"reasoning","encrypted_content":"gAAAA","summary":[]}`,
	)
	if got := body[source.Effort.Start:source.Effort.End]; got != `"high"` {
		t.Errorf("the effort is %s", got)
	}
	for range parse(t, request(`"input":"a"`)).Source().Items() {
		t.Error("a text has items")
	}
}
