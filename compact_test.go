package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

const (
	conversation = `{"role":"user","content":"Say hello."},{"role":"assistant","content":"Hello."}`
	toCompact    = `{"model":"m","stream":true,"input":[` + conversation + `,{"type":"compaction_trigger"}]}`
)

// openAI is the block of a provider that takes requests as they are.
func openAI(u *upstreamtest.Upstream) string {
	return fmt.Sprintf("provider openai {\nbase_url %s/v1\nheader_up Authorization x\nread_models off\n}", u.URL)
}

func TestATriggerIsAnsweredByOneCompaction(t *testing.T) {
	upstream := upstreamtest.New(t, hello(), hello()).Strict(upstreamtest.Allow("parallel_tool_calls"))
	gw := start(t, mock(upstream), "compaction_prompt `Sum it up.`")
	events := gw.PostStream("/v1/responses", toCompact).Require()
	output := streamcheck.Final(events).Get("output")
	if got := output.Get("#.type").Raw; got != `["compaction"]` {
		t.Fatalf("the output is %s", output)
	}
	messages := gjson.GetBytes(upstream.Request(0).Body, "messages.#.content").Raw
	if messages != `["Say hello.","Hello.","Sum it up."]` {
		t.Errorf("the provider got %s", messages)
	}

	requireText(t, gw.Post("/v1/responses", `{"model":"m","input":[`+strings.Trim(output.Raw, "[]")+`,{"role":"user","content":"Go on."}]}`), "Hello.")
	messages = gjson.GetBytes(upstream.Request(1).Body, "messages.#.content").Raw
	if messages != `["[Summary of the conversation before this point]\n\nHello.","Go on."]` {
		t.Errorf("after it the provider got %s", messages)
	}
}

func TestCompactEndpoint(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream))
	got := gw.Post("/v1/responses/compact", `{"model":"m","input":[`+conversation+`]}`)
	if got.Status != http.StatusOK || got.Get("object").String() != "response.compaction" || !strings.HasPrefix(got.Get("id").String(), "resp_") ||
		got.Get("created_at").Int() == 0 || got.Get("usage.total_tokens").Int() == 0 {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	if output := got.Get("output"); output.Get("#.type").Raw != `["compaction"]` || output.Get("0.encrypted_content").String() == "" || !strings.HasPrefix(output.Get("0.id").String(), "cmp_") {
		t.Errorf("the output is %s", output)
	}
	if prompt := gjson.GetBytes(upstream.Request(0).Body, "messages.2.content").String(); !strings.Contains(prompt, "summary") {
		t.Errorf("the prompt is %q", prompt)
	}
	if record := recorded(gw, 0); record.Get("endpoint").String() != "compact" || record.Get("finish").String() != "completed" {
		t.Errorf("the record says %s", record.Raw)
	}
}

func TestASummaryThatBreaksOffIsMadeByTheNextTarget(t *testing.T) {
	broken := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Text("Hal")).Cut())
	next := upstreamtest.New(t, hello())
	gw := start(t, provider("one", broken.URL+"/v1"), provider("two", next.URL+"/v1"), "route m one two")
	events := gw.PostStream("/v1/responses", toCompact).Require()
	if output := streamcheck.Final(events).Get("output"); output.Get("#.type").Raw != `["compaction"]` {
		t.Fatalf("the output is %s", output)
	}
	if n := len(next.Requests()); n != 1 {
		t.Errorf("the next target got %d requests", n)
	}
}

func TestASummaryThatIsNotThereFails(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Stream(upstreamtest.Reasoning("Hm."), upstreamtest.ToolCall(0, "c", "f", "{}"), upstreamtest.Finish("tool_calls")))
	gw := start(t, mock(upstream))
	if got := gw.Post("/v1/responses/compact", `{"model":"m","input":[`+conversation+`]}`); got.Status != http.StatusBadGateway {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

// OpenAI compacts by itself. What it has sealed goes back to it as it was, and a summary of ours as text.
func TestOpenAICompactsByItself(t *testing.T) {
	const item = `{"id":"cmp_0123456789abcdef0","type":"compaction","encrypted_content":"gAAAAA"}`
	compacted := upstreamtest.ResponsesStream(upstreamtest.ResponsesRawItem(strings.Trim(item, "{}"), strings.Trim(item, "{}")))
	chat := upstreamtest.New(t, hello())
	upstream := upstreamtest.New(t, compacted, compacted, answers["responses"])
	gw := start(t, openAI(upstream), mock(chat))

	asked := strings.Replace(toCompact, `"m"`, `"openai/gpt-6-sol"`, 1)
	output := streamcheck.Final(gw.PostStream("/v1/responses", asked).Require()).Get("output")
	if output.Get("#.type").Raw != `["compaction"]` || output.Get("0.encrypted_content").String() == "gAAAAA" {
		t.Fatalf("the output is %s", output)
	}
	if input := gjson.GetBytes(upstream.Request(0).Body, "input.@reverse.0").Raw; input != `{"type":"compaction_trigger"}` {
		t.Errorf("OpenAI got %s", upstream.Request(0).Body)
	}
	got := gw.Post("/v1/responses/compact", `{"model":"openai/gpt-6-sol","input":[`+conversation+`]}`)
	if input := gjson.GetBytes(upstream.Request(1).Body, "input.@reverse.0").Raw; input != `{"type":"compaction_trigger"}` || got.Get("output.0.type").String() != "compaction" {
		t.Errorf("OpenAI got %s, the client %s", upstream.Request(1).Body, got.Body)
	}

	ours := gw.Post("/v1/responses/compact", `{"model":"mock/m","input":[`+conversation+`]}`).Get("output.0").Raw
	next := fmt.Sprintf(`{"model":"openai/gpt-6-sol","input":[%s,%s,{"role":"user","content":"Go on."}]}`, strings.Trim(output.Raw, "[]"), ours)
	requireText(t, gw.Post("/v1/responses", next), "Hello.")
	input := gjson.GetBytes(upstream.Request(2).Body, "input")
	if input.Get("0").Raw != item || input.Get("1.content.0.text").String() != "[Summary of the conversation before this point]\n\nHello." || input.Get("#").Int() != 3 {
		t.Errorf("OpenAI got %s", input.Raw)
	}
}

func TestATriggerMayComeToAnInputOfAnyForm(t *testing.T) {
	for input, want := range map[string]string{
		`"hi"`:                              `[{"type":"message","role":"user","content":"hi"},{"type":"compaction_trigger"}]`,
		`[ ]`:                               `[ {"type":"compaction_trigger"}]`,
		`[{"role":"user","content":"hi"} ]`: `[{"role":"user","content":"hi"} ,{"type":"compaction_trigger"}]`,
	} {
		upstream := upstreamtest.New(t, answers["responses"])
		gw := start(t, openAI(upstream))
		gw.Post("/v1/responses/compact", `{"model":"gpt-6-sol","input":`+input+`}`)
		if got := gjson.GetBytes(upstream.Request(0).Body, "input").Raw; got != want {
			t.Errorf("%s became %s", input, got)
		}
	}
}
