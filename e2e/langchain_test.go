package e2e

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

var langChainScenes = []scene{
	{
		name: "invokes", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities,
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			checkTwoCities(t, got, asked)
			shows(t, got, "usage.input_tokens 100", "usage.output_tokens 10")
		},
	},
	{name: "streams", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities, check: checkTwoCities},
	{name: "replays", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities, check: checkTwoCities},
	{name: "replays-streaming", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities, check: checkTwoCities},
	{name: "continues", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities, check: checkTwoCities},
	{name: "continues-streaming", requests: 4, settings: givesReasoningBack, replies: aboutTwoCities, check: checkTwoCities},
	{
		name: "structures", requests: 2,
		replies: []upstreamtest.Reply{
			says(`{"color":"orange","red":255}`), calls(upstreamtest.ToolCall(0, "call_1", "color", `{"color":"orange","red":255}`)),
		},
		check: func(t *testing.T, got gjson.Result, asked []chatRequest) {
			shows(t, got, "byFormat.color orange", "byFormat.red 255", "byCall.color orange", "byCall.red 255")
			if format := asked[0].ResponseFormat; format.Type != "json_schema" || format.JSONSchema.Name != "color" {
				t.Errorf("response_format: got %+v", format)
			}
			asked[1].offers(t, "color")
		},
	},
	{
		name: "refuses", replies: []upstreamtest.Reply{says("Not asked.")},
		check: func(t *testing.T, got gjson.Result, _ []chatRequest) {
			shows(t, got, "unknown.name NotFoundError", "unknown.code model_not_found", "gone.name BadRequestError",
				"gone.code previous_response_not_found", "streamed.name BadRequestError", "streamed.status 400")
		},
	},
}

func TestLangChain(t *testing.T) {
	play(t, "langchain.mjs", "@langchain/openai", langChainScenes)
}
