package ollama_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/ollama"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "ollama", ollama.Encode, "tools")
}

// Every model gets only what it takes, and all of it again when asked again.
func TestRecordedRequestsSuitEveryModel(t *testing.T) {
	requests := wiretest.Requests(t)
	for _, p := range everybody(t) {
		for request, body := range requests {
			t.Run(p.Target.Model+"/"+request, func(t *testing.T) {
				got := p.body(t, string(body))
				p.check(t, got)
				if again := ollama.Encode([]byte("{}"), wiretest.Parse(t, body), &p.Target, &p.Dialect); !bytes.Equal(again[2:], got) {
					t.Errorf("asked again, it gets\n%s\nafter\n%s", again[2:], got)
				}
			})
		}
	}
}

// What a server has read before it finds again at the same place, or its prompt cache is of no use.
func TestAnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	for _, turn := range wiretest.Turns(t) {
		for _, p := range everybody(t) {
			t.Run(p.Target.Model+"/"+turn.Name, func(t *testing.T) {
				first := gjson.GetBytes(p.body(t, string(turn.Before)), "messages").Raw
				second := gjson.GetBytes(p.body(t, string(turn.After)), "messages").Raw
				if !strings.HasPrefix(second, strings.TrimSuffix(first, "]")+",") {
					t.Errorf("first\n%s\nthen\n%s", first, second)
				}
			})
		}
	}
}

// Whatever order things stand in, a strict server takes the history.
func TestRandomHistoriesSuitEveryModel(t *testing.T) {
	providers := everybody(t)
	thoughts := []string{thought("plain", "thinking", "t"), thought("ollama", "thinking", "t"), thought("other", "thinking", "t")}
	for seed := range uint64(3000) {
		author := wiretest.NewAuthor(seed)
		p := providers[author.IntN(len(providers))]
		items := author.Items(thoughts...)
		request := []byte(talk(items...))
		if _, err := translate.Parse(request, wiretest.Ring); err != nil {
			continue // there is nothing to answer
		}
		p.check(t, p.body(t, string(request)))
		if t.Failed() {
			t.Fatalf("seed %d, %s:\n%s", seed, p.Target.Model, strings.Join(items, "\n"))
		}
	}
}

// Whatever a client sends, the server takes what comes of it.
func FuzzRequests(f *testing.F) {
	providers := everybody(f)
	for name, body := range wiretest.Requests(f) {
		if len(body) < 6000 {
			f.Add(body, uint8(len(name)))
		}
	}
	for i, body := range []string{
		talk(user, thought("plain", "thinking", "t"), calledA, calledB, outB, late, outA, answer),
		talk(calledA, calledA, outA, `{"type":"custom_tool_call","call_id":"","name":"c","input":"a"}`, `{"type":"x","text":"a"}`),
		talk(`{"role":"user","content":[` + picture + `]}`),
		ask(`"text":{"format":{"type":"json_schema","schema":{"anyOf":[{"type":"object"}]}}}`, oneTool, `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}`),
	} {
		f.Add([]byte(body), uint8(i))
	}
	f.Fuzz(func(t *testing.T, body []byte, which uint8) {
		for _, theirs := range []string{"base64", "parameters", "schema", "max_output_tokens", "temperature", "top_p"} {
			if bytes.Contains(body, []byte(theirs)) && len(body) < 6000 {
				return // what stands there is the client's to answer for
			}
		}
		req, err := translate.Parse(bytes.Clone(body), wiretest.Ring)
		if err != nil {
			return
		}
		p := providers[int(which)%len(providers)]
		p.check(t, ollama.Encode(nil, req, &p.Target, &p.Dialect))
	})
}
