package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// shellCalls is the number of tool calls in the conversation; each is three items: reasoning, call, output.
const shellCalls = 8

// A conversation is what both request bodies say, so that either side carries the same amount of work: some way into a coding task,
// with the sizes that the Codex CLI sends.
type conversation struct {
	notices []string // developer messages: instructions, permissions, project notes
	context string   // the environment, as a user message
	task    string
	calls   []toolCall
	answer  string
	next    string // the user's second message, which the reply is for
}

type toolCall struct {
	id, arguments, output string
	summary, sealed       string // of the reasoning before the call
}

func newConversation() conversation {
	f := newFiller(1)
	c := conversation{
		notices: []string{f.text(8_000), "<permissions instructions>\n" + f.text(3_500)},
		context: "<environment_context>\n  <cwd>/home/dev/project</cwd>\n  <shell>bash</shell>\n</environment_context>\n" + f.text(1_200),
		task:    "Find out why the import fails on large files and fix it.\n" + f.text(700),
		answer:  f.text(900),
		next:    "Please add a test for it as well. " + f.text(200),
	}
	for i := range shellCalls {
		arguments, err := json.Marshal(map[string]any{
			"cmd": "sed -n 1,200p internal/importer/" + f.word() + ".go && rg -n \"" + f.word() + "\" --type go", "workdir": "/home/dev/project",
			"yield_time_ms": 10000, "max_output_tokens": 6000,
		})
		if err != nil {
			panic(err) // strings and numbers always marshal
		}
		c.calls = append(c.calls, toolCall{
			id:        fmt.Sprintf("call_%024x", 0xabcdef0123+i),
			arguments: string(arguments),
			output: "Chunk ID: 89b21a\nWall time: 0.0312 seconds\nProcess exited with code 0\nOriginal token count: 812\nOutput:\n" +
				f.text(2_250),
			summary: "**Reading the importer**\n\n" + f.text(260),
			sealed:  base64.StdEncoding.EncodeToString([]byte(f.text(700))),
		})
	}
	return c
}

// object is a JSON object whose keys keep their order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out = fmt.Appendf(out, "%q:%s", m.key, value)
	}
	return append(out, '}'), nil
}

// responsesBody is the request as the Codex CLI sends it: 30 items, 15 tools, about 73 KB.
func responsesBody(model string) []byte {
	c := newConversation()
	input := []object{}
	add := func(members ...member) { input = append(input, members) }
	message := func(role, kind, text string) {
		add(member{"type", "message"}, member{"id", fmt.Sprintf("msg_00000000-0000-7000-8000-%012d", len(input))}, member{"role", role},
			member{"content", []object{{{"type", kind}, {"text", text}}}})
	}
	for _, notice := range c.notices {
		message("developer", "input_text", notice)
	}
	message("user", "input_text", c.context)
	message("user", "input_text", c.task)
	for i, call := range c.calls {
		add(member{"type", "reasoning"}, member{"id", fmt.Sprintf("rs_%024x", i)},
			member{"summary", []object{{{"type", "summary_text"}, {"text", call.summary}}}},
			member{"content", nil}, member{"encrypted_content", call.sealed})
		add(member{"type", "function_call"}, member{"status", "completed"}, member{"id", fmt.Sprintf("fc_%024x", i)},
			member{"name", "exec_command"}, member{"arguments", call.arguments}, member{"call_id", call.id})
		add(member{"type", "function_call_output"}, member{"id", fmt.Sprintf("fco_00000000-0000-7000-8000-%012d", i)},
			member{"call_id", call.id}, member{"output", call.output})
	}
	message("assistant", "output_text", c.answer)
	message("user", "input_text", c.next)

	return mustMarshal(object{
		{"model", model},
		{"stream", true},
		{"input", input},
		{"tools", responsesTools()},
		{"tool_choice", "auto"},
		{"parallel_tool_calls", true},
		{"reasoning", object{{"summary", "auto"}}},
		{"store", false},
		{"include", []string{"reasoning.encrypted_content"}},
		{"prompt_cache_key", sessionID},
		{"client_metadata", object{{"session_id", sessionID}, {"thread_id", sessionID}, {"x-codex-turn-metadata", turnMetadata}}},
	})
}

// chatBody is the same conversation as a chat client would send it.
func chatBody(model string) []byte {
	c := newConversation()
	messages := []object{{{"role", "system"}, {"content", strings.Join(c.notices, "\n\n")}}}
	say := func(role, text string) { messages = append(messages, object{{"role", role}, {"content", text}}) }
	say("user", c.context)
	say("user", c.task)
	for _, call := range c.calls {
		function := object{{"name", "exec_command"}, {"arguments", call.arguments}}
		messages = append(messages,
			object{
				{"role", "assistant"},
				{"content", nil},
				{"reasoning_content", call.summary + call.sealed},
				{"tool_calls", []object{{{"id", call.id}, {"type", "function"}, {"function", function}}}},
			},
			object{{"role", "tool"}, {"tool_call_id", call.id}, {"content", call.output}})
	}
	say("assistant", c.answer)
	say("user", c.next)

	return mustMarshal(object{
		{"model", model},
		{"messages", messages},
		{"tools", chatTools()},
		{"tool_choice", "auto"},
		{"parallel_tool_calls", true},
		{"stream", true},
		{"stream_options", object{{"include_usage", true}}},
	})
}

func mustMarshal(o object) []byte {
	body, err := json.Marshal(o)
	if err != nil {
		panic(err) // the bodies are made of constants
	}
	return body
}
