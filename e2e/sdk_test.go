package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// sdkResult is what sdk/stream.mjs prints.
type sdkResult struct {
	Events   []string `json:"events"`
	Response struct {
		Status     string `json:"status"`
		Model      string `json:"model"`
		OutputText string `json:"output_text"`
		Output     []struct {
			Type      string `json:"type"`
			Name      string `json:"name"`
			CallID    string `json:"call_id"`
			Arguments string `json:"arguments"`
		} `json:"output"`
		Usage struct {
			Input       int `json:"input_tokens"`
			Output      int `json:"output_tokens"`
			Total       int `json:"total_tokens"`
			InputDetail struct {
				Cached int `json:"cached_tokens"`
			} `json:"input_tokens_details"`
		} `json:"usage"`
	} `json:"response"`
	Error struct {
		Name    string `json:"name"`
		Status  int    `json:"status"`
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// streamWithSDK has openai-node stream one response.
func streamWithSDK(t *testing.T, baseURL, request string) sdkResult {
	t.Helper()
	output := runScript(t, "stream.mjs", "openai", strings.NewReader(request), baseURL)
	t.Logf("%s", output)
	var result sdkResult
	if err := json.Unmarshal(output, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

const sdkRequest = `{"model":"mock-model","instructions":"Be brief.","input":"Say hello.","tools":[
	{"type":"function","name":"add","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"number"}},"required":["a"],"additionalProperties":false}}]}`

func TestSDKStreamsAnAnswer(t *testing.T) {
	provider := strict(upstreamtest.New(t, upstreamtest.Stream(
		upstreamtest.Reasoning("Short."), upstreamtest.Text("Hel"), upstreamtest.Text("lo."), upstreamtest.Finish("stop"),
		upstreamtest.Usage(20, 5, 8))))

	r := streamWithSDK(t, gateway(t, provider), sdkRequest)

	if got := r.Response; got.Status != "completed" || got.Model != "mock-model" || got.OutputText != "Hello." {
		t.Fatalf("got %+v, error %+v", got, r.Error)
	}
	if got := r.Response.Usage; got.Input != 20 || got.Output != 5 || got.Total != 25 || got.InputDetail.Cached != 8 {
		t.Errorf("usage: got %+v", got)
	}
	if r.Events[0] != "response.created" || r.Events[len(r.Events)-1] != "response.completed" {
		t.Errorf("events: got %q", r.Events)
	}
	for _, kind := range []string{"response.output_item.added", "response.content_part.added", "response.output_text.delta"} {
		if !slices.Contains(r.Events, kind) {
			t.Errorf("no %s is among the events %q", kind, r.Events)
		}
	}
	if got := chat(t, provider.Request(0)).Messages; len(got) != 2 || got[0].line() != "system Be brief." || got[1].line() != "user Say hello." {
		t.Errorf("messages: got %+v", got)
	}
}

func TestSDKStreamsACall(t *testing.T) {
	provider := strict(upstreamtest.New(t, calls(
		upstreamtest.Text("I add."), upstreamtest.ToolCall(0, "call_1", "add", `{"a"`), upstreamtest.ToolArgs(0, `:1}`))))

	r := streamWithSDK(t, gateway(t, provider), sdkRequest)

	if len(r.Response.Output) != 2 {
		t.Fatalf("output: got %+v, error %+v", r.Response.Output, r.Error)
	}
	if call := r.Response.Output[1]; call.Type != "function_call" || call.Name != "add" || call.CallID != "call_1" || call.Arguments != `{"a":1}` {
		t.Errorf("call: got %+v", call)
	}
}

func TestSDKGetsTheStatusOfAFault(t *testing.T) {
	for name, test := range map[string]struct {
		reply  upstreamtest.Reply
		status int
		kind   string
	}{
		"of a rate limit": {
			upstreamtest.Error(http.StatusTooManyRequests, "rate_limit_error", "rate_limit_exceeded", "Too many requests."),
			http.StatusTooManyRequests, "RateLimitError",
		},
		"of a key that is the operator's": {
			upstreamtest.Error(http.StatusUnauthorized, "authentication_error", "invalid_api_key", "Your key is bad."),
			http.StatusBadGateway, "InternalServerError",
		},
		"of a request that the provider refuses": {
			upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "", "Tools are not supported."),
			http.StatusBadRequest, "BadRequestError",
		},
	} {
		t.Run(name, func(t *testing.T) {
			provider := upstreamtest.New(t, test.reply)

			r := streamWithSDK(t, gateway(t, provider), sdkRequest)

			if r.Error.Status != test.status || r.Error.Name != test.kind {
				t.Errorf("got %+v, want status %d as %s", r.Error, test.status, test.kind)
			}
			mentions(t, r.Error.Message, "mock")
		})
	}
}
