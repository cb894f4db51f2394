package presets

import (
	"strings"
	"testing"
)

// Families that share a provider and not a dialect.
func TestFamiliesOfOneProviderKeepApart(t *testing.T) {
	tests := []struct{ name, preset, model, knob, want string }{
		{
			"DeepSeek V4 Pro has no low effort", "deepseek", "deepseek-v4-pro", "effort_map",
			`{"none":"off","minimal":"high","low":"high","medium":"high","high":"high","xhigh":"max","max":"max"}`,
		},
		{"Kimi K3 takes an effort", "kimi", "kimi-k3.1-pro", "effort_param", `"reasoning_effort"`},
		{"Kimi K3 is sent no thinking object", "kimi", "kimi-k3", "thinking_fields", ``},
		{"Kimi K3 wants reasoning on every assistant message", "kimi", "kimi-k3", "reasoning_required", `"always"`},
		{"Kimi K2.6 keeps earlier reasoning when asked", "kimi", "kimi-k2.6", "thinking_fields", `{"keep":"all"}`},
		{"Kimi K2.7 has nothing to set", "kimi", "kimi-k2.7-code-highspeed", "effort_param", ``},
		{"Kimi K2.7 refuses a forced call", "kimi", "kimi-k2.7-code", "tool_choice", `["auto","none"]`},
		{"the coding plan's names are K3 too", "kimi", "k3.1-pro", "effort_param", `"reasoning_effort"`},
		{"Qwen 3.8 takes an effort", "qwen", "qwen3.8-flash", "effort_param", `"enable_thinking+reasoning_effort"`},
		{"Qwen 3.7 knows on and off", "qwen", "qwen3.7-max", "effort_param", `"enable_thinking"`},
		{"Qwen 3.7 takes a schema", "qwen", "qwen3.7-max", "response_format", `"json_schema"`},
		{"Qwen 3.6 takes no schema", "qwen", "qwen3.6-plus", "response_format", `"json_object"`},
		{"Qwen 3.6 Plus reads earlier reasoning", "qwen", "qwen3.6-plus", "extra_body", `{"preserve_thinking":true}`},
		{"Qwen 3.6 Flash does not", "qwen", "qwen3.6-flash", "reasoning_out", ``},
		{"GLM-5.3 takes an effort", "glm", "glm-5.3-highspeed", "effort_param", `"thinking+reasoning_effort"`},
		{"GLM-4.7 knows on and off", "glm", "glm-4.7", "effort_param", `"thinking"`},
		{"Groq's Qwen separates its reasoning when asked", "groq", "qwen/qwen3.8-27b", "extra_body", `{"reasoning_format":"parsed"}`},
		{"Groq's gpt-oss is not asked", "groq", "openai/gpt-oss-20b", "extra_body", ``},
		{"Groq's Llama does not reason", "groq", "llama-3.3-70b-versatile", "effort_param", ``},
		{"Mistral Large 4 has three efforts", "mistral", "mistral-large-4-0", "effort_param", `"reasoning_effort"`},
		{"Devstral has none", "mistral", "devstral-2512", "effort_param", ``},
		{"Grok 4.20 refuses an effort", "xai", "grok-4.20-0309-reasoning", "effort_param", `"none"`},
		{"OpenRouter passes the developer role to Claude", "openrouter", "anthropic/claude-haiku-5.5", "system_role", `"developer"`},
		{"OpenRouter keeps it from others", "openrouter", "z-ai/glm-5.3", "system_role", ``},
		{"OpenAI's old models take sampling parameters in chat", "openai chat", "gpt-4.1-mini", "sampling", `"pass"`},
		{"OpenAI's new models call tools without reasoning only in chat", "openai chat", "gpt-5.5", "extra_body", `{"reasoning_effort":"none"}`},
		{"gpt-5.2 reasons in chat", "openai chat", "gpt-5.2", "effort_param", `"reasoning_effort"`},
		{"gpt-5.5 has no max", "openai", "gpt-5.5", "effort_map", `{"none":"none","minimal":"low","low":"low","medium":"medium","high":"high","xhigh":"xhigh","max":"xhigh"}`},
		{"gpt-6-astra cannot be told not to think", "openai", "gpt-6-astra", "effort_map", `{"none":"low","minimal":"low","low":"low","medium":"medium","high":"high","xhigh":"xhigh","max":"max"}`},
		{"a model of OpenAI that nobody knows takes what it is sent", "openai", "gpt-7", "effort_map", `{"none":"none","minimal":"minimal","low":"low","medium":"medium","high":"high","xhigh":"xhigh","max":"max"}`},
		{"Bedrock's GPT takes what Codex sends", "bedrock", "openai.gpt-5.5", "profile", `"native"`},
		{"Bedrock's gpt-oss does not", "bedrock", "openai.gpt-oss-120b", "profile", `"rewrite"`},
		{"Bedrock's Grok does not", "bedrock", "xai.grok-4.7", "profile", ``},
		{"DeepSeek V4 Pro has no low effort by Responses", "deepseek responses", "deepseek-v4-pro", "effort_map", `{"none":"high","minimal":"high","low":"high","medium":"high","high":"high","xhigh":"max","max":"max"}`},
		{"GLM's older models take no effort by Responses", "glm responses", "glm-4.7", "effort_param", `"none"`},
		{"Gemini 4 takes a level", "gemini", "gemini-4-hydrogen", "effort_param", `"thinkingLevel"`},
		{"Gemini 3.8 Flash has no minimal level", "gemini", "gemini-3.8-flash", "effort_map", `{"none":"LOW","minimal":"LOW","low":"LOW","medium":"MEDIUM","high":"HIGH","xhigh":"HIGH","max":"HIGH"}`},
		{"Gemini 3.6 Flash has one", "gemini", "gemini-3.6-flash", "effort_map", `{"none":"MINIMAL","minimal":"MINIMAL","low":"LOW","medium":"MEDIUM","high":"HIGH","xhigh":"HIGH","max":"HIGH"}`},
		{"Gemini 2.5 takes a budget", "gemini", "gemini-2.5-flash-lite", "effort_param", `"thinkingBudget"`},
		{"Gemini 2.0 does not think", "gemini", "gemini-2.0-flash", "effort_param", `"none"`},
		{"Gemini 2.5 wants no signatures", "vertex", "gemini-2.5-pro", "foreign_signature", `""`},
		{"Gemini 3 wants them", "vertex", "gemini-3.1-pro-preview", "foreign_signature", `"skip_thought_signature_validator"`},
		{"Vertex knows no ids of calls", "vertex", "gemini-3.8-flash", "tool_call_id", `"omit"`},
		{"the Gemini API knows them", "gemini", "gemini-3.8-flash", "tool_call_id", ``},
		{"Gemma has no system instruction", "gemini", "gemma-3-27b-it", "system_role", `"user"`},
		{"a local Qwen is told through its template", "vllm", "Qwen/Qwen3-32B", "effort_param", `"chat_template_kwargs"`},
		{"a local model that nobody knows is told nothing", "vllm", "acme/unheard-of", "effort_param", ``},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			name, wire, _ := strings.Cut(test.preset, " ")
			preset, _ := Get(name)
			if wire != "" {
				preset = preset.For(wire)
			}
			var got string
			for _, layer := range preset.Layers(test.model) {
				if value, ok := layer[test.knob]; ok {
					got = string(value)
				}
			}
			if (got == "") != (test.want == "") || got != "" && !sameJSON(t, []byte(got), []byte(test.want)) {
				t.Errorf("%s of %s is %s, want %s", test.knob, test.model, got, test.want)
			}
		})
	}
}
