package translate_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
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
		`"text":{"format":{"type":"json_object"},"verbosity":"low"}`, `"metadata":{"k":"v"}`,
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

// A service to which requests pass as they are judges them itself, and until it does the client sees something of its response.
func TestTheResponseToARequestThatPassesRepeatsOnlyWhatItCan(t *testing.T) {
	req, err := translate.ParseSource([]byte(request(`"input":"hi"`, `"instructions":7`, `"tools":[null,"x",[1]]`, `"tool_choice":[]`,
		`"parallel_tool_calls":"no"`, `"reasoning":{"effort":{},"summary":1}`, `"text":{"format":"text","verbosity":[]}`, `"metadata":"x"`,
		`"safety_identifier":1`, `"truncation":{}`, `"service_tier":7`, `"prompt_cache_key":[]`, `"max_tool_calls":"3"`, `"top_logprobs":[]`,
		`"user":1`, `"prompt_cache_retention":1`, `"prompt_cache_options":"x"`, `"include":7`)), ring)
	if err != nil {
		t.Fatal(err)
	}
	sink := new(recorder)
	translate.NewStream(req, ring, sink, counted(), clock).Begin()
	response := sink.events(t)[0].Response().Raw
	if err := streamcheck.CheckResponse([]byte(response)); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		`"instructions":null`, `"tools":[]`, `"tool_choice":"auto"`, `"parallel_tool_calls":true`, `"reasoning":{"effort":null,"summary":null}`,
		`"text":{"format":{"type":"text"}}`, `"metadata":{}`, `"truncation":"disabled"`, `"max_tool_calls":null`, `"top_logprobs":0`,
	} {
		if !strings.Contains(response, want) {
			t.Errorf("no %s in\n%s", want, response)
		}
	}
}

// The keys that one of the two specifications of the API wants in every response object, and those that must not be null.
var (
	required = strings.Fields(`id object created_at completed_at status incomplete_details model previous_response_id instructions output error
		tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs temperature reasoning usage
		max_output_tokens max_tool_calls store background service_tier metadata safety_identifier prompt_cache_key`)
	solid = strings.Fields(`id object created_at status model output tools tool_choice truncation parallel_tool_calls text top_p presence_penalty
		frequency_penalty top_logprobs temperature store background service_tier metadata`)
)

func TestEveryResponseObjectHasTheKeysOfBothSpecifications(t *testing.T) {
	everything := request(`"input":"hi"`, `"instructions":"be kind"`, `"metadata":{"k":"v"}`, `"user":"u"`, `"top_logprobs":3`, `"max_tool_calls":2`,
		`"prompt_cache_retention":"24h"`, `"prompt_cache_options":{"mode":"explicit","ttl":"30m"}`, `"truncation":"auto"`,
		`"include":["message.output_text.logprobs","x.future"]`, `"stream_options":{"include_obfuscation":true}`,
		`"reasoning":{"effort":"high","generate_summary":"concise","context":"all_turns","mode":"pro"}`, `"service_tier":"auto"`)
	for name, body := range map[string]string{"of a plain request": request(`"input":"hi"`), "of one with everything": everything} {
		for ending, end := range map[string]func(s *translate.Stream){
			"completed":  func(s *translate.Stream) { s.Complete() },
			"incomplete": func(s *translate.Stream) { s.Incomplete("max_output_tokens") },
			"failed":     func(s *translate.Stream) { s.Fail(fault.New(fault.Unavailable, "gone")) },
		} {
			t.Run(name+"/"+ending, func(t *testing.T) {
				for _, event := range speak(t, body, func(s *translate.Stream) { text(s, "a"); s.Heartbeat(); end(s) }) {
					response := event.Response()
					if !response.Exists() {
						continue
					}
					if err := streamcheck.CheckResponse([]byte(response.Raw)); err != nil {
						t.Errorf("%s: %v", event.Type, err)
					}
					for _, key := range required {
						if !response.Get(key).Exists() {
							t.Errorf("%s: the response has no %s", event.Type, key)
						}
					}
					for _, key := range solid {
						if response.Get(key).Type == gjson.Null {
							t.Errorf("%s: %s is null", event.Type, key)
						}
					}
				}
			})
		}
	}
	response := final(t, everything)
	for _, want := range []string{
		`"top_logprobs":3`, `"max_tool_calls":2`, `"user":"u"`, `"prompt_cache_retention":"24h"`, `"prompt_cache_options":{"mode":"explicit","ttl":"30m"}`,
		`"reasoning":{"effort":"high","summary":"concise","context":"all_turns","mode":"pro"}`, `"truncation":"auto"`,
	} {
		if !strings.Contains(response, want) {
			t.Errorf("no %s in\n%s", want, response)
		}
	}
}
