package codexresponses_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/presets"
)

// toCount is a request with some of everything that is counted, and of what is about the answer.
const toCount = `{"model":%q,"stream":true,"store":false,"instructions":"Be brief.","max_output_tokens":4000,"temperature":0.5,"parallel_tool_calls":true,
	"prompt_cache_key":"k","include":["reasoning.encrypted_content"],"reasoning":{"effort":"high","summary":"auto"},"metadata":{"a":"b"},
	"tools":[{"type":"function","name":"weather","description":"Tells the weather.","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}],
	"tool_choice":"auto","input":[
	{"type":"message","role":"user","content":[{"type":"input_text","text":"What is the weather there?"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]},
	{"type":"function_call","call_id":"call_1","name":"weather","arguments":"{\"city\":\"Paris\"}"},
	{"type":"function_call_output","call_id":"call_1","output":"It is sunny."}]}`

const countPath = "/v1/responses/input_tokens"

// counted returns the number of tokens in an answer, and whether it is an estimate. It must be of the form that the API has for it.
func counted(t *testing.T, r gatewaytest.Response) (tokens int64, estimated bool) {
	t.Helper()
	if err := streamcheck.CheckObject("TokenCountsResource", r.Body); err != nil || r.Status != http.StatusOK || r.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %d %v %s: %v", r.Status, r.Header, r.Body, err)
	}
	return r.Get("input_tokens").Int(), r.Get("estimated").Bool()
}

// counting are the presets of services that count, by their names and wires.
var counting = map[string]struct {
	model  string
	at     string // behind the base URL
	reply  upstreamtest.Reply
	strict func(*upstreamtest.Upstream) *upstreamtest.Upstream
}{
	"anthropic/messages":         {"claude-sonnet-5-5", "/v1/messages/count_tokens", upstreamtest.MessagesCounted(321), strictClaude()},
	"azure-anthropic/messages":   {"claude-sonnet-5-5", "/v1/messages/count_tokens", upstreamtest.MessagesCounted(321), strictClaude()},
	"bedrock-anthropic/messages": {"claude-sonnet-5-5", "/v1/messages/count_tokens", upstreamtest.MessagesCounted(321), strictClaude()},
	"vertex-anthropic/messages": {
		"claude-sonnet-5-5", "/models/count-tokens:rawPredict", upstreamtest.MessagesCounted(321), strictClaude(upstreamtest.MessagesInPath),
	},
	"bedrock-converse/converse": {
		"eu.anthropic.claude-sonnet-4-6", "/model/anthropic.claude-sonnet-4-6/count-tokens", upstreamtest.ConverseCounted(321),
		func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictConverseCount() },
	},
	"gemini/gemini": {
		"gemini-3-flash", "/models/gemini-3-flash:countTokens", upstreamtest.GeminiCounted(321),
		func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictGeminiCount() },
	},
	"vertex/gemini": {
		"gemini-3-flash", "/models/gemini-3-flash:countTokens", upstreamtest.GeminiCounted(321),
		func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictGeminiCount(upstreamtest.Vertex) },
	},
	"openai/responses": {
		"gpt-6-sol", "/v1/responses/input_tokens", upstreamtest.ResponsesCounted(321),
		func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictResponsesCount() },
	},
	"llamacpp/responses": {
		"m", "/v1/responses/input_tokens", upstreamtest.ResponsesCounted(321),
		func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictResponsesCount() },
	},
	"llamacpp/chat": {
		"m", "/v1/chat/completions/input_tokens", upstreamtest.ResponsesCounted(321),
		func(u *upstreamtest.Upstream) *upstreamtest.Upstream {
			return u.StrictChatCount(upstreamtest.Allow("parallel_tool_calls"))
		},
	},
	"vllm/chat": {
		"m", "/tokenize", upstreamtest.Tokenized(321),
		func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictTokenize() },
	},
}

func strictClaude(options ...upstreamtest.MessagesOption) func(*upstreamtest.Upstream) *upstreamtest.Upstream {
	options = append(options, upstreamtest.MessagesAlwaysThinks, upstreamtest.MessagesBetweenTools, upstreamtest.MessagesNoSampling, upstreamtest.MessagesNoForce)
	return func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictMessagesCount(options...) }
}

