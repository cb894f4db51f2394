package responses_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/responses"
)

// Whatever a client sends, a service gets JSON, and one that understands a part of the API what it understands.
func FuzzRequests(f *testing.F) {
	providers := everybody(f)
	for name, body := range requests(f) {
		if len(body) < 6000 {
			f.Add([]byte(body), uint8(len(name)))
		}
	}
	for i, body := range []string{
		thread(user, thoughtOf(rs1, "openai", "gpt-6.1-sol", "encrypted_content", original), callF1, outputF1),
		thread(user, thoughtOf(rs1, "plain", "up", "reasoning_text", "t"), `{"type":"function_call","id":"`+minted("fc_")+`","call_id":"c","name":"a.b","arguments":""}`),
		`{"stream" : null , "input":[{"role":"user","content":"a"} , {"type":"reasoning","id":"x"}],"model":"m","input":"a","client_metadata":1}`,
		ask(`"text":{"format":{"type":"json_schema","schema":{"anyOf":[{"type":"object"}]}}}`, oneTool, `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}`),
		ask(`"tools":[{"type":"namespace","name":"n","tools":[{"type":"custom","name":"c"}]},{"type":"tool_search","execution":"client"}]`, `"reasoning":{"effort":"max"}`),
	} {
		f.Add([]byte(body), uint8(i))
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		req, err := translate.Parse(bytes.Clone(body), wiretest.Ring)
		if err != nil {
			return
		}
		p := providers[int(which)%len(providers)]
		got := responses.Encode(nil, req, &p.Target, &p.Dialect)
		if !json.Valid(got) {
			t.Fatalf("%s gets\n%s", p.Target.Provider, got)
		}
		if again := p.body(t, string(body)); !bytes.Equal(got, again) {
			t.Fatalf("%s gets\n%s\nthen\n%s", p.Target.Provider, got, again)
		}
		doc := gjson.ParseBytes(got)
		if !p.native() {
			p.check(t, got)
			return
		}
		for _, item := range doc.Get("input").Array() {
			if translate.Minted([]byte(item.Get("id").String())) && item.Get("type").String() != "additional_tools" || strings.HasPrefix(item.Get("encrypted_content").String(), "ccr1.") {
				t.Errorf("it gets %s", item)
			}
		}
	})
}

// Whatever a service sends, the client gets a stream that keeps the rules: all of them where it is translated, those that this side
// answers for where it passes.
func FuzzReplies(f *testing.F) {
	for _, test := range passed {
		f.Add([]byte(bodyOf(test.events...)), false)
	}
	for _, test := range translatedReplies {
		f.Add([]byte(bodyOf(test.events...)), true)
	}
	providers := []*provider{with(f, "reasoning_out", "encrypted_content"), with(f, "reasoning_out", "reasoning_text"), with(f)}
	f.Fuzz(func(t *testing.T, body []byte, translates bool) {
		if translates {
			providers[len(body)%len(providers)].read(t, asking, bytes.NewReader(body))
			return
		}
		p, out := openAI(t), new(sink)
		stream := translate.NewStream(parse(t, asking), wiretest.Ring, out, wiretest.Counted(), wiretest.Clock)
		stream.Attempt(p.Target)
		if failed := p.play(responses.NewDecoder(&p.Target, &p.Dialect, stream), stream, bytes.NewReader(body)); failed != nil {
			stream.Fail(failed)
		}
		out.check(t)
		var ids []string
		for i, data := range out.data {
			switch out.types[i] {
			case "response.created", "response.queued", "response.in_progress", "response.completed", "response.incomplete", "response.failed":
				ids = append(ids, gjson.Get(data, "response.id").String())
			}
		}
		if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
			t.Errorf("the response is called %v", ids)
		}
	})
}

// Whatever order things stand in, a service takes the history.
func TestRandomHistoriesSuitEveryProvider(t *testing.T) {
	providers := everybody(t)
	for seed := range uint64(3000) {
		a := newAuthor(seed)
		p := providers[a.IntN(len(providers))]
		items := []string{`{"role":"user","content":"u"}`}
		for range a.IntN(12) {
			items = append(items, a.item())
		}
		request := thread(items...)
		body := p.body(t, request)
		if !json.Valid(body) {
			t.Fatalf("seed %d, %s gets\n%s\nfor\n%s", seed, p.Target.Provider, body, request)
		}
		if !p.native() {
			p.check(t, body)
		}
		if t.Failed() {
			t.Fatalf("seed %d, %s:\n%s", seed, p.Target.Provider, strings.Join(items, "\n"))
		}
	}
}
