package e2e

import (
	"fmt"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// speeches are all wires, each with a provider that thinks, reads images, and refuses what its like refuse.
var speeches = []*speech{
	{
		name:     "chat",
		block:    "provider deepseek {\nbase_url %s\nkey {env.E2E_PROVIDER_KEY}\n}",
		model:    "deepseek-flash",
		strict:   func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.Strict(upstreamtest.RequireReasoning) },
		says:     says,
		asks:     chatAsks,
		unsealed: true,
	},
	{
		name:  "responses as they are",
		block: "provider openai {\nbase_url %s/v1\nkey {env.E2E_PROVIDER_KEY}\n}",
		model: "gpt-6-sol",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream {
			return u.StrictResponses(upstreamtest.Ciphertext("c2Vhb"))
		},
		says: func(text string) upstreamtest.Reply {
			return upstreamtest.ResponsesStream(upstreamtest.ResponsesMessage("msg_0123456789abcdef0", text))
		},
		asks:   nativeAsks,
		custom: true,
	},
	{
		name:   "messages",
		block:  "provider anthropic {\nbase_url %s\nkey {env.E2E_PROVIDER_KEY}\n}",
		model:  "claude-opus-5-5",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictMessages() },
		says: func(text string) upstreamtest.Reply {
			return upstreamtest.Messages("end_turn", upstreamtest.MessagesText(text))
		},
		asks: messagesAsks,
	},
	{
		name:   "gemini",
		block:  "provider gemini {\nbase_url %s/v1beta\nkey {env.E2E_PROVIDER_KEY}\n}",
		model:  "gemini-3.8-flash",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictGemini() },
		says: func(text string) upstreamtest.Reply {
			return upstreamtest.GeminiStream(upstreamtest.GeminiText(text), upstreamtest.GeminiFinish("STOP", 100, 10, 0))
		},
		asks: geminiAsks,
	},
	{
		name:   "converse",
		block:  "provider bedrock-converse {\nbase_url %s\nkey {env.E2E_PROVIDER_KEY}\nmodel mock-model anthropic.claude-opus-4-6\nset images data\nset tool_result_images native\nset schema_profile generic\n}",
		model:  "anthropic.claude-opus-4-6",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictConverse() },
		says: func(text string) upstreamtest.Reply {
			return upstreamtest.Converse(upstreamtest.ConverseStart(), upstreamtest.ConverseText(0, text), upstreamtest.ConverseBlockStop(0),
				upstreamtest.ConverseStop("end_turn"), upstreamtest.ConverseUsage(100, 10, 0))
		},
		asks: converseAsks,
	},
	{
		name:  "responses rewritten with ciphertext",
		block: "provider xai {\nbase_url %s/v1\nkey {env.E2E_PROVIDER_KEY}\n}",
		model: "grok-4.7",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream {
			return u.StrictResponses(upstreamtest.Plain(nil, []string{"web_search"}), upstreamtest.Ciphertext("c2Vhb"))
		},
		says: func(text string) upstreamtest.Reply {
			return upstreamtest.ResponsesStream(upstreamtest.ResponsesMessage("msg_0123456789abcdef0", text))
		},
		asks: rewrittenAsks,
	},
	{
		name:  "responses rewritten with open reasoning",
		block: "provider deepseek-responses deepseek {\nwire responses\nbase_url %s/v1\nkey {env.E2E_PROVIDER_KEY}\n}",
		model: "deepseek-flash",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream {
			return u.StrictResponses(upstreamtest.Plain([]string{"apply_patch"}, nil))
		},
		says: func(text string) upstreamtest.Reply {
			return upstreamtest.ResponsesStream(upstreamtest.ResponsesMessage("msg_1", text))
		},
		asks: func(thought, _ string, asked ...toolCall) upstreamtest.Reply {
			return upstreamtest.ResponsesStream(append(openThought(thought), callItems(asked)...)...)
		},
		unsealed: true,
		custom:   true,
	},
	{
		name:   "ollama",
		block:  "provider ollama {\nbase_url %s/v1\nset num_ctx 32768\nset images data\n}",
		model:  "qwen3",
		strict: func(u *upstreamtest.Upstream) *upstreamtest.Upstream { return u.StrictOllama() },
		says: func(text string) upstreamtest.Reply {
			return upstreamtest.Ollama(upstreamtest.OllamaText(text), upstreamtest.OllamaDone("stop", 100, 10))
		},
		asks:     ollamaAsks,
		unsealed: true,
	},
}

