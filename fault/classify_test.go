package fault_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/caddy-codex/responses/fault"
)

// F102: what providers say when a prompt is too long, as they say it.
func TestF102ContextOverflowIsRecognized(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
	}{
		"OpenAI":             {400, `{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`},
		"OpenAI, newer":      {400, `{"error":{"message":"Your input exceeds the context window of this model. Please adjust your input and try again.","type":"invalid_request_error","param":"input","code":null}}`},
		"OpenAI, a long one": {400, `{"error":{"message":"Invalid 'messages[1].content': string too long. Expected a string with maximum length 10485760, but got a string with length 10485761 instead.","code":"string_above_max_length"}}`},
		"Anthropic":          {400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}`},
		"Anthropic, output":  {400, `{"error":{"type":"invalid_request_error","message":"input length and ` + "`max_tokens`" + ` exceed context limit: 190000 + 21333 > 200000, decrease input length or ` + "`max_tokens`" + ` and try again"}}`},
		"Gemini":             {400, `[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]`},
		"DeepSeek":           {400, `{"error":{"message":"This model's maximum context length is 131072 tokens. However, you requested 132000 tokens (128000 in the messages, 4000 in the completion). Please reduce the length of the messages or completion.","type":"invalid_request_error"}}`},
		"Kimi":               {400, `{"error":{"message":"Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)","type":"invalid_request_error"}}`},
		"Kimi, older":        {400, `{"error":{"message":"total message token length exceed model limit","type":"invalid_request_error"}}`},
		"Qwen":               {400, `{"error":{"message":"<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]","code":"invalid_parameter_error"}}`},
		"GLM":                {400, `{"error":{"code":"1261","message":"Prompt exceeds max length"}}`},
		"MiniMax":            {200, `{"base_resp":{"status_code":2013,"status_msg":"invalid params, context window exceeds limit"}}`},
		"Mistral":            {400, `{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_error","code":"3051"}`},
		"xAI":                {400, `{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}`},
		"Groq":               {400, `{"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`},
		"Cerebras":           {400, `{"message":"Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}`},
		"OpenRouter":         {400, `{"error":{"message":"This endpoint's maximum context length is 163840 tokens. However, you requested about 180000 tokens.","code":400}}`},
		"OpenRouter, behind": {400, `{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"prompt is too long: 1 tokens > 0 maximum\"}}"}}}`},
		"Together":           {403, `{"error":{"message":"Input validation error: ` + "`inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 `inputs` tokens and 512 `max_new_tokens`" + `","type":"invalid_request_error"}}`},
		"Fireworks":          {400, `{"error":{"message":"The prompt is too long: 200000, model maximum context length: 131072","code":"invalid_request"}}`},
		"vLLM":               {400, `{"object":"error","message":"This model's maximum context length is 8192 tokens. However, you requested 9000 tokens in the messages, Please reduce the length of the messages.","type":"BadRequestError","code":400}`},
		"SGLang":             {400, `{"object":"error","message":"The input (70000 tokens) is longer than the model's context length (65536 tokens).","code":400}`},
		"SGLang, requested":  {400, `{"message":"Requested token count exceeds the model's maximum context length of 65536 tokens."}`},
		"llama.cpp":          {400, `{"error":{"code":400,"message":"request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error"}}`},
		"llama.cpp, older":   {500, `{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size or enable context shift"}}`},
		"LM Studio":          {400, `{"error":"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens."}`},
		"LM Studio, newer":   {400, `{"error":"The number of tokens to keep from the initial prompt is greater than the context length."}`},
		"Bedrock":            {400, `{"message":"Input is too long for requested model."}`},
		"Cohere":             {400, `{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081"}`},
		"Copilot":            {400, `{"error":{"message":"prompt token count of 130000 exceeds the limit of 128000","code":"model_max_prompt_tokens_exceeded"}}`},
		"a text server":      {422, "{\"error\":\"Input validation error: `inputs` must have less than 1024 tokens. Given: 2000\",\"error_type\":\"validation\"}"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := answered(test.status, test.body)
			if f.Kind != fault.ContextLength {
				t.Errorf("got kind %d for %q", f.Kind, f.Message)
			}
			if f.FailedCode() != "context_length_exceeded" || f.ErrorCode() != "context_length_exceeded" || f.HTTPStatus() != 400 || !f.Final() || f.AnotherTarget() {
				t.Errorf("the client is told %s, %s, %d", f.FailedCode(), f.ErrorCode(), f.HTTPStatus())
			}
		})
	}
}

// F102: what sounds alike and is something else.
func TestF102WhatIsNoOverflow(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   fault.Kind
	}{
		"a long tool name":       {400, `{"error":{"message":"Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.","code":"string_above_max_length"}}`, fault.Rejected},
		"a long call id":         {400, `{"error":{"message":"Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 46 instead."}}`, fault.Rejected},
		"a large output limit":   {400, `{"error":{"message":"max_tokens is too large: 200000. This model supports at most 128000 completion tokens."}}`, fault.Rejected},
		"tokens a minute":        {429, `{"error":{"message":"Rate limit reached for gpt-5 in organization o on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000. Please try again in 8s.","type":"tokens","code":"rate_limit_exceeded"}}`, fault.RateLimited},
		"a large request a time": {429, `{"error":{"message":"Request too large for gpt-5 on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced in order to run successfully.","type":"tokens","code":"rate_limit_exceeded"}}`, fault.Rejected},
		"throttled tokens":       {429, `{"message":"Too many tokens, please wait before trying again."}`, fault.RateLimited},
		"throttled context":      {429, `{"message":"You exceed the limit of tokens in the prompt per minute"}`, fault.RateLimited},
		"an unknown field":       {400, `{"error":{"message":"Unknown parameter: 'context_length'."}}`, fault.Rejected},
		"a large body":           {413, "<html>413 Request Entity Too Large</html>", fault.Rejected},
		"a large image":          {400, `{"error":{"message":"The image exceeds the maximum size of 20MB"}}`, fault.Rejected},
		"a long stop word":       {400, `{"error":{"message":"stop: input exceeds 32 bytes"}}`, fault.Rejected},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if f := answered(test.status, test.body); f.Kind != test.want {
				t.Errorf("got kind %d for %q, want %d", f.Kind, f.Message, test.want)
			}
		})
	}
}

