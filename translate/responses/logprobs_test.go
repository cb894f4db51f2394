package responses_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	up "github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestTheLikelihoodOfTokens(t *testing.T) {
	const (
		likely = `{"model":"m","input":"hi","stream":true,"store":false,"top_logprobs":1,"include":["message.output_text.logprobs"]}`
		token  = `{"token":"Hi","logprob":-0.5,"bytes":[72,105],"top_logprobs":[]}`
	)
	whole := strings.ReplaceAll(bodyOf(up.ResponsesNumbered(up.ResponsesEvents(up.ResponsesMessage("msg_0", "Hi"))...)...), `"logprobs":[]`, `"logprobs":[`+token+`]`)
	whole = strings.Replace(whole, `"text":"","annotations":[],"logprobs":[`+token+`]`, `"text":"","annotations":[],"logprobs":[]`, 1)
	const last = `{"type":"response.completed"`
	_, terminal, _ := strings.Cut(whole, last)
	terminal = last + terminal
	deltas, _, _ := strings.Cut(whole, "event: response.output_text.done")
	bodies := map[string]string{
		"in all events":          whole,
		"in the deltas alone":    deltas + "event: response.completed\ndata: " + terminal,
		"in the document":        terminal,
		"where nothing is added": strings.ReplaceAll(whole, "response.output_text.delta", "response.x_future.delta"),
	}
	for _, p := range []*provider{with(t), openAI(t)} {
		for name, body := range bodies {
			if p.native() && name != "in all events" && name != "in the document" {
				continue // whose service has to send all events, or none
			}
			t.Run(p.Target.Provider+"/"+name, func(t *testing.T) {
				if name == "in the document" {
					body = "data: " + body
				}
				o := p.read(t, likely, strings.NewReader(body))
				if got := streamcheck.Items(o.Events)[0].Get("content.0.logprobs").Raw; got != "["+token+"]" {
					t.Errorf("the message has %s", got)
				}
				var told []string
				for _, event := range o.Events {
					if event.Type == "response.output_text.delta" || event.Type == "response.output_text.done" {
						told = append(told, event.Get("logprobs").Raw)
					}
				}
				if want := "[" + token + "] [" + token + "]"; strings.Join(told, " ") != want {
					t.Errorf("the events have %s", told)
				}
			})
		}
	}
}