func TestServicesThatCountAreAsked(t *testing.T) {
	t.Setenv("PROVIDER_KEY", "the-provider-key")
	for name, test := range counting {
		t.Run(name, func(t *testing.T) {
			preset, wire, _ := strings.Cut(name, "/")
			base := ""
			if strings.HasPrefix(test.at, "/v1") && wire != "messages" || test.at == "/tokenize" {
				base, test.at = "/v1", strings.TrimPrefix(test.at, "/v1")
			}
			upstream := test.strict(upstreamtest.New(t, test.reply))
			gw := start(t, "provider "+preset+" {\nwire "+wire+"\nbase_url "+upstream.URL+base+"\nkey {env.PROVIDER_KEY}\n}")
			tokens, estimated := counted(t, gw.Post(countPath, fmt.Sprintf(toCount, preset+"/"+test.model)))
			request := upstream.Request(0)
			if request.Refusal != "" || tokens != 321 || estimated {
				t.Errorf("there are %d tokens, estimated: %v; the service said %q of %s", tokens, estimated, request.Refusal, request.Body)
			}
			if at := strings.TrimPrefix(request.Path, base); at != test.at || !hasKey(request.Header) || request.Header.Get("Accept") != "application/json" {
				t.Errorf("it was asked at %s with %v", request.Path, request.Header)
			}
			for _, said := range []string{"Be brief.", "What is the weather there?", "Tells the weather.", "Paris", "It is sunny.", "iVBORw0KGgo="} {
				if !strings.Contains(string(request.Body), said) {
					t.Errorf("it was not told %q: %s", said, request.Body)
				}
			}
		})
	}
}

// A preset that says how its service counts has to be among those above, or the word for it may have no meaning on its wire.
func TestEveryWayToCountIsTested(t *testing.T) {
	for _, name := range presets.Names() {
		preset, _ := presets.Get(name)
		all := map[string]*presets.Preset{preset.Wire: preset}
		for wire := range preset.Wires {
			all[wire] = preset.For(wire)
		}
		for wire, p := range all {
			settings := []presets.Settings{p.Dialect}
			for _, pattern := range p.Patterns {
				settings = append(settings, pattern.Dialect)
			}
			counts := slices.ContainsFunc(settings, func(s presets.Settings) bool { return s["count_tokens"] != nil })
			if _, tested := counting[name+"/"+wire]; counts != tested {
				t.Errorf("%s on %s counts: %v, and is tested: %v", name, wire, counts, tested)
			}
		}
	}
}

func TestWhatNobodyCountsIsEstimated(t *testing.T) {
	upstream := upstreamtest.New(t)
	gw := start(t, mock(upstream))
	got := gw.Post(countPath, fmt.Sprintf(toCount, "m"))
	tokens, estimated := counted(t, got)
	if !estimated || tokens < 1100+50 || tokens > 1100+150 {
		t.Errorf("there are %d tokens, estimated: %v", tokens, estimated)
	}
	if n := len(upstream.Requests()); n != 0 {
		t.Errorf("the provider got %d requests", n)
	}
	record := recorded(gw, 0)
	if record.Get("endpoint").String() != "input_tokens" || record.Get("finish").String() != "completed" || record.Get("provider").String() != "mock" ||
		record.Get("stream").Bool() || record.Get("usage").Exists() || record.Get("request_id").String() != got.Header.Get("X-Request-Id") {
		t.Errorf("the record is %s", record.Raw)
	}
}

func TestAnEstimateIsOfWhatIsSent(t *testing.T) {
	count := func(request string, lines ...string) int64 {
		upstream := upstreamtest.New(t)
		tokens, estimated := counted(t, start(t, mock(upstream, lines...), "fetch any").Post(countPath, request))
		if !estimated || len(upstream.Requests()) != 0 {
			t.Errorf("estimated: %v; the provider got %d requests", estimated, len(upstream.Requests()))
		}
		return tokens
	}
	elsewhere := upstreamtest.New(t)
	image := `{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"` + elsewhere.URL + `/a.png"}]}]}`
	const (
		text = `{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]}]}`
		note = 13 // tokens of the note in the place of an image
	)
	plain := count(text)
	for name, test := range map[string]struct {
		lines []string
		want  int64 // of the image
	}{
		"a URL":             {nil, 1100},
		"what is fetched":   {[]string{"set images data"}, 1100},
		"of another size":   {[]string{"set images data", "set image_tokens 258"}, 258},
		"what is not sent":  {[]string{"set images none"}, note},
		"what has no place": {[]string{"set media_bytes 10"}, note},
	} {
		t.Run(name, func(t *testing.T) {
			if got := count(image, test.lines...) - plain; got < test.want-1 || got > test.want+1 {
				t.Errorf("the image has %d tokens, want %d", got, test.want)
			}
		})
	}
	if n := len(elsewhere.Requests()); n != 0 {
		t.Errorf("the image was fetched %d times", n)
	}
}

