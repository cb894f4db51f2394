package upstreamtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// The endpoints at which services count the tokens of a request. Each refuses what the request itself would be refused for, and what is
// about its answer.

// MessagesCounted replies with a number of tokens as Anthropic does.
func MessagesCounted(tokens int) Reply { return counted(`{"input_tokens":`, tokens, `}`) }

// ConverseCounted replies with a number of tokens as Bedrock does.
func ConverseCounted(tokens int) Reply { return counted(`{"inputTokens":`, tokens, `}`) }

// GeminiCounted replies with a number of tokens as Google does.
func GeminiCounted(tokens int) Reply {
	return counted(`{"totalTokens":`, tokens, `,"promptTokensDetails":[{"modality":"TEXT","tokenCount":`+strconv.Itoa(tokens)+`}]}`)
}

// ResponsesCounted replies with a number of tokens as OpenAI and llama.cpp do.
func ResponsesCounted(tokens int) Reply {
	return counted(`{"object":"response.input_tokens","input_tokens":`, tokens, `}`)
}

// Tokenized replies with tokens as vLLM does.
func Tokenized(tokens int) Reply {
	return counted(`{"count":`, tokens, `,"max_model_len":131072,"tokens":[`+strings.TrimSuffix(strings.Repeat("1,", tokens), ",")+`],"token_strs":null}`)
}

func counted(before string, tokens int, after string) Reply {
	return JSON(http.StatusOK, before+strconv.Itoa(tokens)+after)
}

// StrictMessagesCount makes the upstream refuse what Anthropic refuses where it counts.
func (u *Upstream) StrictMessagesCount(options ...MessagesOption) *Upstream {
	r := newMessagesRules(options)
	return u.StrictBy(func(request Request) (string, Reply) {
		path := "/v1/messages/count_tokens"
		if r.cloud {
			path = "/models/count-tokens:rawPredict"
		}
		why := r.headerRefusal(request.Header, request.Body)
		switch {
		case !strings.HasSuffix(request.Path, path):
			why = "nothing counts at " + request.Path
		case why == "":
			why = MessagesCountRefusal(request.Body, options...)
		}
		return why, MessagesRefused(http.StatusBadRequest, "invalid_request_error", why)
	})
}

// MessagesCountRefusal returns why Anthropic does not count a body, or "".
func MessagesCountRefusal(body []byte, options ...MessagesOption) string {
	known := []string{"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control", "speed"}
	r := newMessagesRules(options)
	if r.cloud { // the path names no model, so the body has to
		r.cloud = false
		known = append(known, "anthropic_version")
		r.fields = append(r.fields, "anthropic_version")
	}
	if name := unknown(body, known); name != "" {
		return name + ": Extra inputs are not permitted"
	}
	return r.refusal(adding(body, `"max_tokens":128000,"stream":true`))
}

// unknown is a member of a body that is not among those that are known, "" where all are.
func unknown(body []byte, known []string) string {
	var found string
	gjson.ParseBytes(body).ForEach(func(key, _ gjson.Result) bool {
		if !slices.Contains(known, key.Str) {
			found = key.Str
		}
		return found == ""
	})
	return found
}

// adding is a body with more members.
func adding(body []byte, members string) []byte {
	return append(append([]byte{'{'}, members+","...), strings.TrimPrefix(string(body), "{")...)
}

// StrictGeminiCount makes the upstream refuse what countTokens refuses. The model is the one in the path.
func (u *Upstream) StrictGeminiCount(options ...GeminiOption) *Upstream {
	return u.StrictBy(func(request Request) (string, Reply) {
		model, ok := strings.CutSuffix(request.Path, ":countTokens")
		why := "nothing counts at " + request.Path
		if ok {
			why = GeminiCountRefusal(model[strings.LastIndex(model, "/")+1:], request.Body, options...)
		}
		return why, GeminiError(http.StatusBadRequest, "INVALID_ARGUMENT", why)
	})
}

