package e2e

import (
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// asksForWeather is a reply that calls the tool of the scripts.
func asksForWeather(id, city string) upstreamtest.Reply {
	return calls(upstreamtest.ToolCall(0, id, "get_weather", `{"city":"`+city+`"}`))
}

var openAINodeScenes = []scene{
	{
		name: "creates", requests: 2,
		replies: []upstreamtest.Reply{says("Hello."), upstreamtest.Stream(
			upstreamtest.Text("Hel"), upstreamtest.Text("lo again."), upstreamtest.Finish("stop"), upstreamtest.Usage(100, 10, 0))},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "response.output_text Hello.", "response.status completed", "response.instructions Be brief.", "response.temperature 0.5",
				"response.metadata.topic greeting", "response.store true", "response.user alice", "response.previous_response_id ",
				"again.output_text Hello again.", "again.usage.total_tokens 110")
			equal(t, "deltas", texts(got.Get("deltas")), []string{"Hel", "lo again."})
			equal(t, "messages", asked[0].lines(), []string{"system Be brief.", "user Say hello."})
		},
	},
	{
		name: "parses", requests: 2, replies: []upstreamtest.Reply{says(`{"color":"orange","red":255}`)},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "whole.color orange", "whole.red 255", "streamed.color orange", "streamed.red 255")
			for _, request := range asked {
				if f := request.ResponseFormat; f.Type != "json_schema" || f.JSONSchema.Name != "color" || !f.JSONSchema.Strict {
					t.Errorf("response_format: got %+v", f)
				}
			}
		},
	},
	{
		name: "loops", requests: 2, settings: "set reasoning_out reasoning_content",
		replies: []upstreamtest.Reply{
			calls(upstreamtest.Reasoning("I look."), upstreamtest.Text("One moment."), upstreamtest.ToolCall(0, "call_1", "get_weather", `{"city":`),
				upstreamtest.ToolArgs(0, `"Ulm"}`), upstreamtest.ToolCall(1, "call_2", "get_weather", `{"city":"Bonn"}`)),
			says("It is."),
		},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "text It is.")
			equal(t, "messages", asked[1].lines(), []string{
				"user Is it raining?", `assistant thinks <I look.> One moment. calls call_1 get_weather {"city":"Ulm"} calls call_2 get_weather {"city":"Bonn"}`,
				"tool call_1 Rain in Ulm.", "tool call_2 Rain in Bonn.",
			})
		},
	},
	{
		name: "chains", requests: 4, settings: "set reasoning_out reasoning_content",
		replies: []upstreamtest.Reply{
			calls(upstreamtest.Reasoning("I look."), upstreamtest.ToolCall(0, "call_1", "get_weather", `{"city":"Ulm"}`)),
			asksForWeather("call_2", "Bonn"), says("In both."), says("You are welcome."),
		},
		check: checkChain,
	},
	{name: "refuses", requests: 2, replies: []upstreamtest.Reply{says("Hello.")}, check: checkRefusals},
	{
		name: "refers", requests: 2, replies: []upstreamtest.Reply{asksForWeather("call_1", "Ulm"), says("It is.")},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "text It is.")
			equal(t, "messages", asked[1].lines(), []string{
				"user Is it raining?", `assistant calls call_1 get_weather {"city":"Ulm"}`, "tool call_1 Rain in Ulm.",
			})
			equal(t, "items", texts(got.Get("items")), []string{
				"user: Is it raining?", `call call_1: get_weather {"city":"Ulm"}`, "output call_1: Rain in Ulm.",
			})
		},
	},
	{
		name: "polls", requests: 1, replies: []upstreamtest.Reply{says("Done.")},
		steer: upstreamtest.Reply.HoldHeader, polls: 2,
		check: func(t *testing.T, got gjson.Result, _ []chatRequest) {
			shows(t, got, "text Done.", "background true", "begun queued")
			if statuses := texts(got.Get("statuses")); len(statuses) < 2 || statuses[len(statuses)-1] != "completed" {
				t.Errorf("statuses: got %q", statuses)
			}
		},
	},
	{
		name: "resumes", requests: 1, replies: []upstreamtest.Reply{upstreamtest.Stream(
			upstreamtest.Text("One, "), upstreamtest.Text("two, "), upstreamtest.Text("three."), upstreamtest.Finish("stop"), upstreamtest.Usage(100, 10, 0))},
		steer: upstreamtest.Reply.Hold, polls: 1,
		check: func(t *testing.T, got gjson.Result, _ []chatRequest) {
			shows(t, got, "numbers true", "text One, two, three.", "replay One, two, three.", "retrieved One, two, three.", "types.0 response.created")
			types := texts(got.Get("types"))
			if last := types[len(types)-1]; last != "response.completed" || len(slices.Compact(slices.Clone(types))) < 8 {
				t.Errorf("events: got %q", types)
			}
		},
	},
	{
		name: "cancels", requests: 1, replies: []upstreamtest.Reply{upstreamtest.Stream(upstreamtest.Text("On and on")).Hang()},
		check: func(t *testing.T, got gjson.Result, _ []chatRequest) {
			shows(t, got, "cancelled cancelled", "again cancelled", "retrieved cancelled", "last response.output_text.delta")
		},
	},
	{
		name: "converses", requests: 3, replies: []upstreamtest.Reply{asksForWeather("call_1", "Ulm"), says("It is."), says("Bye.")}, check: checkConversing,
	},
	{
		name: "talks", requests: 3, replies: []upstreamtest.Reply{asksForWeather("call_1", "Ulm"), says("It is."), says("Hello.")},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "Hello."})
			equal(t, "messages", asked[1].lines(), []string{
				"user Is it raining?", `assistant calls call_1 get_weather {"city":"Ulm"}`, "tool call_1 Rain in Ulm.",
			})
			shows(t, got, "forgotten.name NotFoundError", "unknown.stream_id a", "unknown.error.code previous_response_not_found")
		},
	},
	{
		name: "compacts", requests: 3, replies: []upstreamtest.Reply{says("Hello, Ann."), says("The user's name is Ann."), says("Ann.")},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "object response.compaction", "types.0 compaction", "text Ann.")
			if tokens := got.Get("tokens").Int(); tokens < 10 {
				t.Errorf("%d tokens were counted", tokens)
			}
			mentions(t, asked[2].lines()[0], "The user's name is Ann.")
		},
	},
}