func TestAServiceThatDoesNotCountAfterAll(t *testing.T) {
	for name, reply := range map[string]upstreamtest.Reply{
		"no such path":     upstreamtest.JSON(http.StatusNotFound, `{"error":{"message":"Unknown request URL"}}`),
		"a page":           upstreamtest.Raw("<html>").WithStatus(http.StatusNotFound),
		"another method":   upstreamtest.JSON(http.StatusMethodNotAllowed, `{}`),
		"not implemented":  upstreamtest.JSON(http.StatusNotImplemented, `{}`),
		"not allowed":      upstreamtest.JSON(http.StatusForbidden, `{"message":"not authorized to perform: bedrock:CountTokens"}`),
		"not this model":   upstreamtest.JSON(http.StatusBadRequest, `{"message":"The provided model doesn't support counting tokens."}`),
		"not this request": upstreamtest.MessagesRefused(http.StatusBadRequest, "invalid_request_error", "thinking: Extra inputs are not permitted"),
		"no number":        upstreamtest.JSON(http.StatusOK, `{"tokens":5}`),
		"a number of none": upstreamtest.MessagesCounted(0),
		"no JSON":          upstreamtest.Raw("ok"),
	} {
		t.Run(name, func(t *testing.T) {
			upstream, next := upstreamtest.New(t, reply), upstreamtest.New(t)
			gw := start(t, countingClaude("one", upstream), countingClaude("two", next), "route m one two")
			if tokens, estimated := counted(t, gw.Post(countPath, whole)); !estimated || tokens < 5 || tokens > 20 {
				t.Errorf("there are %d tokens, estimated: %v", tokens, estimated)
			}
			if len(upstream.Requests()) != 1 || len(next.Requests()) != 0 {
				t.Errorf("the targets got %d and %d requests", len(upstream.Requests()), len(next.Requests()))
			}
			if record := recorded(gw, 0); record.Get("finish").String() != "completed" || record.Get("provider").String() != "one" {
				t.Errorf("the record is %s", record.Raw)
			}
		})
	}
}

// countingClaude is the block of a provider of Anthropic's wire that counts.
func countingClaude(name string, u *upstreamtest.Upstream) string {
	return "provider " + name + " {\nwire messages\nbase_url " + u.URL + "\nset count_tokens count_tokens\n}"
}

func TestATargetThatIsDownDoesNotCount(t *testing.T) {
	for name, reply := range map[string]upstreamtest.Reply{
		"overloaded": upstreamtest.MessagesRefused(529, "overloaded_error", "Overloaded"),
		"broken":     upstreamtest.JSON(http.StatusInternalServerError, `{}`),
		"limited":    upstreamtest.MessagesRefused(http.StatusTooManyRequests, "rate_limit_error", "slow down"),
	} {
		t.Run(name, func(t *testing.T) {
			down, next := upstreamtest.New(t, reply), upstreamtest.New(t, upstreamtest.MessagesCounted(77))
			gw := start(t, countingClaude("one", down), countingClaude("two", next), mock(down), "route m one/x two", "route n one/x", "route o one/x mock")
			if tokens, estimated := counted(t, gw.Post(countPath, whole)); tokens != 77 || estimated {
				t.Errorf("there are %d tokens, estimated: %v", tokens, estimated)
			}
			for _, model := range []string{`"n"`, `"o"`} {
				if _, estimated := counted(t, gw.Post(countPath, strings.Replace(whole, `"m"`, model, 1))); !estimated {
					t.Errorf("%s is counted by one that is down", model)
				}
			}
			asked := 3
			if name == "limited" {
				asked = 1 // its key cools down
			}
			if n := len(down.Requests()); n != asked {
				t.Errorf("it was asked %d times, want %d", n, asked)
			}
		})
	}
}

func TestAKeyThatMayNotCountServesAllTheSame(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/count_tokens") {
			http.Error(w, `{"type":"error","error":{"type":"permission_error","message":"Not with this key."}}`, http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for _, frame := range upstreamtest.MessagesEvents("end_turn", upstreamtest.MessagesUsage{}, upstreamtest.MessagesText("Hello.")) {
			_, _ = io.WriteString(w, upstreamtest.MessagesFrame(frame))
		}
	}))
	gw := start(t, strings.Replace(countingClaude("mock", upstream), "}", pool(t, "only-key-1")+"\n}", 1))
	if _, estimated := counted(t, gw.Post(countPath, whole)); !estimated {
		t.Error("it is counted")
	}
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
}

