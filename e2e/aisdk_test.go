package e2e

import (
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// aboutTwoCities are the replies of a turn about the weather of Ulm, with a thought, and of one about that of Bonn.
var aboutTwoCities = []upstreamtest.Reply{
	calls(upstreamtest.Reasoning("I look."), upstreamtest.Text("One moment."), upstreamtest.ToolCall(0, "call_1", "get_weather", `{"city":"Ulm"}`)),
	says("It is."), asksForWeather("call_2", "Bonn"), says("There, too."),
}

// checkTwoCities checks that a provider was asked for the second answer with all that was said before.
func checkTwoCities(t *testing.T, got gjson.Result, asked []chatRequest) {
	t.Helper()
	checkTurns(t, got, asked, inBonn)
}

func checkTurns(t *testing.T, got gjson.Result, asked []chatRequest, second []string) {
	t.Helper()
	equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "There, too."})
	first := slices.Clone(inUlm)
	first[1] = `assistant thinks <I look.> One moment. calls call_1 get_weather {"city":"Ulm"}`
	equal(t, "messages", told(t, asked[3], "Be brief."), slices.Concat(first, second))
}

const givesReasoningBack = "set reasoning_out reasoning_content"

var aiSDKScenes = []scene{
	{
		name: "generates", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities,
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			checkTwoCities(t, got, asked)
			shows(t, got, "steps [2,2]", "tokens 220", "references 8")
		},
	},
	{
		name: "replays", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities,
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			checkTwoCities(t, got, asked)
			shows(t, got, "references 0")
		},
	},
	{
		name: "streams", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities,
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			checkTwoCities(t, got, asked)
			shows(t, got, "finish stop", "errors []")
			for _, kind := range []string{"text-delta", "reasoning-start", "tool-input-delta", "tool-call", "tool-result", "finish"} {
				if !slices.Contains(texts(got.Get("types")), kind) {
					t.Errorf("no %s is among %s", kind, got.Get("types"))
				}
			}
		},
	},
	{
		name: "structures", requests: 2, replies: []upstreamtest.Reply{says(`{"color":"orange","red":255}`)},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			for _, object := range []string{"whole", "partial", "streamed"} {
				shows(t, got, object+`.color orange`, object+".red 255")
			}
			if format := asked[0].ResponseFormat; format.Type != "json_schema" {
				t.Errorf("response_format: got %+v", format)
			}
		},
	},
	{
		name: "continues", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities,
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			// The client's instructions are a message of each turn.
			checkTurns(t, got, asked, slices.Insert(slices.Clone(inBonn), 1, "user <developer>\nBe brief.\n</developer>"))
		},
	},
	{
		name: "converses", requests: 2, replies: []upstreamtest.Reply{says("It is."), says("There, too.")},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			equal(t, "answers", texts(got.Get("texts")), []string{"It is.", "There, too."})
			equal(t, "messages", told(t, asked[1], "Be brief."), []string{
				"user Is it raining in Ulm?", "assistant It is.", "user <developer>\nBe brief.\n</developer>", "user And in Bonn?",
			})
		},
	},
	{
		name: "refuses", replies: []upstreamtest.Reply{says("Not asked.")},
		check: func(t *testing.T, got gjson.Result, _ []chatRequest) {
			shows(t, got, "unknown.status 404", "gone.status 400", "streamed.status 400", "streamed.code previous_response_not_found",
				"streamed.name APICallError", "streamed.retryable false")
			mentions(t, got.Get("gone.message").Str, "Previous response with id 'resp_unknown' not found.")
		},
	},
}

func TestAISDK(t *testing.T) {
	play(t, "ai.mjs", "ai", aiSDKScenes)
}
