package messages_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/messages"
)

// pasts are reasoning of this provider's, of another's and of nobody's.
func pasts(p *wiretest.Provider) []string {
	return []string{
		sealed(p.Target.Provider, p.Target.Model, "thinking", `{"type":"thinking","thinking":"t","signature":"s"}`),
		sealed(p.Target.Provider, p.Target.Model, "thinking", `{"type":"redacted_thinking","data":"r"}`),
		sealed(p.Target.Provider, p.Target.Model, "unsigned_thinking", `t`),
		sealed("another", "model", "thinking", `{"type":"thinking","thinking":"foreign","signature":"s"}`),
	}
}

func TestRandomHistoriesSuitEveryProvider(t *testing.T) {
	wire.SuitsRandom(t, func(a wiretest.Author, p *wiretest.Provider) string {
		items := append([]string{`{"role":"user","content":"u"}`}, a.Items(pasts(p)...)...)
		return strings.Replace(talk(items...), `{`, a.Pick(`{`, `{"reasoning":{"effort":"none"},`, `{"reasoning":{"effort":"high"},`), 1)
	})
}

func FuzzRequests(f *testing.F) {
	wire.FuzzRequests(
		f, nil,
		talk(said, calledA, calledB, outB, late, outA, answer, late),
		talk(append(pasts(claude(f).Provider), calledA, outA, answer)...),
		talk(calledA, calledA, outA, `{"type":"custom_tool_call","call_id":"","name":"c","input":"a"}`, `{"type":"x","text":"a"}`),
		talk(`{"role":"user","content":[{"type":"input_image","image_url":{"url":"data:image/png;base64,QQ"}},{"type":"input_file","file_data":"data:application/pdf;base64,QQ"}]}`),
		ask(`"text":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"oneOf":[{"minimum":1},true]}}}}}`, oneTool, `"tool_choice":"none"`),
		ask(`"tools":[{"type":"web_search","filters":{"allowed_domains":["a"]},"user_location":{"city":"b"}}]`, `"max_output_tokens":2000`, `"reasoning":{"effort":"max"}`, `"temperature":1e9`),
	)
}

func TestRandomToolsComeBack(t *testing.T) {
	wire.ToolsComeBack(t, plain().Provider, "tools", func(name, arguments string) string {
		return bodyOf(whole("tool_use", calls("toolu_1", name, arguments))...)
	})
}

// Whatever a provider sends, the client gets a stream that keeps all rules.
func FuzzReplies(f *testing.F) {
	providers := []*provider{plain(), claude(f), model(f, "minimax", "MiniMax-M3")}
	for _, test := range replies() {
		f.Add([]byte(bodyOf(test.Frames...)), uint8(len(test.Knobs)/2))
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		p := providers[int(which)%len(providers)]
		p.read(t, asking, bytes.NewReader(body))
		paused(t, p, body)
	})
}

// paused plays a reply twice wherever it pauses.
func paused(t *testing.T, p *provider, body []byte) {
	sink := new(wiretest.Sink)
	stream := translate.NewStream(parse(t, asking), wiretest.Ring, sink, wiretest.Counted(), wiretest.Clock)
	stream.Attempt(p.Target)
	dec := messages.NewDecoder(&p.Target, &p.Dialect, stream)
	for range 2 {
		frames := sse.NewReader(bytes.NewReader(body), 0)
		for !dec.Done() {
			event, err := frames.Next()
			if err != nil || dec.Frame(bytes.Clone(event.Data), stream) != nil {
				break
			}
		}
		continuation, ok := dec.Paused()
		if !ok {
			return
		}
		if !json.Valid([]byte("[" + string(continuation) + "]")) {
			t.Fatalf("the continuation is %s", continuation)
		}
	}
	if err := dec.End(nil, stream); err == nil {
		streamcheck.Require(t, sink.Bytes())
	}
}
