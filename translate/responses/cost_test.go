package responses_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/responses"
)

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Event(string, []byte) {}

// A reply has thousands of events, and most say a word.
func TestAnEventCostsHardlyAnyMemory(t *testing.T) {
	const place = `"item_id":"msg_00000000000000000000000000000001","output_index":0,"content_index":0`
	text := func(word string) string {
		return upstreamtest.ResponsesEvent(9, "response.output_text.delta", place+`,"delta":`+quote(word)+`,"logprobs":[],"obfuscation":"x7"`)
	}
	added := upstreamtest.ResponsesEvent(8, "response.output_item.added", `"output_index":0,"item":{"id":"fc_1","type":"function_call","status":"in_progress","call_id":"call_1","name":"f","arguments":""}`)
	arguments := upstreamtest.ResponsesEvent(9, "response.function_call_arguments.delta", `"item_id":"fc_1","output_index":0,"delta":"{word"`)
	tests := map[string]struct {
		p            *provider
		first, event string
		most         float64
	}{
		"text that passes":         {openAI(t), text("a"), text(" word"), 0},
		"text with an escape":      {openAI(t), text("a"), text("\n"), 1},
		"arguments that pass":      {openAI(t), added, arguments, 0},
		"text that is translated":  {with(t), text("a"), text(" word"), 1},
		"arguments, translated":    {with(t), added, arguments, 1},
		"a progress, translated":   {with(t), added, upstreamtest.ResponsesEvent(9, "response.in_progress", `"response":{}`), 1},
		"a reasoning, translated":  {with(t), text("a"), upstreamtest.ResponsesEvent(9, "response.reasoning_text.delta", `"item_id":"rs_1","output_index":0,"delta":"a"`), 1},
		"an event of nothing":      {with(t), text("a"), upstreamtest.ResponsesEvent(9, "response.content_part.added", place+`,"part":{}`), 1},
		"an event of nothing more": {openAI(t), text("a"), `{}`, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stream := translate.NewStream(parse(t, asking), wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
			dec := responses.NewDecoder(&test.p.Target, &test.p.Dialect, stream)
			if err := dec.Frame([]byte(test.first), stream); err != nil {
				t.Fatal(err)
			}
			event := []byte(test.event)
			allocations := testing.AllocsPerRun(2000, func() {
				if err := dec.Frame(event, stream); err != nil {
					t.Fatal(err)
				}
			})
			if allocations > test.most {
				t.Errorf("an event takes %v allocations", allocations)
			}
		})
	}
}

// bigRequest is one of some 70 KB: a thread of many calls.
func bigRequest(t testing.TB) []byte {
	t.Helper()
	body := string(wiretest.Request(t, "mcp-02"))
	const turn = `{"type":"function_call","id":"fc_0000000000000000","call_id":"call_N","name":"exec_command","arguments":"{\"cmd\":\"ls\"}","status":"completed"},` +
		`{"type":"function_call_output","id":"fco_0000000000000000","call_id":"call_N","output":"TEXT"},`
	var history strings.Builder
	for i := range 60 {
		one := strings.ReplaceAll(turn, "_N", strings.Repeat("x", i%7)+string(rune('a'+i%26))+strings.Repeat("y", i/7))
		history.WriteString(strings.Replace(one, "TEXT", strings.Repeat(`a line of output\n`, 50), 1))
	}
	at := strings.Index(body, `"input":[`) + len(`"input":[`)
	return []byte(body[:at] + history.String() + body[at:])
}

func benchmarkRequest(b *testing.B, p *provider) {
	b.Helper()
	body := bigRequest(b)
	req := wiretest.Parse(b, body)
	dst := make([]byte, 0, len(body)*2)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		responses.Encode(dst, req, &p.Target, &p.Dialect)
	}
}

func BenchmarkRequestPassed(b *testing.B)     { benchmarkRequest(b, openAI(b)) }
func BenchmarkRequestTranslated(b *testing.B) { benchmarkRequest(b, with(b)) }

func BenchmarkRequestParsed(b *testing.B) {
	body := bigRequest(b)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		wiretest.Parse(b, body)
	}
}

func benchmarkReply(b *testing.B, p *provider) {
	b.Helper()
	words := make([]string, 2000)
	for i := range words {
		words[i] = "word "
	}
	events := upstreamtest.ResponsesNumbered(upstreamtest.ResponsesEvents(upstreamtest.ResponsesMessage("msg_00000000000000000000000000000001", words...))...)
	frames := make([][]byte, len(events))
	for i, event := range events {
		frames[i] = []byte(event)
	}
	req := parse(b, asking)
	b.ReportAllocs()
	for b.Loop() {
		stream := translate.NewStream(req, wiretest.Ring, nowhere{}, wiretest.Counted(), wiretest.Clock)
		dec := responses.NewDecoder(&p.Target, &p.Dialect, stream)
		for _, frame := range frames {
			_ = dec.Frame(frame, stream)
		}
		_ = dec.End(nil, stream)
	}
}

func BenchmarkReplyPassed(b *testing.B)     { benchmarkReply(b, openAI(b)) }
func BenchmarkReplyTranslated(b *testing.B) { benchmarkReply(b, with(b)) }
