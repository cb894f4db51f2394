package lessons_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/lessons"
	"github.com/caddy-codex/responses/translate/dialect"
)

// refusal is an answer of a provider, as it came.
type refusal struct {
	wire   string // chat where it is empty
	status int    // 400 where it is 0
	has    string // the knobs in which the dialect differs from the defaults, as JSON
	body   string
	want   string // the knobs that change, as JSON; empty for no lesson
}

func (r refusal) dialect(t *testing.T) *dialect.Dialect {
	t.Helper()
	d := dialect.Default()
	if r.has != "" {
		if err := d.Apply(settings(t, r.has)); err != nil {
			t.Fatal(err)
		}
	}
	return &d
}

func (r refusal) fault() *fault.Fault {
	status := r.status
	if status == 0 {
		status = 400
	}
	return fault.FromResponse("p", status, nil, []byte(r.body), time.Time{})
}

func (r refusal) learn(t *testing.T) (lessons.Lesson, bool) {
	t.Helper()
	wire := r.wire
	if wire == "" {
		wire = "chat"
	}
	return lessons.Learn(wire, r.fault(), r.dialect(t), func(lessons.Lesson) bool { return false })
}

func settings(t *testing.T, text string) dialect.Settings {
	t.Helper()
	var s dialect.Settings
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func written(s dialect.Settings) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, `"`+name+`":`+string(s[name]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// message is the body of an error in OpenAI's shape that has a message and nothing else.
func message(text string) string {
	quoted, _ := json.Marshal(text)
	return `{"error":{"message":` + string(quoted) + `,"type":"invalid_request_error"}}`
}

func coded(code, param, text string) string {
	quoted, _ := json.Marshal(text)
	return `{"error":{"message":` + string(quoted) + `,"type":"invalid_request_error","param":"` + param + `","code":"` + code + `"}}`
}

// What providers say of a field that they do not know, in as many words as there are kinds of servers.
func TestEachWayToRefuseAFieldIsUnderstood(t *testing.T) {
	const want = `{"stream_usage":"omit"}`
	for name, body := range map[string]string{
		"OpenAI":                  coded("unknown_parameter", "stream_options", "Unknown parameter: 'stream_options'."),
		"OpenAI, unsupported":     coded("unsupported_parameter", "stream_options", "Unsupported parameter: 'stream_options' is not supported with this model."),
		"Azure":                   message("Unrecognized request argument supplied: stream_options. Please contact us through an Azure support request at: https://go.microsoft.com/fwlink/?linkid=2213926 for further questions."),
		"Azure AI":                `{"detail":"Extra parameters ['stream_options'] are not allowed when extra-parameters is not set or set to be 'error'. Set extra-parameters to 'pass-through' to pass to the model."}`,
		"a code alone":            coded("unknown_parameter", "stream_options", "Bad request."),
		"vLLM":                    `{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted', 'input': {'include_usage': True}}]","type":"BadRequestError","param":null,"code":400}`,
		"pydantic in words":       message("1 validation error for ChatCompletionRequest\nstream_options\n  Extra inputs are not permitted [type=extra_forbidden, input_value={'include_usage': True}, input_type=dict]"),
		"Mistral":                 `{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]},"type":"invalid_request_error","code":3001}`,
		"FastAPI":                 `{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]}`,
		"Fireworks":               message("Extra inputs are not permitted, field: 'stream_options'"),
		"Fireworks with a value":  message("Extra inputs are not permitted, field: 'stream_options', value: {'include_usage': True}"),
		"Azure by its schema":     message("Validation error at #/stream_options: Extra inputs are not permitted"),
		"Gemini":                  `[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"stream_options\": Cannot find field.","status":"INVALID_ARGUMENT"}}]`,
		"Groq":                    message("property 'stream_options' is unsupported, did you mean 'stream'?"),
		"Cerebras":                `{"message":"stream_options: property 'stream_options' is unsupported","type":"invalid_request_error","param":"validation_error","code":"wrong_api_format"}`,
		"LiteLLM":                 message("litellm.UnsupportedParamsError: groq does not support parameters: ['stream_options'], for model=x. To drop these, set `litellm.drop_params=True` or for proxy:\n\n`litellm_settings:\n drop_params: true`"),
		"LiteLLM, older":          message("litellm.UnsupportedParamsError: anthropic does not support parameters: {'stream_options': {'include_usage': True}}, for model=claude"),
		"a server in Go":          message(`json: unknown field "stream_options"`),
		"a server in Rust":        message("Failed to deserialize the JSON body into the target type: unknown field `stream_options`, expected one of `model`, `messages`, `strict`, `user` at line 1 column 60"),
		"a server in TypeScript":  message("Unrecognized key(s) in object: 'stream_options'"),
		"a JSON schema":           message("Additional properties are not allowed ('stream_options' was unexpected)"),
		"a market":                `{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"Unknown parameter: 'stream_options'.\"}}","provider_name":"X"}}}`,
		"a quoted error":          message(`Invalid request: {"error":{"message":"Unknown parameter: \"stream_options\".","type":"invalid_request_error"}}`),
		"a part of it":            message("The parameter stream_options.include_usage is not supported."),
		"words":                   message("stream_options is not supported by this model"),
		"words of a parameter":    message("This model does not support the stream_options parameter."),
		"words without an ending": message("model x does not support `stream_options`."),
		"422":                     `{"detail":"Unsupported parameter: stream_options"}`,
	} {
		t.Run(name, func(t *testing.T) {
			r := refusal{body: body}
			if name == "422" {
				r.status = 422
			}
			lesson, ok := r.learn(t)
			if got := written(lesson.Settings(r.dialect(t))); !ok || got != want {
				t.Errorf("%q teaches %s", r.fault().Message, got)
			}
		})
	}
}

func TestRefusalsTeach(t *testing.T) {
	tests := map[string]refusal{
		"parallel_tool_calls of Azure":    {body: message("Unrecognized request argument supplied: parallel_tool_calls"), want: `{"parallel_tool_calls":"omit"}`},
		"parallel_tool_calls of Gemini":   {body: `[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"parallel_tool_calls\": Cannot find field.","status":"INVALID_ARGUMENT"}}]`, want: `{"parallel_tool_calls":"omit"}`},
		"parallel tool calls in words":    {body: message("This model does not support parallel tool calls."), want: `{"parallel_tool_calls":"omit"}`},
		"strict of a tool at Groq":        {has: `{"tools_strict":"send"}`, body: message("'tools.0.function' : property 'strict' is unsupported"), want: `{"tools_strict":"omit"}`},
		"strict of a tool by its path":    {has: `{"tools_strict":"send"}`, body: coded("unknown_parameter", "tools[0].function.strict", "Unknown parameter: 'tools[0].function.strict'."), want: `{"tools_strict":"omit"}`},
		"strict of a tool at Mistral":     {has: `{"tools_strict":"send"}`, status: 422, body: `{"detail":[{"type":"extra_forbidden","loc":["body","tools",0,"function","strict"],"msg":"Extra inputs are not permitted","input":true}]}`, want: `{"tools_strict":"omit"}`},
		"max_tokens of OpenAI":            {body: coded("unsupported_parameter", "max_tokens", "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."), want: `{"max_tokens_field":"max_completion_tokens"}`},
		"max_tokens of Copilot":           {body: `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","code":"invalid_request_body"}}`, want: `{"max_tokens_field":"max_completion_tokens"}`},
		"max_completion_tokens":           {has: `{"max_tokens_field":"max_completion_tokens"}`, status: 422, body: `{"detail":[{"type":"extra_forbidden","loc":["body","max_completion_tokens"],"msg":"Extra inputs are not permitted","input":5}]}`, want: `{"max_tokens_field":"max_tokens"}`},
		"temperature of OpenAI":           {body: coded("unsupported_value", "temperature", "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported."), want: `{"sampling":"drop"}`},
		"temperature of Kimi":             {body: message("invalid temperature: only 1 is allowed for this model"), want: `{"sampling":"drop"}`},
		"temperature of Anthropic":        {wire: "messages", body: `{"type":"error","error":{"type":"invalid_request_error","message":"` + "`temperature`" + ` is deprecated for this model."}}`, want: `{"sampling":"drop"}`},
		"temperature beside top_p":        {wire: "messages", body: `{"type":"error","error":{"type":"invalid_request_error","message":"` + "`temperature` and `top_p`" + ` cannot both be specified for this model. Please use only one."}}`, want: `{"sampling":"drop"}`},
		"temperature while it thinks":     {wire: "messages", body: `{"error":{"type":"invalid_request_error","message":"` + "`temperature`" + ` may only be set to 1 when thinking is enabled."}}`, want: `{"sampling":"drop"}`},
		"temperature on the other wire":   {wire: "responses", body: coded("unsupported_parameter", "temperature", "Unsupported parameter: 'temperature' is not supported with this model."), want: `{"drop_fields":["temperature"]}`},
		"a temperature on the other wire": {wire: "responses", body: coded("unsupported_value", "temperature", "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported."), want: `{"drop_fields":["temperature","top_p"],"sampling":"drop"}`},

		"a forced call at DeepSeek":      {body: message("deepseek-reasoner does not support this tool_choice"), want: `{"tool_choice":["auto","none"]}`},
		"a forced call while it thinks":  {body: message("Thinking mode does not support this tool_choice"), want: `{"tool_choice":["auto","none"]}`},
		"a forced call at Qwen":          {body: `{"error":{"message":"<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support being set to required or object in thinking mode","type":"invalid_request_error","param":null,"code":"invalid_parameter_error"}}`, want: `{"tool_choice":["auto","none"]}`},
		"a forced call at Kimi":          {body: message("tool_choice 'required' is incompatible with thinking enabled"), want: `{"tool_choice":["auto","none"]}`},
		"a named call at Kimi":           {body: message("tool_choice 'specified' is incompatible with thinking enabled"), want: `{"tool_choice":["auto","none"]}`},
		"a forced call at OpenRouter":    {status: 404, body: `{"error":{"message":"No endpoints found that support the provided 'tool_choice' value. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing","code":404}}`, want: `{"tool_choice":["auto","none"]}`},
		"a forced call at Anthropic":     {wire: "messages", body: `{"error":{"type":"invalid_request_error","message":"Thinking may not be enabled when tool_choice forces tool use."}}`, want: `{"tool_choice":["auto","none"]}`},
		"a named call at LM Studio":      {body: `{"error":"Invalid tool_choice type: 'object'. Supported string values: none, auto, required"}`, want: `{"tool_choice":["auto","none","required"]}`},
		"no tool_choice at all":          {body: coded("unknown_parameter", "tool_choice", "Unknown parameter: 'tool_choice'."), want: `{"tool_choice":[]}`},
		"no tool_choice at all, LiteLLM": {body: message("litellm.UnsupportedParamsError: x does not support parameters: ['tool_choice'], for model=y."), want: `{"tool_choice":[]}`},
		"no tool_choice for none":        {body: message("tool_choice 'none' is not supported"), want: `{"tool_choice":["auto","required","named"]}`},

		"a schema at OpenAI":            {body: message("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model. Learn more about supported models at the Structured Outputs guide: https://platform.openai.com/docs/guides/structured-outputs"), want: `{"response_format":"json_object"}`},
		"a schema at DeepSeek":          {body: message("This response_format type is unavailable now"), want: `{"response_format":"json_object"}`},
		"a schema at Groq":              {body: message("This model does not support response format `json_schema`. See supported models at https://console.groq.com/docs/structured-outputs#supported-models"), want: `{"response_format":"json_object"}`},
		"no response_format":            {has: `{"response_format":"json_object"}`, body: coded("unknown_parameter", "response_format", "Unknown parameter: 'response_format'."), want: `{"response_format":"none"}`},
		"no JSON at LM Studio":          {has: `{"response_format":"json_object"}`, body: `{"error":"'response_format.type' must be 'json_schema' or 'text'"}`, want: `{"response_format":"none"}`},
		"JSON beside tools at Groq":     {body: message("json mode cannot be combined with tool/function calling"), want: `{"response_format_with_tools":false}`},
		"JSON beside tools at Gemini":   {wire: "gemini", body: `[{"error":{"code":400,"message":"Function calling with a response mime type: 'application/json' is unsupported","status":"INVALID_ARGUMENT"}}]`, want: `{"response_format_with_tools":false}`},
		"JSON beside tools at Cerebras": {body: `{"message":"\"tools\" and \"response_format\" cannot be used together","type":"invalid_request_error","param":"response_format","code":"wrong_api_format"}`, want: `{"response_format_with_tools":false}`},
		"a schema at Gemini":            {wire: "gemini", body: `[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"responseJsonSchema\" at 'generation_config': Cannot find field.","status":"INVALID_ARGUMENT"}}]`, want: `{"response_format":"json_object"}`},
		"a schema on the other wire":    {wire: "responses", body: coded("unsupported_parameter", "text.format", "Unsupported parameter: 'text.format' is not supported with this model."), want: `{"response_format":"json_object"}`},
		"output_config of Anthropic":    {wire: "messages", body: `{"error":{"type":"invalid_request_error","message":"output_config.format: Extra inputs are not permitted"}}`, want: `{"response_format":"json_object"}`},

		"an image at OpenAI":             {body: `{"error":{"message":"Invalid content type. image_url is only supported by certain models.","type":"invalid_request_error","param":"messages.[0].content.[1].type","code":null}}`, want: `{"images":"none"}`},
		"an image at DeepSeek":           {body: message("Failed to deserialize the JSON body into the target type: messages[1]: unknown variant `image_url`, expected `text` at line 1 column 900"), want: `{"images":"none"}`},
		"an image at vLLM":               {body: `{"object":"error","message":"Qwen/Qwen3-32B is not a multimodal model","type":"BadRequestError","code":400}`, want: `{"images":"none"}`},
		"an image at llama.cpp":          {status: 500, body: `{"error":{"code":500,"message":"image input is not supported - hint: if this is unexpected, you may need to provide the mmproj","type":"server_error"}}`, want: `{"images":"none"}`},
		"an image at OpenRouter":         {status: 404, body: `{"error":{"message":"No endpoints found that support image input","code":404}}`, want: `{"images":"none"}`},
		"an image at Groq":               {body: message("'messages.1' : for 'role:user' the following must be satisfied[('messages.1.content' : value must be a string)]"), want: `{"images":"none"}`},
		"an image at Bedrock":            {wire: "converse", body: `{"message":"This model doesn't support the image content block that you provided. Remove the image content block and try again."}`, want: `{"images":"none"}`},
		"an image of the user":           {body: message("Validation error: This model doesn't support the image field for user messages. Remove image and try again."), want: `{"images":"none"}`},
		"an image at Mistral":            {body: `{"object":"error","message":"Image content is currently not available for this model","type":"invalid_request_error","code":"3051"}`, want: `{"images":"none"}`},
		"an image that is fetched":       {has: `{"images":"data"}`, body: message("Model x does not support image inputs."), want: `{"images":"none"}`},
		"an image on the other wire":     {wire: "responses", body: coded("invalid_value", "input[0].content[1].type", "Invalid value: 'input_image'. Supported values are: 'input_text' and 'output_text'."), want: `{"images":"none"}`},
		"an image's address at Copilot":  {body: `{"error":{"message":"external image URLs are not supported","code":"invalid_request_body"}}`, want: `{"images":"data"}`},
		"an image's address at Kimi":     {body: message("Invalid request: unsupported image url: https://example.com/a.png"), want: `{"images":"data"}`},
		"an image's address at a server": {body: message("image_url must be a base64 encoded image or data URI"), want: `{"images":"data"}`},
		"a level of detail":              {has: `{"image_detail":"send"}`, body: coded("unknown_parameter", "messages[0].content[1].image_url.detail", "Unknown parameter: 'messages[0].content[1].image_url.detail'."), want: `{"image_detail":"omit"}`},
		"a file":                         {has: `{"files":"data"}`, body: coded("invalid_value", "messages[0].content[1].type", "Invalid value: 'file'. Supported values are: 'text' and 'image_url'."), want: `{"files":"none"}`},
		"a PDF":                          {has: `{"files":"url"}`, body: message("This model does not support PDF input."), want: `{"files":"none"}`},

		"an effort at Groq":              {has: `{"effort_param":"reasoning_effort"}`, body: message("property 'reasoning_effort' is unsupported, did you mean 'reasoning_format'?"), want: `{"effort_param":"none"}`},
		"an effort at OpenAI":            {has: `{"effort_param":"reasoning_effort"}`, body: message("Unrecognized request argument supplied: reasoning_effort"), want: `{"effort_param":"none"}`},
		"an effort at LiteLLM":           {has: `{"effort_param":"reasoning_effort"}`, body: `{"error":{"message":"litellm.UnsupportedParamsError: together_ai does not support parameters: ['reasoning_effort'], for model=Qwen/Qwen3.5-9B. To drop these, set"}}`, want: `{"effort_param":"none"}`},
		"an effort at vLLM":              {has: `{"effort_param":"reasoning_effort"}`, body: `{"object":"error","message":"Kwargs ['reasoning_effort'] are not supported by ` + "`MistralCommonTokenizer.apply_chat_template`" + `.","code":400}`, want: `{"effort_param":"none"}`},
		"an effort beside thinking":      {has: `{"effort_param":"thinking+reasoning_effort"}`, body: message("Unknown parameter: 'reasoning_effort'."), want: `{"effort_param":"thinking"}`},
		"thinking beside an effort":      {has: `{"effort_param":"thinking+reasoning_effort"}`, body: message("Extra inputs are not permitted, field: 'thinking'"), want: `{"effort_param":"reasoning_effort"}`},
		"an effort on the other wire":    {wire: "responses", has: `{"effort_param":"reasoning.effort"}`, body: coded("unsupported_parameter", "reasoning.effort", "Unsupported parameter: 'reasoning.effort' is not supported with this model."), want: `{"drop_fields":["reasoning"],"effort_param":"none"}`},
		"thinking":                       {has: `{"effort_param":"thinking"}`, status: 422, body: `{"detail":[{"type":"extra_forbidden","loc":["body","thinking"],"msg":"Extra inputs are not permitted","input":{"type":"enabled"}}]}`, want: `{"effort_param":"none"}`},
		"thinking at Ollama":             {has: `{"effort_param":"reasoning_effort"}`, body: message(`"llama3.2:3b" does not support thinking`), want: `{"effort_param":"none"}`},
		"a level at Ollama":              {wire: "ollama", has: `{"effort_param":"think"}`, body: `{"error":"think value \"high\" is not supported for this model"}`, want: `{"effort_param":"none"}`},
		"enable_thinking":                {has: `{"effort_param":"enable_thinking"}`, body: message("Unrecognized request argument supplied: enable_thinking"), want: `{"effort_param":"none"}`},
		"chat_template_kwargs":           {has: `{"effort_param":"chat_template_kwargs"}`, body: message("Extra inputs are not permitted, field: 'chat_template_kwargs'"), want: `{"effort_param":"none"}`},
		"a template of Mistral":          {has: `{"effort_param":"chat_template_kwargs"}`, body: `{"error":{"message":"chat_template is not supported for Mistral tokenizers.","type":"BadRequestError","param":null,"code":400}}`, want: `{"effort_param":"none"}`},
		"adaptive thinking":              {wire: "messages", has: `{"effort_param":"thinking.adaptive"}`, body: `{"error":{"type":"invalid_request_error","message":"adaptive thinking is not supported on this model"}}`, want: `{"effort_param":"none"}`},
		"a budget":                       {wire: "messages", has: `{"effort_param":"thinking.budget"}`, body: `{"error":{"type":"invalid_request_error","message":"\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior."}}`, want: `{"effort_map":{"none": "off", "minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "max", "max": "max"},"effort_param":"thinking.adaptive"}`},
		"output_config":                  {wire: "messages", has: `{"effort_param":"thinking.adaptive"}`, body: `{"error":{"type":"invalid_request_error","message":"output_config: Extra inputs are not permitted"}}`, want: `{"effort_param":"none"}`},
		"a level at Gemini":              {wire: "gemini", has: `{"effort_param":"thinkingLevel"}`, body: `[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"thinkingLevel\" at 'generation_config.thinking_config': Cannot find field.","status":"INVALID_ARGUMENT"}}]`, want: `{"effort_param":"none"}`},
		"no thinking at Gemini":          {wire: "gemini", has: `{"effort_param":"thinkingLevel"}`, body: `[{"error":{"code":400,"message":"Thinking level is not supported for this model.","status":"INVALID_ARGUMENT"}}]`, want: `{"effort_param":"none"}`},
		"an effort without alternatives": {has: `{"effort_param":"reasoning_effort"}`, body: message("Invalid value for 'reasoning_effort'"), want: `{"effort_param":"none"}`},

		"the developer role at OpenAI":    {has: `{"system_role":"developer"}`, body: coded("unsupported_value", "messages[0].role", "Unsupported value: 'messages[0].role' does not support 'developer' with this model."), want: `{"system_role":"system"}`},
		"the developer role at DeepSeek":  {has: `{"system_role":"developer"}`, body: message("Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder` at line 1 column 60"), want: `{"system_role":"system"}`},
		"the developer role at Qwen":      {has: `{"system_role":"developer"}`, body: message("developer is not one of ['system', 'assistant', 'user', 'tool', 'function'] - 'messages.['0].role'"), want: `{"system_role":"system"}`},
		"the developer role at Volcano":   {has: `{"system_role":"developer"}`, body: message("The parameter `messages.role` specified in the request are not valid: invalid value: `developer`, supported values are: `system`, `assistant`, `user`, `tool`."), want: `{"system_role":"system"}`},
		"the developer role at Vercel":    {has: `{"system_role":"developer"}`, body: `{"error":{"message":"Invalid enum value. Expected 'system' | 'user' | 'assistant' | 'tool', received 'developer'","type":"invalid_request_error","param":"messages.0.role","code":"invalid_request_error"}}`, want: `{"system_role":"system"}`},
		"the developer role of gateways":  {has: `{"system_role":"developer"}`, body: message("invalid parameter 'messages[0].role': invalid role 'developer', must be one of: system, user, assistant, tool"), want: `{"system_role":"system"}`},
		"the developer role of templates": {has: `{"system_role":"developer"}`, body: message("chat template rejected the request: Unexpected message role."), want: `{"system_role":"system"}`},
		"the system role at OpenAI":       {body: coded("unsupported_value", "messages[0].role", "Unsupported value: 'messages[0].role' does not support 'system' with this model."), want: `{"system_role":"user"}`},
		"the system role of templates":    {body: message("System role not supported"), want: `{"system_role":"user"}`},
		"a late system message at vLLM":   {has: `{"late_system":"allow"}`, body: `{"error":{"message":"System message must be at the beginning.","type":"BadRequestError","param":null,"code":400}}`, want: `{"late_system":"as_user"}`},
		"a late system message of Jinja":  {has: `{"late_system":"allow"}`, status: 500, body: `{"error":{"code":500,"message":"Unable to generate parser for this template. Automatic parser generation failed: \n------------\nWhile executing CallExpression at line 85, column 32\nin source:\n...first %}{{- raise_exception('System message must be at the beginnin...\n ^\nError: Jinja Exception: System message\nmust be at the beginning.","type":"server_error"}}`, want: `{"late_system":"as_user"}`},

		"a cache key":         {has: `{"cache_key":"prompt_cache_key"}`, body: coded("unknown_parameter", "prompt_cache_key", "Unknown parameter: 'prompt_cache_key'."), want: `{"cache_key":"omit"}`},
		"a user":              {has: `{"user_field":"user"}`, body: message("Unsupported parameter: 'user'"), want: `{"user_field":"omit"}`},
		"a safety identifier": {has: `{"user_field":"safety_identifier"}`, body: message("property 'safety_identifier' is unsupported"), want: `{"user_field":"omit"}`},
		"metadata":            {wire: "messages", has: `{"user_field":"user_id"}`, body: message("metadata: Extra inputs are not permitted"), want: `{"user_field":"omit"}`},
		"verbosity":           {has: `{"verbosity":"send"}`, body: message("Extra inputs are not permitted, field: 'verbosity'"), want: `{"verbosity":"omit"}`},
		"logprobs":            {body: message("'logprobs' is not supported with this model"), want: `{"logprobs":"omit"}`},
		"logprobs at Groq":    {body: message("`logprobs` is not supported with this model"), want: `{"logprobs":"omit"}`},
		"top_logprobs":        {body: message("Unknown parameter: 'top_logprobs'."), want: `{"logprobs":"omit"}`},
		"log probabilities":   {wire: "ollama", body: message("this model does not support log probabilities"), want: `{"logprobs":"omit"}`},
		"logprobs of a model": {wire: "responses", body: message("logprobs are not supported with reasoning models."), want: `{"logprobs":"omit"}`},
		"a service tier":      {has: `{"service_tier":"send"}`, body: message("Unknown parameter: 'service_tier'."), want: `{"service_tier":"omit"}`},

		"reasoning at Groq":                {has: `{"reasoning_out":"reasoning_content"}`, body: message("'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]"), want: `{"reasoning_out":"none"}`},
		"reasoning at Cerebras":            {has: `{"reasoning_out":"reasoning_content"}`, body: `{"message":"messages.2.assistant.reasoning_content: property 'messages.2.assistant.reasoning_content' is unsupported","type":"invalid_request_error","param":"validation_error","code":"wrong_api_format"}`, want: `{"reasoning_out":"none"}`},
		"reasoning of a plain model":       {has: `{"reasoning_out":"reasoning"}`, body: message("messages[3].reasoning: reasoning is not supported with this model"), want: `{"reasoning_out":"none"}`},
		"reasoning beside an effort":       {has: `{"reasoning_out":"reasoning","effort_param":"reasoning.effort"}`, status: 422, body: `{"detail":[{"type":"extra_forbidden","loc":["body","messages",2,"assistant","reasoning"],"msg":"Extra inputs are not permitted","input":"hm"}]}`, want: `{"reasoning_out":"none"}`},
		"reasoning_details":                {has: `{"reasoning_out":"reasoning_details"}`, body: message("Extra inputs are not permitted, field: 'messages[2].reasoning_details', value: []"), want: `{"reasoning_out":"none"}`},
		"reasoning missing at DeepSeek":    {body: `{"error":{"message":"The ` + "`reasoning_content`" + ` in the thinking mode must be passed back to the API.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`, want: `{"reasoning_out":"reasoning_content","reasoning_required":"with_tools"}`},
		"reasoning missing at MiMo":        {body: `{"error":{"code":"400","message":"Param Incorrect","param":"The reasoning_content in the thinking mode must be passed back to the API.","type":""}}`, want: `{"reasoning_out":"reasoning_content","reasoning_required":"with_tools"}`},
		"reasoning missing at SiliconFlow": {body: `{"code":20015,"message":"thinking is enabled but reasoning_content is missing in assistant tool call message at index 32","data":null}`, want: `{"reasoning_out":"reasoning_content","reasoning_required":"with_tools"}`},
		"reasoning missing again":          {has: `{"reasoning_out":"reasoning_content"}`, body: message("thinking is enabled but reasoning_content is missing in assistant tool call message at index 3"), want: `{"reasoning_required":"with_tools"}`},
		"reasoning missing ever":           {has: `{"reasoning_out":"reasoning_content","reasoning_required":"with_tools"}`, body: message("thinking is enabled but reasoning_content is missing in assistant tool call message at index 3"), want: `{"reasoning_required":"always"}`},

		"a custom tool at DeepSeek":     {wire: "responses", has: `{"custom_tools":"native"}`, body: message("Unsupported custom tool: exec"), want: `{"custom_tools":"function"}`},
		"a custom tool at a gateway":    {wire: "responses", has: `{"profile":"native"}`, body: `{"error":{"message":"Only ` + "`type:\\\"function\\\"`" + ` tools are supported on this endpoint. Built-in tools (web_search, file_search, code_interpreter, computer_use, mcp) are not executed here.","param":"tools.8.type","type":"invalid_request_error"}}`, want: `{"profile":"rewrite"}`},
		"a namespace":                   {wire: "responses", has: `{"profile":"native"}`, body: message("unknown variant `namespace`, expected one of `function`, `web_search`"), want: `{"profile":"rewrite"}`},
		"tools that must be functions":  {wire: "responses", has: `{"profile":"native"}`, body: message("'type' of tool must be 'function'"), want: `{"profile":"rewrite"}`},
		"a web search":                  {has: `{"web_search":"web_search"}`, body: message("Unsupported tool type: web_search"), want: `{"web_search":"none"}`},
		"a web search of a market":      {has: `{"web_search":"openrouter:web_search"}`, body: message("Invalid value: 'openrouter:web_search'."), want: `{"web_search":"none"}`},
		"a hosted web search":           {wire: "responses", has: `{"web_search":"web_search"}`, body: message("Hosted tool 'web_search_preview' is not supported with gpt-x."), want: `{"web_search":"none"}`},
		"a web search at a host":        {wire: "messages", has: `{"web_search":"web_search_20250305"}`, body: message("tools.3: Input tag 'web_search_20250305' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom'"), want: `{"web_search":"none"}`},
		"a web search beside functions": {wire: "gemini", has: `{"web_search":"google_search","web_search_with_tools":"validated"}`, body: `[{"error":{"code":400,"message":"Built-in tools ({google_search}) and Function Calling cannot be combined in the same request. Please choose one of them to proceed.","status":"INVALID_ARGUMENT"}}]`, want: `{"web_search_with_tools":"omit"}`},
		"a web search at Gemini":        {wire: "gemini", has: `{"web_search":"google_search"}`, body: `[{"error":{"code":400,"message":"Tool use with function calling is unsupported","status":"INVALID_ARGUMENT"}}]`, want: `{"web_search":"none"}`},
		"enable_search":                 {has: `{"web_search":"enable_search"}`, body: message("Unknown parameter: 'enable_search'."), want: `{"web_search":"none"}`},

		"cache_control of a tool":     {wire: "messages", has: `{"cache_control":"ephemeral"}`, body: `{"type":"error","error":{"type":"invalid_request_error","message":"tools.3.cache_control: Extra inputs are not permitted"}}`, want: `{"cache_control":"none"}`},
		"cache_control of the system": {wire: "messages", has: `{"cache_control":"ephemeral"}`, body: message("system.0.cache_control: Extra inputs are not permitted"), want: `{"cache_control":"none"}`},
		"a cache point":               {wire: "converse", has: `{"cache_control":"ephemeral"}`, body: `{"message":"You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information."}`, want: `{"cache_control":"none"}`},
		"eager_input_streaming":       {wire: "messages", has: `{"eager_tool_input":true}`, body: message("tools.0.custom.eager_input_streaming: Extra inputs are not permitted"), want: `{"eager_tool_input":false}`},
		"a name of a tool message":    {has: `{"tool_message_name":true}`, body: message("'messages.4' : for 'role:tool' the following must be satisfied[('messages.4' : property 'name' is unsupported)]"), want: `{"tool_message_name":false}`},
		"null at Ollama":              {body: message("invalid message content type: <nil>"), want: `{"assistant_content":"empty"}`},
		"null at LM Studio":           {body: `{"error":"Invalid 'content': 'content' field must be a string or an array of objects."}`, want: `{"assistant_content":"empty"}`},
		"null at Groq":                {body: message("'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2.content' : value must be a string)]"), want: `{"assistant_content":"empty"}`},
		"a call's id at Mistral":      {body: `{"object":"error","message":"Tool call id was call_abcdef but must be a-z, A-Z, 0-9, with a length of 9.","type":"invalid_request_error","code":"3280"}`, want: `{"tool_call_id":"alphanumeric9"}`},
		"a call's id at OpenAI":       {body: message("Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 46 instead."), want: `{"tool_call_id":"max40"}`},
		"a call's id at Anthropic":    {wire: "messages", body: message("messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"), want: `{"tool_call_id":"max64"}`},

		"a member on the other wire":          {wire: "responses", body: `{"detail":"Unsupported parameter: prompt_cache_retention"}`, want: `{"drop_fields":["prompt_cache_retention"]}`},
		"another member on the other wire":    {wire: "responses", has: `{"drop_fields":["metadata"]}`, body: message("property 'store' is unsupported"), want: `{"drop_fields":["metadata","store"]}`},
		"a member that is not supported here": {wire: "responses", body: coded("invalid_parameter", "prompt_cache_retention", "prompt_cache_retention is not supported on this model"), want: `{"drop_fields":["prompt_cache_retention"]}`},
		"a member nobody knows":               {wire: "responses", body: coded("unknown_parameter", "brand_new", "Unknown parameter: 'brand_new'."), want: `{"drop_fields":["brand_new"]}`},
		"instructions":                        {wire: "responses", body: coded("unsupported_parameter", "instructions", "Unsupported parameter: 'instructions'."), want: `{"instructions":"input"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			lesson, ok := test.learn(t)
			d := test.dialect(t)
			change := lesson.Settings(d)
			if got := written(change); !ok || got != written(settings(t, test.want)) {
				t.Fatalf("%q teaches %s, want %s", test.fault().Message, got, test.want)
			}
			if err := d.Apply(change); err != nil {
				t.Fatalf("the lesson cannot be applied: %v", err)
			}
			if again := lesson.Settings(d); len(again) > 0 {
				t.Errorf("what has learned changes again: %s", written(again))
			}
		})
	}
}

func TestEffortsThatAreTakenAreUsed(t *testing.T) {
	const all = `{"none":"none","minimal":"minimal","low":"low","medium":"medium","high":"high","xhigh":"xhigh","max":"max"}`
	const lowToHigh = `{"high":"high","low":"low","max":"high","medium":"medium","minimal":"low","none":"low","xhigh":"high"}`
	tests := map[string]struct{ wire, profile, param, effortMap, body, want string }{
		"what passes as it is": {wire: "responses", profile: "native", param: "none", effortMap: "{}", body: coded("unsupported_value", "reasoning.effort", "Unsupported value: 'xhigh' is not supported with the 'x' model. Supported values are: 'low', 'medium', and 'high'."), want: lowToHigh},
		"OpenAI":               {body: coded("unsupported_value", "reasoning_effort", "Unsupported value: 'reasoning_effort' does not support 'none' with this model. Supported values are: 'minimal', 'low', 'medium', and 'high'."), want: `{"high":"high","low":"low","max":"high","medium":"medium","minimal":"minimal","none":"minimal","xhigh":"high"}`},
		"OpenAI's newer":       {wire: "responses", param: "reasoning.effort", body: coded("invalid_value", "reasoning.effort", "Invalid value: 'xhigh'. Supported values are: 'low', 'medium', and 'high'."), want: lowToHigh},
		"a validation":         {body: `{"detail":"Validation error for ` + "`reasoning_effort`: expected one of `'low' | 'medium' | 'high'`, received `'xhigh'`" + `."}`, want: lowToHigh},
		"SGLang":               {body: `{"object":"error","message":"1 validation error:\n  {'type': 'literal_error', 'loc': ('body', 'reasoning_effort'), 'msg': \"Input should be 'low', 'medium' or 'high'\", 'input': 'xhigh', 'ctx': {'expected': \"'low', 'medium' or 'high'\"}}","type":"Bad Request","param":null,"code":400}`, want: lowToHigh},
		"vLLM":                 {body: `{"detail":[{"type":"literal_error","loc":["body","reasoning_effort"],"msg":"Input should be 'low', 'medium' or 'high'","input":"xhigh"}]}`, want: lowToHigh},
		"Groq":                 {body: message("`reasoning_effort` must be one of `low`, `medium`, or `high`"), want: lowToHigh},
		"a gateway":            {body: message(`reasoning effort: level "max" not supported, valid levels: low, medium, high, xhigh`), want: `{"high":"high","low":"low","max":"xhigh","medium":"medium","minimal":"low","none":"low","xhigh":"xhigh"}`},
		"GLM at Mistral":       {body: `{"object":"error","message":"reasoning_effort should be one of ['low', 'high', 'max'], got medium","type":"invalid_request_error"}`, want: `{"high":"high","low":"low","max":"max","medium":"high","minimal":"low","none":"low","xhigh":"max"}`},
		"Anthropic":            {wire: "messages", param: "thinking.adaptive", body: message("This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium."), want: `{"high":"high","low":"low","max":"max","medium":"medium","minimal":"low","none":"low","xhigh":"max"}`},
		"a switch beside":      {param: "thinking+reasoning_effort", effortMap: `{"none":"off","low":"low","medium":"medium"}`, body: message("reasoning_effort must be one of low, high"), want: `{"low":"low","medium":"high","none":"off"}`},
		"off by the effort":    {effortMap: `{"none":"off","low":"low"}`, body: message("reasoning_effort must be one of low, high"), want: `{"low":"low","none":"low"}`},
		"words in capitals":    {wire: "gemini", param: "thinkingLevel", effortMap: `{"minimal":"MINIMAL","low":"LOW"}`, body: message("Invalid value: 'minimal'. Supported values are: LOW, HIGH"), want: `{"low":"LOW","minimal":"LOW"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := refusal{wire: test.wire, body: test.body}
			if test.effortMap == "" {
				test.effortMap = all
			}
			if test.param == "" {
				test.param = "reasoning_effort"
			}
			if test.profile == "" {
				test.profile = "rewrite"
			}
			r.has = `{"profile":"` + test.profile + `","effort_param":"` + test.param + `","effort_map":` + test.effortMap + `}`
			lesson, ok := r.learn(t)
			if got := string(lesson.Settings(r.dialect(t))["effort_map"]); !ok || got != test.want {
				t.Errorf("%q teaches %s, want %s", r.fault().Message, got, test.want)
			}
		})
	}
}

// What sounds alike and is no lesson: wrong values, limits, missing things, and what a provider quotes of the prompt.
func TestRefusalsThatTeachNothing(t *testing.T) {
	const everything = `{"tools_strict":"send","files":"url","image_detail":"send","effort_param":"reasoning_effort","effort_map":{"low":"low"},"reasoning_out":"reasoning_content",` +
		`"cache_key":"prompt_cache_key","user_field":"user","verbosity":"send","service_tier":"send","web_search":"web_search","late_system":"allow","system_role":"developer","tool_message_name":true}`
	tests := map[string]refusal{
		"a large output limit":           {body: message("max_tokens is too large: 200000. This model supports at most 128000 completion tokens, whereas you provided 200000.")},
		"a large output limit of Qwen":   {body: message("<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 65536]")},
		"an output limit without budget": {wire: "messages", body: message("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation")},
		"a temperature out of range":     {body: message("Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.")},
		"a parser that is not set":       {body: `{"object":"error","message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","code":400}`},
		"no tools at all":                {status: 404, body: `{"error":{"message":"No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/docs","code":404}}`},
		"tools that are missing":         {body: message("Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.")},
		"a choice without tools":         {body: message("'tool_choice' is only allowed when 'tools' are specified.")},
		"a bad schema":                   {body: coded("invalid_function_parameters", "tools[0].function.parameters", "Invalid schema for function 'f': In context=('properties', 'strict'), array schema missing items.")},
		"a member of a tool's schema":    {body: `[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"const\" at 'tools[0].function_declarations[5].parameters.properties[8].value.any_of[0]': Cannot find field.","status":"INVALID_ARGUMENT"}}]`},
		"a large image":                  {body: message("The image exceeds the maximum size of 20MB")},
		"an image nobody can read":       {body: message("You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].")},
		"an image that is not there":     {body: message("Error while downloading https://example.com/a.png. Upstream status code: 404.")},
		"too many images":                {body: message("At most 5 image(s) may be provided in one request.")},
		"an unanswered call":             {body: message("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)")},
		"a long name":                    {body: message("Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.")},
		"an empty message":               {wire: "messages", body: message("messages.3: all messages must have non-empty content except for the optional final assistant message")},
		"a model":                        {status: 404, body: message("The model `x` does not exist or you do not have access to it.")},
		"an unknown model":               {body: message("model x is not supported")},
		"a rate limit":                   {status: 429, body: message("Rate limit: stream_options is not supported on the free tier.")},
		"a context":                      {body: message("This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.")},
		"a key":                          {status: 401, body: message("Unknown parameter: 'stream_options'.")},
		"an outage":                      {status: 503, body: message("Unknown parameter: 'stream_options'.")},
		"some error":                     {status: 500, body: message("Something broke.")},
		"a person":                       {body: message("The user is not allowed to do this.")},
		"a page":                         {body: "<html>stream_options is not supported</html>"},
		"a list of what there is":        {body: message("Unknown field `zzz`, expected one of `stream_options`, `strict`, `user`")},
		"what the client wrote":          {body: `{"object":"error","message":"[{'type': 'string_type', 'loc': ('body', 'messages', 3, 'content'), 'msg': 'Input should be a valid string', 'input': \"Unknown parameter: 'stream_options'. The model does not support images.\"}]","code":400}`},
		"what the client wrote, cut":     {body: message("1 validation error for Request messages.3 Value error, bad [type=value_error, input_value='System message must be at the beginning', input_type=str]")},
		"a member that must stay":        {wire: "responses", body: coded("unknown_parameter", "previous_response_id", "Unknown parameter: 'previous_response_id'.")},
		"the input":                      {wire: "responses", body: coded("unsupported_parameter", "input", "Unsupported parameter: 'input'.")},
		"a member of an item":            {wire: "responses", body: coded("unknown_parameter", "input[3].namespace", "Unknown parameter: 'input[3].namespace'.")},
		"a value of a member":            {wire: "responses", body: coded("invalid_value", "service_tier", "Invalid service_tier argument")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.has == "" {
				test.has = everything
			}
			if lesson, ok := test.learn(t); ok {
				t.Errorf("%q teaches %s", test.fault().Message, written(lesson.Settings(test.dialect(t))))
			}
		})
	}
	own := fault.New(fault.Rejected, "Unknown parameter: 'stream_options'.")
	d := dialect.Default()
	if _, ok := lessons.Learn("chat", own, &d, func(lessons.Lesson) bool { return false }); ok {
		t.Error("what the gateway itself refuses teaches")
	}
}

func TestWhatHasBeenTriedMakesRoomForTheNextLesson(t *testing.T) {
	r := refusal{has: `{"effort_param":"reasoning_effort","effort_map":{"max":"max"}}`, body: message("reasoning_effort must be one of `low`, `high`. Unknown parameter: 'reasoning_effort'.")}
	tried := map[string]bool{}
	var learned []string
	for range 5 {
		lesson, ok := lessons.Learn("chat", r.fault(), r.dialect(t), func(l lessons.Lesson) bool { return tried[written(l.Settings(r.dialect(t)))] })
		if !ok {
			break
		}
		got := written(lesson.Settings(r.dialect(t)))
		tried[got] = true
		learned = append(learned, got)
	}
	if want := []string{`{"effort_map":{"max":"high"}}`, `{"effort_param":"none"}`}; !slices.Equal(learned, want) {
		t.Errorf("got %s", learned)
	}
}

func TestALessonHoldsForWhatWasRefused(t *testing.T) {
	r := refusal{body: message("Unsupported parameter: 'max_tokens'")}
	lesson, ok := r.learn(t)
	if !ok {
		t.Fatal("nothing is learned")
	}
	d := refusal{has: `{"max_tokens_field":"none"}`}.dialect(t)
	if got := lesson.Settings(d); len(got) > 0 {
		t.Errorf("a configuration that sends nothing of the kind becomes %s", written(got))
	}
}
