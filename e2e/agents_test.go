package e2e

import (
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// inUlm is a turn of the scripts about the weather of Ulm, as providers get it: the question, the call, what the tool says.
var inUlm = []string{"user Is it raining in Ulm?", `assistant calls call_1 get_weather {"city":"Ulm"}`, "tool call_1 Rain in Ulm."}

// inBonn is the turn after it.
var inBonn = []string{"assistant It is.", "user And in Bonn?", `assistant calls call_2 get_weather {"city":"Bonn"}`, "tool call_2 Rain in Bonn."}

// told is a request with instructions: what was said, without the system message, which is checked.
func told(t *testing.T, request chatRequest, instructions string) []string {
	t.Helper()
	lines := request.lines()
	if len(lines) == 0 || lines[0] != "system "+instructions {
		t.Fatalf("the messages do not begin with %q: %q", instructions, lines)
	}
	return lines[1:]
}

var agentsScenes = []scene{
	{
		name: "runs", requests: 2, replies: []upstreamtest.Reply{asksForWeather("call_1", "Ulm"), says("It is.")},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "text It is.", "inputTokens 200", "requests 2")
			equal(t, "items", texts(got.Get("items")), []string{"tool_call_item", "tool_call_output_item", "message_output_item"})
			equal(t, "messages", told(t, asked[1], "Be brief."), inUlm)
		},
	},
	{
		name: "streams", requests: 2,
		replies: []upstreamtest.Reply{
			asksForWeather("call_1", "Ulm"),
			upstreamtest.Stream(upstreamtest.Text("It "), upstreamtest.Text("is."), upstreamtest.Finish("stop"), upstreamtest.Usage(100, 10, 0)),
		},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "text It is.")
			equal(t, "deltas", texts(got.Get("deltas")), []string{"It ", "is."})
			equal(t, "items", texts(got.Get("items")), []string{"tool_called", "tool_output", "message_output_created"})
			equal(t, "messages", told(t, asked[1], "Be brief."), inUlm)
		},
	},
	{
		name: "hands-off", requests: 2,
		replies: []upstreamtest.Reply{
			calls(upstreamtest.ToolCall(0, "call_1", "transfer_to_Tailor", "{}")),
			says(`{"clothes":["coat","boots"]}`),
		},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "agent Tailor", `output.clothes ["coat","boots"]`)
			asked[0].offers(t, "transfer_to_Tailor")
			if format := asked[1].ResponseFormat; format.Type != "json_schema" || len(asked[1].Tools) != 0 {
				t.Errorf("the second request has the format %+v and the tools %q", format, asked[1].toolNames())
			}
			equal(t, "messages", told(t, asked[1], "Answer with clothes."), []string{
				"user It rains. What do I wear?", "assistant calls call_1 transfer_to_Tailor {}", `tool call_1 {"assistant":"Tailor"}`,
			})
		},
	},
	{
		name: "continues", requests: 5,
		replies: []upstreamtest.Reply{
			asksForWeather("call_1", "Ulm"), says("It is."), asksForWeather("call_2", "Bonn"), says("There, too."), says("You are welcome."),
		},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "There, too.", "You are welcome."})
			equal(t, "messages", told(t, asked[4], "Be brief."), slices.Concat(inUlm, inBonn, []string{"assistant There, too.", "user Thanks."}))
			shows(t, got, "gone.name BadRequestError", "gone.status 400", "gone.code previous_response_not_found")
		},
	},
	{
		name: "replays", requests: 4, settings: "set reasoning_out reasoning_content",
		replies: []upstreamtest.Reply{
			calls(upstreamtest.Reasoning("I look."), upstreamtest.ToolCall(0, "call_1", "get_weather", `{"city":"Ulm"}`)), says("It is."),
			asksForWeather("call_2", "Bonn"), says("There, too."),
		},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "There, too."})
			want := slices.Concat(inUlm, inBonn)
			want[1] = `assistant thinks <I look.> calls call_1 get_weather {"city":"Ulm"}`
			equal(t, "messages", told(t, asked[3], "Be brief."), want)
		},
	},
	{
		name: "converses", requests: 3, replies: []upstreamtest.Reply{asksForWeather("call_1", "Ulm"), says("It is."), says("You are welcome.")},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "You are welcome."})
			equal(t, "messages", told(t, asked[2], "Be brief."), append(slices.Clone(inUlm), "assistant It is.", "user Thanks."))
			equal(t, "items", texts(got.Get("items")), []string{"message", "function_call", "function_call_output", "message", "message", "message"})
		},
	},
	{
		name: "remembers", requests: 3, replies: []upstreamtest.Reply{asksForWeather("call_1", "Ulm"), says("It is."), says("You are welcome.")},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "You are welcome."})
			equal(t, "messages", told(t, asked[2], "Be brief."), append(slices.Clone(inUlm), "assistant It is.", "user Thanks."))
			equal(t, "items", texts(got.Get("items")), []string{"message", "function_call", "function_call_result", "message", "message", "message"})
			shows(t, got, "popped true", "left 5")
		},
	},
	{
		name: "talks", requests: 4,
		replies: []upstreamtest.Reply{asksForWeather("call_1", "Ulm"), says("It is."), asksForWeather("call_2", "Bonn"), says("There, too.")},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "There, too."})
			equal(t, "messages", told(t, asked[3], "Be brief."), slices.Concat(inUlm, inBonn))
		},
	},
	{
		name: "gpt-compacts", requests: 4, replies: []upstreamtest.Reply{
			asksForWeather("call_1", "Ulm"), says("It is."), says("The user asked whether it rains in Ulm; it does."), says("In Ulm."),
		},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "In Ulm."})
			equal(t, "items", texts(got.Get("items")), []string{"compaction"})
			mentions(t, told(t, asked[3], "Be brief.")[0], "it rains in Ulm")
		},
	},
}

func TestAgentsSDK(t *testing.T) {
	play(t, "agents.mjs", "@openai/agents", agentsScenes)
}
