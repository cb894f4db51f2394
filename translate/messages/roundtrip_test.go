package messages_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// F18: what the model has said goes back to it as it came, block by block, and its thinking to nobody else.
func TestF18RepliesComeBackAsTheyCame(t *testing.T) {
	const thinkA, thinkB = `{"type":"thinking","thinking":"Let \"me\"\n","signature":"s1s2s3="}`, `{"type":"thinking","thinking":"","signature":"t"}`
	const redacted = `{"type":"redacted_thinking","data":"r=="}`
	const use = `{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":1}}`
	const found = `{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}},` +
		`{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://a.org","title":"T","encrypted_content":"sealed","page_age":null}]}`
	call := calls("toolu_1", "f", `{"a":1}`)
	search := []upstreamtest.MessagesBlock{looksUp("srvtoolu_1", "q"), finds("srvtoolu_1", "https://a.org")}
	thought := thinks("Let \"me\"\n", "s1", "s2", "s3=")
	tests := map[string]struct {
		blocks []upstreamtest.MessagesBlock
		want   []string
		others []string // of what another provider gets
	}{
		"thinking before a call":        {[]upstreamtest.MessagesBlock{thought, call}, []string{thinkA, use}, []string{use}},
		"hidden thinking before a call": {[]upstreamtest.MessagesBlock{thinks("", "t"), call}, []string{thinkB, use}, []string{use}},
		"redacted thinking":             {[]upstreamtest.MessagesBlock{redacts("r=="), says("x"), call}, []string{redacted, text("x"), use}, []string{text("x"), use}},
		"thinking of all kinds, interleaved": {
			[]upstreamtest.MessagesBlock{thought, redacts("r=="), says("x"), thinks("", "t"), says("y"), call},
			[]string{thinkA, redacted, text("x"), thinkB, text("y"), use},
			[]string{text("x"), text("y"), use},
		},
		"a search among thinking": {
			[]upstreamtest.MessagesBlock{thought, search[0], search[1], thinks("", "t"), says("x"), call},
			[]string{thinkA, found, thinkB, text("x"), use},
			[]string{text("x"), use},
		},
		"a search that has no result, which is refused": {
			[]upstreamtest.MessagesBlock{search[0], search[1], looksUp("srvtoolu_2", "r"), says("x"), looksUp("srvtoolu_3", "s"), call},
			[]string{found, text("x"), use},
			[]string{text("x"), use},
		},
		"a result of what was not searched for, which is refused": {
			[]upstreamtest.MessagesBlock{finds("srvtoolu_2"), says("x"), call}, []string{text("x"), use}, []string{text("x"), use},
		},
		"thinking that nobody has signed": {[]upstreamtest.MessagesBlock{thinks("t"), call}, []string{use}, []string{use}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := claude(t)
			o := p.read(t, asking, strings.NewReader(bodyOf(whole("tool_use", test.blocks...)...)))
			request := o.NextTurn(t, asking)
			result := strings.Replace(strings.Replace(resultA, "call_a", "toolu_1", 1), `"1"`, `"ok"`, 1)
			for provider, want := range map[string][]string{"anthropic": test.want, "another": test.others} {
				p.Target.Provider = provider
				body := p.body(t, request)
				p.check(t, body)
				sameMessages(t, []byte(unmarked(body)), user(text("hi")), assistant(want...), user(result))
			}
		})
	}
}

func TestUnsignedThinkingComesBack(t *testing.T) {
	p := model(t, "minimax", "MiniMax-M3")
	for name, events := range map[string][]string{
		"without a signature":     without(whole("tool_use", thinks("t"), calls("toolu_1", "f", `{"a":1}`)), "ping"),
		"with an empty signature": whole("tool_use", thinks("t", ""), calls("toolu_1", "f", `{"a":1}`)),
	} {
		o := p.read(t, asking, strings.NewReader(bodyOf(events...)))
		body := p.body(t, o.NextTurn(t, asking))
		p.check(t, body)
		if got := sent(body, "messages.1.content.0"); got != `{"type":"thinking","thinking":"t","signature":""}` {
			t.Errorf("%s: it gets %s", name, got)
		}
	}
	o := p.read(t, asking, strings.NewReader(bodyOf(whole("tool_use", thinks("t", "s"), calls("toolu_1", "f", `{"a":1}`))...)))
	if got := sent(p.body(t, o.NextTurn(t, asking)), "messages.1.content.0"); got != `{"type":"thinking","thinking":"t","signature":"s"}` {
		t.Errorf("with a signature: it gets %s", got)
	}
}

// A client that does not ask for sealed reasoning would only be shown items without anything in them.
func TestNothingIsSealedForClientsThatDoNotAsk(t *testing.T) {
	request := strings.Replace(asking, `"include":["reasoning.encrypted_content"],`, "", 1)
	o := claude(t).read(t, request, strings.NewReader(bodyOf(whole("end_turn", thinks("", "s"), redacts("r"), thinks("t", "s"),
		looksUp("srvtoolu_1", "q"), finds("srvtoolu_1"), says("a"))...)))
	if got := strings.Join(o.Lines(), ", "); got != "reasoning t, web_search_call, message a, completed" {
		t.Errorf("got %s", got)
	}
}

// F44: the ids of calls are the provider's where they can be, and each is one call's alone.
func TestF44IDsComeBack(t *testing.T) {
	p := plain()
	reply := bodyOf(whole("tool_use", calls("toolu_1", "f", `{"a":1}`))...)
	request := p.read(t, asking, strings.NewReader(reply)).NextTurn(t, asking)
	again := p.read(t, request, strings.NewReader(reply)).Lines()[0]
	if again == callF {
		t.Error("the second call has the id of the first")
	}
	if id := sent(p.body(t, request), "messages.1.content.0.id"); id != `"toolu_1"` {
		t.Errorf("the first call went back with the id %s", id)
	}
}