func TestAnswersAreClassified(t *testing.T) {
	message := func(text string) string {
		quoted, _ := json.Marshal(text)
		return `{"error":{"message":` + string(quoted) + `}}`
	}
	coded := func(code string) string { return fmt.Sprintf(`{"error":{"message":"x","code":%q}}`, code) }
	tests := map[string]struct {
		status int
		body   string
		want   fault.Kind
	}{
		"400":                    {400, "", fault.Rejected},
		"401":                    {401, "", fault.Unauthorized},
		"402":                    {402, "", fault.NoCredit},
		"403":                    {403, "", fault.Unauthorized},
		"404":                    {404, "", fault.Rejected},
		"404 with a page":        {404, "<html>", fault.Misaddressed},
		"405 with a page":        {405, "<!DOCTYPE html>", fault.Misaddressed},
		"401 with a page":        {401, "<html><title>401 Authorization Required</title></html>", fault.Misaddressed},
		"403 with a page":        {403, "\n<!DOCTYPE html><title>Attention Required! | Cloudflare</title>", fault.Misaddressed},
		"408":                    {408, "", fault.TimedOut},
		"413":                    {413, "", fault.Rejected},
		"422":                    {422, "", fault.Rejected},
		"429":                    {429, "", fault.RateLimited},
		"498 of Groq":            {498, "", fault.Overloaded},
		"500":                    {500, "", fault.Unavailable},
		"502":                    {502, "", fault.Unavailable},
		"503":                    {503, "", fault.Overloaded},
		"504":                    {504, "", fault.TimedOut},
		"520 of Cloudflare":      {520, "<html>", fault.Unavailable},
		"529 of Anthropic":       {529, "", fault.Overloaded},
		"a redirection":          {302, "", fault.Unavailable},
		"no credit as 429":       {429, coded("insufficient_quota"), fault.NoCredit},
		"no credit in words":     {403, message("Insufficient Balance"), fault.NoCredit},
		"no credit of GLM":       {429, coded("1113"), fault.NoCredit},
		"credit as a name":       {400, message("the field creditor is unknown"), fault.Rejected},
		"a quota of days":        {429, `{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_in_seconds":500000}}`, fault.NoCredit},
		"a bad key as 400":       {400, `[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]`, fault.Unauthorized},
		"a bad key by its type":  {400, `{"error":{"message":"x","type":"authentication_error"}}`, fault.Unauthorized},
		"a rate limit as 400":    {400, `{"error":{"message":"x","type":"rate_limit_error"}}`, fault.RateLimited},
		"a rate limit of Google": {403, `{"error":{"message":"x","status":"RESOURCE_EXHAUSTED"}}`, fault.RateLimited},
		"overloaded as 400":      {400, message("The engine is currently overloaded, please try again later"), fault.Overloaded},
		"overloaded by name":     {500, message("The model `gpt-5.2` is overloaded"), fault.Overloaded},
		"loading":                {503, message("Loading model"), fault.Overloaded},
		"a filter":               {400, coded("content_policy_violation"), fault.Filtered},
		"a filter in words":      {400, message("The response was filtered due to the prompt triggering Azure OpenAI's content management policy."), fault.Filtered},
		"a timeout by its code":  {500, coded("timeout"), fault.TimedOut},

		"a model by its code":        {404, coded("model_not_found"), fault.NoSuchModel},
		"a model of OpenAI":          {404, message("The model `gpt-9.9` does not exist or you do not have access to it."), fault.NoSuchModel},
		"a model of vLLM":            {404, `{"object":"error","message":"The model ` + "`Qwen/Qwen2.5-7B`" + ` does not exist.","type":"NotFoundError","param":null,"code":404}`, fault.NoSuchModel},
		"a model of Ollama":          {404, message(`model "qwen3.8:latest" not found, try pulling it first`), fault.NoSuchModel},
		"a model of DeepSeek":        {400, message("Model Not Exist"), fault.NoSuchModel},
		"a model of Kimi":            {404, message("Not found the model kimi-k9 or Permission denied"), fault.NoSuchModel},
		"a model of GLM":             {400, coded("1211"), fault.NoSuchModel},
		"a model of Fireworks":       {404, message("Model not found, inaccessible, and/or not deployed"), fault.NoSuchModel},
		"a model of OpenRouter":      {404, message("No endpoints found for x/y."), fault.NoSuchModel},
		"a model of OpenRouter, bad": {400, message("x/y is not a valid model ID"), fault.NoSuchModel},
		"a model of Groq":            {400, message("The model `llama-3.1` has been decommissioned and is no longer supported."), fault.NoSuchModel},
		"a model in a server's 500":  {500, message("The model `x` does not exist"), fault.Unavailable},
		"a parameter of a model":     {400, message("This model does not support tool_choice; for the model x the parameter effort is not supported"), fault.Rejected},
		"an image for a model":       {400, message("unknown variant `image_url`, expected `text`"), fault.Rejected},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if f := answered(test.status, test.body); f.Kind != test.want {
				t.Errorf("got kind %d for %q, want %d", f.Kind, f.Message, test.want)
			}
		})
	}
}
