package responses_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	up "github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/envelope"
)

// thread is a request with these input items.
func thread(items ...string) string {
	return `{"model":"m","stream":true,"store":false,"input":[` + strings.Join(items, ",") + `]}`
}

// minted is an id as the gateway makes them.
func minted(prefix string) string { return prefix + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" }

// thoughtOf is reasoning of a provider as it came back from a client.
func thoughtOf(id, provider, model, field, data string) string {
	sealed := wiretest.Ring.Seal(nil, &envelope.Payload{Provider: provider, Model: model, Field: field, Data: []byte(data)})
	return `{"type":"reasoning","id":"` + id + `","summary":[{"type":"summary_text","text":"**Look**"}],"content":null,"encrypted_content":"` + string(sealed) + `"}`
}

const (
	user     = `{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}`
	original = `{"id":"` + rs1 + `","type":"reasoning","summary":[{"type":"summary_text","text":"**Look**"}],"encrypted_content":"` + sealedByOpenAI + `"}`
	callF1   = `{"type":"function_call","id":"` + fc1 + `","call_id":"call_1","name":"f","arguments":"{}"}`
	outputF1 = `{"type":"function_call_output","call_id":"call_1","output":"ok"}`
)

func TestARequestPassesAsItCame(t *testing.T) {
	for name, body := range requests(t) {
		t.Run(name, func(t *testing.T) {
			p := openAI(t)
			want := body
			if metadata := gjson.Get(want, "client_metadata"); metadata.Exists() {
				want = strings.Replace(want, `,"client_metadata":`+metadata.Raw, "", 1)
			}
			model := gjson.Get(want, "model").Raw
			want = strings.Replace(want, `"model":`+model, `"model":"gpt-6.1-sol"`, 1)
			if want = withoutOpenReasoning(want); string(p.body(t, body)) != want {
				t.Errorf("got\n%s\nwant\n%s", p.body(t, body), want)
			}
		})
	}
}

// withoutOpenReasoning leaves out what another service has said in the open, with the ids of what that led to, and names that cannot be.
func withoutOpenReasoning(body string) string {
	orphaned := false
	for _, item := range gjson.Get(body, "input").Array() {
		typ := item.Get("type").String()
		switch {
		case typ == "reasoning" && item.Get("encrypted_content").Type != gjson.String:
			orphaned = true
			body = strings.Replace(body, item.Raw+",", "", 1)
		case typ == "message" && item.Get("role").String() == "assistant", strings.HasSuffix(typ, "_call"):
			if orphaned {
				body = strings.Replace(body, item.Raw, strings.Replace(item.Raw, `"id":`+item.Get("id").Raw+",", "", 1), 1)
			}
			if name := item.Get("name").String(); strings.Contains(name, ".") {
				body = strings.Replace(body, item.Raw, strings.Replace(item.Raw, name, translate.WireName("", name), 1), 1)
			}
		default:
			orphaned = false
		}
	}
	return body
}

func TestMembersOfARequestThatPasses(t *testing.T) {
	tests := map[string]struct {
		knobs         []string
		request, want string
	}{
		"a stream is asked for": {nil, `{"model":"m","input":"hi"}`, `{"model":"up","stream":true,"input":"hi"}`},
		"also where none was":   {nil, `{"stream":false,"input":"hi","model":"m"}`, `{"stream":true,"input":"hi","model":"up"}`},
		"also where null was":   {nil, `{"stream":null,"input":"hi","model":"m"}`, `{"stream":true,"input":"hi","model":"up"}`},
		"spaces stay":           {nil, "{\n \"model\" : \"m\" ,\n \"input\" : \"hi\"\n}\n", "{\n \"model\" : \"up\",\"stream\":true ,\n \"input\" : \"hi\"\n}\n"},
		"store stays":           {nil, `{"model":"m","stream":true,"input":"hi","store":true}`, `{"model":"up","stream":true,"input":"hi","store":true}`},
		"F81 members are left out": {
			[]string{"drop_fields", "client_metadata x"}, `{"x":{"y":[1,{}]},"model":"m","client_metadata":{},"input":"hi","client_metadata":null}`, `{"model":"up","stream":true,"input":"hi"}`,
		},
		"what nobody knows stays": {nil, `{"model":"m","stream":true,"input":"hi","x_future":[1.0,{"y":"\u0041"}]}`, `{"model":"up","stream":true,"input":"hi","x_future":[1.0,{"y":"\u0041"}]}`},
		"members of every body":   {[]string{"extra_body", `{"x":1,"y":{}}`}, `{"model":"m","stream":true,"input":"hi"}`, `{"model":"up","stream":true,"input":"hi","x":1,"y":{}}`},
		"members of every body replace the client's": {
			[]string{"extra_body", `{"store":false}`}, `{"model":"m","store":true,"stream":true,"input":"hi"}`, `{"model":"up","stream":true,"input":"hi","store":false}`,
		},
		"F84 an effort that the model has": {
			[]string{"effort_map", "high=high"},
			`{"model":"m","stream":true,"input":"hi","reasoning":{"effort":"high","context":"all_turns"}}`,
			`{"model":"up","stream":true,"input":"hi","reasoning":{"effort":"high","context":"all_turns"}}`,
		},
		"F84 an effort that it does not have": {
			[]string{"effort_map", "max=xhigh"},
			`{"model":"m","stream":true,"input":"hi","reasoning":{"summary":"auto","effort":"max"}}`,
			`{"model":"up","stream":true,"input":"hi","reasoning":{"summary":"auto","effort":"xhigh"}}`,
		},
		"F84 an effort that nobody knows": {
			[]string{"effort_map", "max=xhigh"}, `{"model":"m","stream":true,"input":"hi","reasoning":{"effort":"galactic"}}`, `{"model":"up","stream":true,"input":"hi","reasoning":{"effort":"galactic"}}`,
		},
		"a model's name is quoted": {nil, `{"model":"a\"b","stream":true,"input":"hi"}`, `{"model":"up","stream":true,"input":"hi"}`},
		"a member that is there twice": {
			nil, `{"model":"m","input":[` + user + `],"stream":true,"input":[{"type":"message","id":"` + minted("msg_") + `","role":"user","content":"a"}]}`,
			`{"model":"up","input":[` + user + `],"stream":true,"input":[{"type":"message","role":"user","content":"a"}]}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(t, append([]string{"profile", "native"}, test.knobs...)...)
			if got := string(p.body(t, test.request)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestItemsOfARequestThatPasses(t *testing.T) {
	own := func(model string) string { return thoughtOf(rs1, "openai", model, "encrypted_content", original) }
	withoutID := strings.Replace(callF1, `"id":"`+fc1+`",`, "", 1)
	message := func(id string) string {
		return `{"type":"message",` + id + `"role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]}],"status":"completed"}`
	}
	tests := map[string]struct{ items, want []string }{
		"its own reasoning is as it was":       {[]string{user, own("gpt-6.1-sol"), callF1, outputF1}, []string{user, original, callF1, outputF1}},
		"that of a model of the same family":   {[]string{user, own("gpt-6-luna"), callF1, outputF1}, []string{user, original, callF1, outputF1}},
		"that of a model of another is left":   {[]string{user, own("gpt-5.5"), callF1, outputF1}, []string{user, withoutID, outputF1}},
		"F19 another provider's is left":       {[]string{user, thoughtOf(rs1, "azure", "gpt-6.1-sol", "encrypted_content", original), callF1, outputF1}, []string{user, withoutID, outputF1}},
		"another wire's is left":               {[]string{user, thoughtOf(minted("rs_"), "openai", "gpt-6.1-sol", "reasoning_content", "t"), callF1, outputF1}, []string{user, withoutID, outputF1}},
		"what cannot be opened is left":        {[]string{user, `{"type":"reasoning","id":"` + rs1 + `","summary":[],"encrypted_content":"ccr1.00000000.AAAA"}`, callF1, outputF1}, []string{user, withoutID, outputF1}},
		"what OpenAI has sealed itself passes": {[]string{user, original, callF1, outputF1}, []string{user, original, callF1, outputF1}},
		"what was told in the open is left":    {[]string{user, `{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"t"}]}`, callF1, outputF1}, []string{user, withoutID, outputF1}},
		"what nobody has sealed is left":       {[]string{user, `{"type":"reasoning","id":"` + rs1 + `","summary":[],"encrypted_content":null}`, callF1, outputF1}, []string{user, withoutID, outputF1}},
		"ids of what follows its own stay":     {[]string{user, thoughtOf(rs1, "azure", "x", "encrypted_content", original), message(`"id":"` + msg1 + `",`), own("gpt-6.1-sol"), callF1, outputF1}, []string{user, message(""), original, callF1, outputF1}},
		"ids of a later turn stay": {
			[]string{user, thoughtOf(rs1, "azure", "x", "encrypted_content", original), message(`"id":"` + msg1 + `",`), user, message(`"id":"` + msg1 + `",`)},
			[]string{user, message(""), user, message(`"id":"` + msg1 + `",`)},
		},
		"ids that the gateway made go":            {[]string{user, message(`"id":"` + minted("msg_") + `",`), `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}","id":"` + minted("fc_") + `"}`, outputF1}, []string{user, message(""), `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}`, outputF1}},
		"call ids that it made stay":              {[]string{user, `{"type":"function_call","call_id":"` + minted("call_") + `","name":"f","arguments":"{}"}`, `{"type":"function_call_output","call_id":"` + minted("call_") + `","output":"ok"}`}, []string{user, `{"type":"function_call","call_id":"` + minted("call_") + `","name":"f","arguments":"{}"}`, `{"type":"function_call_output","call_id":"` + minted("call_") + `","output":"ok"}`}},
		"a search that another made is left":      {[]string{user, `{"type":"web_search_call","id":"` + minted("ws_") + `","status":"completed","action":{"type":"search","query":"q"}}`, message("")}, []string{user, message("")}},
		"a search of its own stays":               {[]string{user, `{"type":"web_search_call","id":"ws_00000000000000000000000000000001","status":"completed"}`, message("")}, []string{user, `{"type":"web_search_call","id":"ws_00000000000000000000000000000001","status":"completed"}`, message("")}},
		"F42 a name that cannot be":               {[]string{user, `{"type":"function_call","name":"a.b","call_id":"call_1","arguments":"{}"}`, outputF1}, []string{user, `{"type":"function_call","name":"` + translate.WireName("", "a.b") + `","call_id":"call_1","arguments":"{}"}`, outputF1}},
		"a call id that is too long":              {[]string{user, strings.ReplaceAll(withoutID, "call_1", strings.Repeat("x", 65)), strings.ReplaceAll(outputF1, "call_1", strings.Repeat("x", 65))}, []string{user, strings.ReplaceAll(withoutID, "call_1", "call_"+translate.Hash62(strings.Repeat("x", 65), 24)), strings.ReplaceAll(outputF1, "call_1", "call_"+translate.Hash62(strings.Repeat("x", 65), 24))}},
		"its own compaction is as it was":         {[]string{strings.Replace(thoughtOf("cmp_1", "openai", "gpt-6.1-sol", "encrypted_content", `{"type":"compaction","encrypted_content":"gAAAA"}`), `"reasoning"`, `"compaction"`, 1), user}, []string{`{"type":"compaction","encrypted_content":"gAAAA"}`, user}},
		"another's compaction is left":            {[]string{strings.Replace(thoughtOf("cmp_1", "azure", "gpt-6.1-sol", "encrypted_content", `{}`), `"reasoning"`, `"compaction"`, 1), user}, []string{user}},
		"F01 declarations of tools pass":          {[]string{`{"type":"additional_tools","id":"at_0000000000000000","role":"developer","tools":[{"type":"namespace","name":"n","tools":[{"type":"custom","name":"exec"}]}]}`, user}, []string{`{"type":"additional_tools","id":"at_0000000000000000","role":"developer","tools":[{"type":"namespace","name":"n","tools":[{"type":"custom","name":"exec"}]}]}`, user}},
		"F14 what is incomplete is left as it is": {[]string{user, callF1, user}, []string{user, callF1, user}},
		"everything may be left but the question": {[]string{own("gpt-5.5"), user, own("o3")}, []string{user}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := openAI(t)
			want := strings.Replace(thread(test.want...), `"m"`, `"gpt-6.1-sol"`, 1)
			if got := string(p.body(t, thread(test.items...))); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// What the service has said comes back to it as it was, turn after turn, and to nobody else.
func TestF19ReasoningComesBackToItsIssuer(t *testing.T) {
	p := openAI(t)
	o := p.read(t, asking, strings.NewReader(bodyOf(up.ResponsesEvents(thought, callF)...)))
	request := o.NextTurn(t, asking)
	body := p.body(t, request)
	p.check(t, body)
	items := gjson.GetBytes(body, "input").Array()
	if len(items) != 4 || items[1].Raw != original || items[2].Get("id").String() != fc1 {
		t.Errorf("got %s", gjson.GetBytes(body, "input"))
	}
	for _, name := range []string{"azure", "xai", "deepseek"} {
		other := preset(t, name)
		body := other.body(t, request)
		other.check(t, body)
		if strings.Contains(string(body), "reasoning\",") || strings.Contains(string(body), "ccr1.") || strings.Contains(string(body), sealedByOpenAI) {
			t.Errorf("%s gets %s", name, body)
		}
	}
}

// What cannot be opened any more, because the key or the account is another, is left out at the second try.
func TestF19ReasoningCanBeLeftOut(t *testing.T) {
	items := map[string]string{"openai": original, "xai": thoughtOf("rs_1", "xai", "grok-4.7", "encrypted_content", `{"type":"reasoning","id":"rs_x","summary":[],"encrypted_content":"x","status":"completed"}`)}
	for name, thought := range items {
		p := preset(t, name)
		request := thread(user, thought, callF1, outputF1)
		if body := string(p.body(t, request)); !strings.Contains(body, `"reasoning"`) {
			t.Errorf("at the first try %s gets %s", name, body)
		}
		p.Target.WithoutReasoning = true
		body := p.body(t, request)
		p.check(t, body)
		if strings.Contains(string(body), `"reasoning"`) || strings.Contains(string(body), fc1) {
			t.Errorf("at the second try %s gets %s", name, body)
		}
	}
}

// A thread that began elsewhere goes on with OpenAI.
func TestF19AThreadChangesToOpenAI(t *testing.T) {
	for name, p := range map[string]*provider{"xai": preset(t, "xai"), "deepseek": preset(t, "deepseek"), "kimi": preset(t, "kimi")} {
		t.Run(name, func(t *testing.T) {
			reasoning := up.ResponsesReasoning("rs_x", "t", "xai-sealed")
			o := p.read(t, asking, strings.NewReader(bodyOf(up.ResponsesEvents(reasoning, up.ResponsesCall("", "f:0", "ns__n", "{}"), hello)...)))
			request := o.NextTurn(t, asking)
			for i, item := range streamcheck.Items(o.Events) { // the ids of these tests are counted
				id := item.Get("id").String()
				prefix, _, _ := strings.Cut(id, "_")
				request = strings.ReplaceAll(request, `"`+id+`"`, `"`+prefix+"_"+strings.Repeat(string(rune('A'+i)), 26)+`"`)
			}
			next := openAI(t)
			body := next.body(t, request)
			next.check(t, body)
			if got := gjson.GetBytes(body, `input.#(type=="function_call")`); got.Get("name").String() != "n" || got.Get("namespace").String() != "ns" || got.Get("id").Exists() {
				t.Errorf("the call is %s", got)
			}
		})
	}
}