func TestCountsKeepToTheBounds(t *testing.T) {
	step := make(chan struct{})
	upstream := upstreamtest.New(t, upstreamtest.MessagesCounted(77).HoldHeader(step), upstreamtest.MessagesCounted(77))
	gw := start(t, countingClaude("mock", upstream), "max_concurrent 1 queue 0")
	first := make(chan gatewaytest.Response, 1)
	go func() { first <- gw.Post(countPath, whole) }()
	upstream.Request(0)
	if got := gw.Post(countPath, whole); got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") != "1" {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
	close(step)
	if tokens, _ := counted(t, <-first); tokens != 77 {
		t.Errorf("there are %d tokens", tokens)
	}
}

func TestStaleReasoningIsNotCounted(t *testing.T) {
	stale := upstreamtest.MessagesRefused(http.StatusBadRequest, "invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block")
	upstream := upstreamtest.New(t, stale, upstreamtest.MessagesCounted(77))
	if tokens, estimated := counted(t, start(t, countingClaude("one", upstream)).Post(countPath, whole)); tokens != 77 || estimated {
		t.Errorf("there are %d tokens, estimated: %v", tokens, estimated)
	}
}

func TestWhatARequestGoesOnFromIsCounted(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream))
	first := gw.Post("/v1/responses", whole)
	requireText(t, first, "Hello.")
	alone, _ := counted(t, gw.Post(countPath, `{"model":"m","input":"And in French?"}`))
	all, _ := counted(t, gw.Post(countPath, `{"model":"m","input":"And in French?","previous_response_id":"`+first.Get("id").String()+`"}`))
	if all < alone+10 || all > alone+30 {
		t.Errorf("there are %d tokens, and %d with those of the turn before", alone, all)
	}
	if n := len(upstream.Requests()); n != 1 {
		t.Errorf("the provider got %d requests", n)
	}
}

func TestWhatCannotBeCounted(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t)), "route known mock")
	for name, test := range map[string]struct {
		body   string
		status int
	}{
		"no JSON":             {`{`, http.StatusBadRequest},
		"no input":            {`{"model":"known"}`, http.StatusBadRequest},
		"a model of nobody's": {`{"model":"unknown","input":"hi"}`, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			if got := gw.Post(countPath, test.body); got.Status != test.status || errorOf(t, got).Get("message").String() == "" {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
		})
	}
	if got := gw.Get(countPath); got.Status != http.StatusMethodNotAllowed || got.Header.Get("Allow") != http.MethodPost {
		t.Errorf("GET got %d %v", got.Status, got.Header)
	}
	if got := gw.Post(countPath, `{"model":"unknown","input":"hi","stream":true}`, asCodex); got.Status != http.StatusNotFound {
		t.Errorf("Codex got %d %s", got.Status, got.Body)
	}
}

func TestTheSDKCounts(t *testing.T) {
	upstream := upstreamtest.New(t, upstreamtest.MessagesCounted(77)).StrictMessagesCount()
	t.Setenv("PROVIDER_KEY", "the-provider-key")
	gw := start(t, "provider anthropic {\nbase_url "+upstream.URL+"\nkey {env.PROVIDER_KEY}\n}", mock(upstreamtest.New(t)))
	client := openai.NewClient(option.WithBaseURL(gw.URL+"/v1"), option.WithAPIKey("client-key"), option.WithMaxRetries(0), option.WithHTTPClient(gw.Client))
	for model, exact := range map[string]bool{"anthropic/claude-sonnet-5-5": true, "mock/m": false} {
		got, err := client.Responses.InputTokens.Count(t.Context(), responses.InputTokenCountParams{
			Model: openai.String(model), Instructions: openai.String("Be brief."),
			Input: responses.InputTokenCountParamsInputUnion{OfString: openai.String("Say hello.")},
			Tools: []responses.ToolUnionParam{responses.ToolParamOfFunction("add", map[string]any{"type": "object"}, false)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.Object != "response.input_tokens" || exact != (got.InputTokens == 77) || got.InputTokens < 20 {
			t.Errorf("%s: got %s", model, got.RawJSON())
		}
		if estimated := gjson.Get(got.RawJSON(), "estimated"); estimated.Bool() == exact || estimated.Exists() == exact {
			t.Errorf("%s: got %s", model, got.RawJSON())
		}
	}
	if refusal := upstream.Request(0).Refusal; refusal != "" {
		t.Error(refusal)
	}
}