func checkChain(t *testing.T, got gjson.Result, asked []chatRequest) {
	shows(t, got, "text In both.", "last You are welcome.", "retrieved true", "previous true", "more true", "reversed true", "same true",
		"gone.name NotFoundError", "gone.status 404", "broken.name BadRequestError", "broken.status 400",
		"broken.code previous_response_not_found", "broken.param previous_response_id")
	said := []string{
		"system Be brief.", "user Is it raining?", `assistant thinks <I look.> calls call_1 get_weather {"city":"Ulm"}`, "tool call_1 Rain in Ulm.",
		`assistant calls call_2 get_weather {"city":"Bonn"}`, "tool call_2 Rain in Bonn.", "assistant In both.", "user Thanks.",
	}
	equal(t, "messages of the first request", asked[0].lines(), said[:2])
	equal(t, "messages of the second request", asked[1].lines(), said[1:4])
	equal(t, "messages of the last request", asked[3].lines(), said[1:])
	equal(t, "items", texts(got.Get("items")), []string{
		"user: Is it raining?", "thinks: I look.", `call call_1: get_weather {"city":"Ulm"}`, "output call_1: Rain in Ulm.",
		`call call_2: get_weather {"city":"Bonn"}`, "output call_2: Rain in Bonn.", "assistant: In both.", "user: Thanks.",
	})
	equal(t, "newest items", texts(got.Get("newestFirst")), []string{"user: Thanks.", "assistant: In both."})
	for i, request := range asked {
		request.offers(t, "get_weather")
		if i > 0 && len(request.Tools) != 1 {
			t.Errorf("request %d has %d tools", i, len(request.Tools))
		}
	}
}

func checkConversing(t *testing.T, got gjson.Result, asked []chatRequest) {
	shows(t, got, "topics [\"weather\",\"rain\",\"rain\"]", "conversation true", "text It is.", "third Bye.", "deleted true", "without true",
		"newest user: thanks.", "one user: thanks.", "gone.name NotFoundError", "goneItem.name NotFoundError", "broken.name NotFoundError")
	equal(t, "added items", texts(got.Get("added")), []string{"user: By the way,", "user: thanks."})
	equal(t, "items", texts(got.Get("items")), []string{
		"developer: Be brief.", "user: Is it raining?", `call call_1: get_weather {"city":"Ulm"}`, "output call_1: Rain in Ulm.", "assistant: It is.",
		"user: By the way,", "user: thanks.",
	})
	equal(t, "messages", asked[2].lines(), []string{
		"system Be brief.", "user Is it raining?", `assistant calls call_1 get_weather {"city":"Ulm"}`, "tool call_1 Rain in Ulm.", "assistant It is.",
		"user By the way,", "user Bye.",
	})
}

func checkRefusals(t *testing.T, got gjson.Result, _ []chatRequest) {
	equal(t, "store", texts(got.Get("store")), []string{"true", "false"})
	for name, want := range map[string][]string{
		"unknown":   {"NotFoundError", "404", "not_found", ""},
		"forgotten": {"NotFoundError", "404", "not_found", ""},
		"previous":  {"BadRequestError", "400", "previous_response_not_found", "previous_response_id"},
		"streamed":  {"BadRequestError", "400", "previous_response_not_found", "previous_response_id"},
		"orphan":    {"BadRequestError", "400", "invalid_prompt", "input"},
		"reference": {"NotFoundError", "404", "not_found", "input"},
		"both":      {"BadRequestError", "400", "invalid_prompt", "previous_response_id"},
		"cancel":    {"BadRequestError", "400", "invalid_prompt", ""},
		"replay":    {"BadRequestError", "400", "invalid_prompt", "stream"},
		"model":     {"NotFoundError", "404", "model_not_found", ""},
		"page":      {"BadRequestError", "400", "invalid_prompt", "limit"},
	} {
		e := got.Get(name)
		equal(t, name, []string{e.Get("name").Str, e.Get("status").Raw, e.Get("code").Str, e.Get("param").Str}, want)
	}
	mentions(t, got.Get("unknown.message").Str, "Response with id 'resp_unknown' not found.")
	mentions(t, got.Get("orphan.message").Str, "No tool call found for function call output with call_id call_9.")
}

func TestOpenAINode(t *testing.T) {
	play(t, "openai.mjs", "openai", openAINodeScenes)
}