func chatAsks(thought, _ string, asked ...toolCall) upstreamtest.Reply {
	var chunks []string
	if thought != "" {
		chunks = append(chunks, upstreamtest.Reasoning(thought))
	}
	for i, call := range asked {
		chunks = append(chunks, upstreamtest.ToolCall(i, call.id, call.name, call.args))
	}
	return calls(chunks...)
}

func nativeAsks(thought, seal string, asked ...toolCall) upstreamtest.Reply {
	var items []upstreamtest.ResponsesItem
	if thought != "" {
		items = append(items, upstreamtest.ResponsesReasoning("rs_0123456789abcdef0", thought, seal))
	}
	return upstreamtest.ResponsesStream(append(items, callItems(asked)...)...)
}

// callItems are calls where apply_patch is a custom tool.
func callItems(asked []toolCall) []upstreamtest.ResponsesItem {
	var items []upstreamtest.ResponsesItem
	for i, call := range asked {
		if call.name == "apply_patch" {
			items = append(items, upstreamtest.ResponsesCustomCall(fmt.Sprintf("ctc_0123456789abcdef%d", i), call.id, call.name, call.args))
			continue
		}
		items = append(items, upstreamtest.ResponsesCall(fmt.Sprintf("fc_0123456789abcdef%d", i), call.id, call.name, call.args))
	}
	return items
}

func rewrittenAsks(thought, seal string, asked ...toolCall) upstreamtest.Reply {
	var items []upstreamtest.ResponsesItem
	if thought != "" {
		items = append(items, upstreamtest.ResponsesReasoning("rs_0123456789abcdef0", thought, seal))
	}
	for i, call := range asked {
		items = append(items, upstreamtest.ResponsesCall(fmt.Sprintf("fc_0123456789abcdef%d", i), call.id, call.name, call.args))
	}
	return upstreamtest.ResponsesStream(items...)
}

func openThought(thought string) []upstreamtest.ResponsesItem {
	if thought == "" {
		return nil
	}
	return []upstreamtest.ResponsesItem{upstreamtest.ResponsesThought("rs_1", thought)}
}

func ollamaAsks(thought, _ string, asked ...toolCall) upstreamtest.Reply {
	var lines []string
	if thought != "" {
		lines = append(lines, upstreamtest.OllamaThinking(thought))
	}
	for _, call := range asked {
		lines = append(lines, upstreamtest.OllamaCall(call.id, call.name, call.args))
	}
	return upstreamtest.Ollama(append(lines, upstreamtest.OllamaDone("stop", 100, 10))...)
}

func messagesAsks(thought, seal string, asked ...toolCall) upstreamtest.Reply {
	var blocks []upstreamtest.MessagesBlock
	if thought != "" {
		blocks = append(blocks, upstreamtest.MessagesThinking(thought, seal))
	}
	for _, call := range asked {
		blocks = append(blocks, upstreamtest.MessagesCall(call.id, call.name, call.args))
	}
	return upstreamtest.Messages("tool_use", blocks...)
}

// geminiAsks signs the first call, as Gemini does, whether there was a thought or not.
func geminiAsks(thought, seal string, asked ...toolCall) upstreamtest.Reply {
	if seal == "" {
		seal = "c2VhbA=="
	}
	var chunks, parts []string
	if thought != "" {
		chunks = append(chunks, upstreamtest.GeminiThought(thought))
	}
	for _, call := range asked {
		parts = append(parts, upstreamtest.GeminiCallPart(call.id, call.name, call.args, seal))
		seal = ""
	}
	chunks = append(chunks, upstreamtest.GeminiParts(parts...), upstreamtest.GeminiFinish("STOP", 100, 10, 5))
	return upstreamtest.GeminiStream(chunks...)
}

func converseAsks(thought, seal string, asked ...toolCall) upstreamtest.Reply {
	messages := []string{upstreamtest.ConverseStart()}
	block := 0
	if thought != "" {
		messages = append(messages, upstreamtest.ConverseReasoning(block, thought), upstreamtest.ConverseSignature(block, seal), upstreamtest.ConverseBlockStop(block))
		block++
	}
	for _, call := range asked {
		messages = append(messages, upstreamtest.ConverseCall(block, call.id, call.name), upstreamtest.ConverseInput(block, call.args), upstreamtest.ConverseBlockStop(block))
		block++
	}
	return upstreamtest.Converse(append(messages, upstreamtest.ConverseStop("tool_use"), upstreamtest.ConverseUsage(100, 10, 0))...)
}
