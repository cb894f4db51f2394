package ollama_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

func TestTheLikelihoodOfTokens(t *testing.T) {
	const likely = `{"model":"m","input":"hi","stream":true,"include":["message.output_text.logprobs"],"top_logprobs":2}`
	p := with(t)
	body := p.body(t, likely)
	p.check(t, body)
	if sent(body, "logprobs") != "true" || sent(body, "top_logprobs") != "2" {
		t.Errorf("asked is %s", body)
	}
	if body := with(t, "logprobs", "omit").body(t, likely); sent(body, "logprobs") != absent || sent(body, "top_logprobs") != absent {
		t.Errorf("asked is %s", body)
	}
	line := func(message, token string) string {
		return `{"model":"m","message":{` + message + `},"done":false,"logprobs":[{"token":"` + token + `","logprob":-0.5,"bytes":[97],"top_logprobs":[{"token":"b","logprob":-2}]}]}`
	}
	lines := []string{line(`"thinking":"t"`, "t"), line(`"content":"a"`, "a"), line(`"content":"b"`, "b"), done("stop")}
	o := p.read(t, likely, strings.NewReader(strings.Join(lines, "\n")+"\n"))
	items := streamcheck.Items(o.Events)
	const want = `[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[{"token":"b","logprob":-2,"bytes":[98]}]},` +
		`{"token":"b","logprob":-0.5,"bytes":[97],"top_logprobs":[{"token":"b","logprob":-2,"bytes":[98]}]}]`
	if got := items[len(items)-1].Get("content.0.logprobs").Raw; got != want {
		t.Errorf("told is %s", got)
	}
}