// GeminiCountRefusal returns why countTokens refuses a body, or "". The Gemini API takes contents or a whole request, which names its model;
// Vertex AI takes the parts of the request.
func GeminiCountRefusal(model string, body []byte, options ...GeminiOption) string {
	r := &geminiRules{model: model}
	for _, option := range options {
		option(r)
	}
	known := []string{"contents", "generateContentRequest"}
	if r.vertex {
		known = []string{"model", "instances", "contents", "systemInstruction", "tools", "generationConfig"}
	}
	if name := unknown(body, known); name != "" {
		return "Invalid JSON payload received. Unknown name \"" + name + "\": Cannot find field."
	}
	request := gjson.GetBytes(body, "generateContentRequest")
	switch {
	case !request.Exists():
		return GeminiRefusal(model, body, options...)
	case gjson.GetBytes(body, "contents").Exists():
		return "contents and generate_content_request are mutually exclusive"
	case request.Get("model").Str != "models/"+model:
		return "* CountTokensRequest.generate_content_request.model: model is not the one of the path"
	}
	rest := strings.Replace(request.Raw, `"model":`+request.Get("model").Raw+`,`, "", 1)
	return GeminiRefusal(model, []byte(rest), options...)
}

// StrictConverseCount makes the upstream refuse what Bedrock's CountTokens does.
func (u *Upstream) StrictConverseCount(options ...ConverseOption) *Upstream {
	return u.StrictBy(func(request Request) (string, Reply) {
		why := "there is no operation at " + request.Path
		if model, ok := strings.CutSuffix(request.Path, "/count-tokens"); ok {
			why = ConverseCountRefusal(strings.TrimPrefix(model, "/model/"), request.Body, options...)
		}
		return why, ConverseRefused(why)
	})
}

// ConverseCountRefusal returns why Bedrock does not count a body, or "". It counts for Claude, by the model's own name.
func ConverseCountRefusal(model string, body []byte, options ...ConverseOption) string {
	input := gjson.GetBytes(body, "input.converse")
	switch {
	case !strings.HasPrefix(model, "anthropic."):
		return "The provided model doesn't support counting tokens."
	case !input.IsObject() || len(gjson.GetBytes(body, "input").Map()) != 1:
		return "Malformed input request: #/input: expected one member"
	}
	if name := unknown([]byte(input.Raw), []string{"messages", "system", "toolConfig", "additionalModelRequestFields"}); name != "" {
		return "Malformed input request: #/input/converse: extraneous key [" + name + "] is not permitted"
	}
	return ConverseRefusal([]byte(input.Raw), options...)
}

// StrictChatCount makes the upstream refuse what llama.cpp does where it counts.
func (u *Upstream) StrictChatCount(options ...Option) *Upstream {
	return u.strictChat("/v1/chat/completions/input_tokens", append(options, Without("stream", "stream_options", "max_tokens", "temperature", "top_p")))
}

// StrictTokenize makes the upstream refuse what vLLM has no use for where it tokenizes.
func (u *Upstream) StrictTokenize() *Upstream {
	return u.strictChat("/tokenize", []Option{Without(known...), Allow("model", "messages", "tools", "chat_template_kwargs")})
}

func (u *Upstream) strictChat(path string, options []Option) *Upstream {
	r := newRules(options)
	return u.StrictBy(func(request Request) (string, Reply) {
		why := r.refusal(request.Body)
		if request.Path != path {
			why = "File Not Found: " + request.Path
		}
		return why, Error(http.StatusBadRequest, "invalid_request_error", "invalid_request_error", why)
	})
}

// StrictResponsesCount makes the upstream refuse what OpenAI does where it counts.
func (u *Upstream) StrictResponsesCount(options ...ResponsesOption) *Upstream {
	return u.StrictBy(func(request Request) (string, Reply) {
		why := "Unknown request URL: POST " + request.Path
		if strings.HasSuffix(request.Path, "/responses/input_tokens") {
			why = ResponsesCountRefusal(request.Body, options...)
		}
		return why, Error(http.StatusBadRequest, "invalid_request_error", "unknown_parameter", why)
	})
}

// ResponsesCountRefusal returns why OpenAI does not count a body, or "".
func ResponsesCountRefusal(body []byte, options ...ResponsesOption) string {
	known := []string{
		"conversation", "input", "instructions", "model", "parallel_tool_calls", "personality", "previous_response_id", "reasoning", "text",
		"tool_choice", "tools", "truncation",
	}
	if name := unknown(body, known); name != "" {
		return "Unknown parameter: '" + name + "'."
	}
	return ResponsesRefusal(body, options...)
}
