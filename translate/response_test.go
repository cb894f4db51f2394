package translate_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
)

// final is the response object at the end of a stream that says a.
func final(t *testing.T, body string) string {
	t.Helper()
	return streamcheck.Final(speak(t, body, func(s *translate.Stream) {
		text(s, "a")
		s.Complete()
	})).Raw
}

func TestResponseRepeatsTheRequest(t *testing.T) {
	response := final(t, request(`"input":"hi"`, `"instructions":"be \"kind\""`, `"tools":[`+
		`{"type":"function","name":"f"},{"type":"custom","name":"c"},{"type":"function","function":{"name":"g","description":"d","parameters":{},"strict":false}}]`,
		`"tool_choice":{"type":"function","name":"f"}`, `"parallel_tool_calls":false`, `"max_output_tokens":100`, `"max_tool_calls":3`,
		`"temperature":0.5`, `"top_p":0.25`, `"reasoning":{"effort":"high","summary":"auto"}`, `"truncation":"auto"`, `"store":true`,
		`"text":{"format":{"type":"json_object"},"verbosity":"low"}`, `"service_tier":"flex"`, `"metadata":{"k":"v"}`,
		`"safety_identifier":"s"`, `"prompt_cache_key":"p"`,
	))
	for _, want := range []string{
		`"model":"m"`, `"instructions":"be \"kind\""`, `{"type":"function","name":"f","parameters":null,"strict":true}`,
		`{"type":"custom","name":"c"}`, `{"type":"function","name":"g","description":"d","parameters":{},"strict":false}`,
		`"tool_choice":{"type":"function","name":"f"}`, `"parallel_tool_calls":false`, `"max_output_tokens":100`, `"max_tool_calls":3`,
		`"temperature":0.5`, `"top_p":0.25`, `"reasoning":{"effort":"high","summary":"auto"}`, `"truncation":"auto"`, `"store":false`,
		`"text":{"format":{"type":"json_object"},"verbosity":"low"}`, `"service_tier":"flex"`, `"metadata":{"k":"v"}`,
		`"safety_identifier":"s"`, `"prompt_cache_key":"p"`,
	} {
		if !strings.Contains(response, want) {
			t.Errorf("no %s in\n%s", want, response)
		}
	}
}

func TestResponseHasTheDefaultsOfTheAPI(t *testing.T) {
	want := []string{
		`"instructions":null`, `"tools":[]`, `"tool_choice":"auto"`, `"parallel_tool_calls":true`, `"max_output_tokens":null`,
		`"max_tool_calls":null`, `"temperature":1,"top_p":1`, `"reasoning":{"effort":null,"summary":null}`, `"truncation":"disabled"`,
		`"text":{"format":{"type":"text"}}`, `"service_tier":"default"`, `"metadata":{}`, `"safety_identifier":null`, `"prompt_cache_key":null`,
		`"previous_response_id":null`, `"background":false`, `"store":false`,
	}
	for name, body := range map[string]string{
		"absent": request(`"input":"hi"`),
		"null": request(`"input":"hi"`, `"instructions":null`, `"tools":null`, `"tool_choice":null`, `"reasoning":{"effort":null}`,
			`"text":{"format":null}`, `"metadata":null`, `"safety_identifier":null`, `"truncation":null`, `"service_tier":null`, `"prompt_cache_key":null`),
		"of other types": request(`"input":"hi"`, `"instructions":7`, `"tools":[null,"x",[1]]`, `"tool_choice":[]`, `"parallel_tool_calls":"no"`,
			`"reasoning":{"effort":{},"summary":1}`, `"text":{"format":"text","verbosity":[]}`, `"metadata":"x"`, `"safety_identifier":1`,
			`"truncation":{}`, `"service_tier":7`, `"prompt_cache_key":[]`, `"max_tool_calls":"3"`),
	} {
		t.Run(name, func(t *testing.T) {
			response := final(t, body)
			for _, member := range want {
				if !strings.Contains(response, member) {
					t.Errorf("no %s in\n%s", member, response)
				}
			}
		})
	}
}

// Nobody promises that a request is on one line, and an event has to be.
func TestResponseIsOnOneLine(t *testing.T) {
	body := `{
		"model": "m",
		"input": [ { "role": "user", "content": "a b" } ],
		"tools": [
			{ "type": "function", "name": "f", "description": "say \"a b\"  \\", "parameters": { "type": "object" } },
			{ "type": "function", "function": {
				"name": "g" } }
		],
		"metadata": {
			"k": "v w"
		},
		"reasoning": { "effort": "high" },
		"text": {
			"format": { "type":
				"text" }
		},
		"tool_choice": { "type": "function",
			"name": "f" }
	}`
	for _, body := range []string{body, strings.ReplaceAll(body, "\n", "\r\n")} {
		response := final(t, body)
		for _, want := range []string{`"description":"say \"a b\"  \\"`, `"metadata":{"k":"v w"}`, `{"type":"function","name":"g","parameters":null,"strict":true}`} {
			if !strings.Contains(response, want) {
				t.Errorf("no %s in\n%s", want, response)
			}
		}
	}
}

func TestATerseResponseLeavesOutWhatIsLong(t *testing.T) {
	response := streamcheck.Final(speak(t, request(`"input":"hi"`, `"instructions":"long"`, `"tools":[`+function("f")+`]`, `"metadata":{"k":"v"}`),
		func(s *translate.Stream) {
			s.Terse = true
			text(s, "a")
			s.Complete()
		})).Raw
	for _, want := range []string{`"instructions":null`, `"tools":[]`, `"metadata":{"k":"v"}`} {
		if !strings.Contains(response, want) {
			t.Errorf("no %s in\n%s", want, response)
		}
	}
}
