package translate_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
)

func TestWhatARequestSaysOfState(t *testing.T) {
	for members, want := range map[string]translate.State{
		``:                                     {Store: true},
		`,"store":null`:                        {Store: true},
		`,"store":true`:                        {Store: true, Insists: true},
		`,"store":false`:                       {},
		`,"background":true`:                   {Store: true, Background: true},
		`,"background":null`:                   {Store: true},
		`,"generate":false`:                    {Store: true, WarmUp: true},
		`,"generate":true`:                     {Store: true},
		`,"previous_response_id":"resp_1"`:     {Store: true, Previous: "resp_1"},
		`,"previous_response_id":null`:         {Store: true},
		`,"previous_response_id":""`:           {Store: true},
		`,"conversation":"conv_1"`:             {Store: true, Conversation: "conv_1"},
		`,"conversation":{"id":"conv_\u0031"}`: {Store: true, Conversation: "conv_1"},
		`,"conversation":null`:                 {Store: true},
		`,"input":[{"type":"item_reference","id":"a"},{"id":"b"},{"id":"c","role":"user","content":"Hi."}]`: {Store: true, References: []string{"a", "b"}},
	} {
		got := parse(t, `{"model":"m","instructions":"Hi."`+members+`}`).State
		if got.Previous != want.Previous || got.Conversation != want.Conversation || got.Background != want.Background || got.Store != want.Store ||
			got.Insists != want.Insists || got.WarmUp != want.WarmUp || !slices.Equal(got.References, want.References) {
			t.Errorf("%s is read as %+v, want %+v", members, got, want)
		}
	}
}

func TestStateThatDoesNotGoTogether(t *testing.T) {
	for members, want := range map[string]struct{ param, message string }{
		`"previous_response_id":"resp_1","conversation":"conv_1"`: {"previous_response_id", "previous_response_id and conversation exclude each other"},
		`"background":true,"store":false`:                         {"background", "background needs store to be true, for a response that nobody waits for has to be kept"},
		`"previous_response_id":5`:                                {"previous_response_id", "previous_response_id is not a text"},
		`"conversation":5`:                                        {"conversation", "conversation is neither a text nor an object"},
		`"conversation":{}`:                                       {"conversation", "conversation has no id"},
		`"background":"yes"`:                                      {"background", "background is not true or false"},
		`"store":"yes"`:                                           {"store", "store is not true or false"},
	} {
		if f := refused(t, request(`"input":"Hi."`, members)); f.Kind != fault.Invalid || f.Param != want.param || f.Message != want.message {
			t.Errorf("%s gives %v for %q", members, f, f.Param)
		}
	}
}

func TestExpand(t *testing.T) {
	earlier := translate.Earlier{
		Parts: [][]byte{[]byte(`"First."`), []byte(` [ {"a":1} , {"b":2} ] `), []byte(`[]`), nil, []byte(`[{"c":3}]`)},
		Tools: []byte(`[{"name":"f"}]`),
	}
	const items = `{"type":"message","role":"user","content":"First."},{"a":1} , {"b":2},{"c":3}`
	for body, want := range map[string]string{
		`{"previous_response_id":"r","model":"m","input":"Now."}`:                    `{"model":"m","input":[` + items + `,{"type":"message","role":"user","content":"Now."}],"tools":[{"name":"f"}]}`,
		`{ "model" : "m" , "conversation" : "c" , "input" : [ {"d":4} ] }`:           `{ "model" : "m"  , "input" : [` + items + `,{"d":4}] ,"tools":[{"name":"f"}]}`,
		`{"model":"m","previous_response_id":"r"}`:                                   `{"model":"m","input":[` + items + `],"tools":[{"name":"f"}]}`,
		`{"model":"m","input":[],"previous_response_id":"r","tools":[]}`:             `{"model":"m","input":[` + items + `],"tools":[]}`,
		`{"model":"m","tools":null,"input":null,"previous_response_id":"r"}`:         `{"model":"m","tools":[{"name":"f"}],"input":[` + items + `]}`,
		`{"model":"m","tools":[{"name":"g"}],"previous_response_id":"r","user":"u"}`: `{"model":"m","tools":[{"name":"g"}],"user":"u","input":[` + items + `]}`,
	} {
		got, err := parse(t, body).Expand(earlier, func(int) []byte { return nil })
		if err != nil || !gjson.ValidBytes(got) || gjson.GetBytes(got, "@ugly").Raw != gjson.Get(want, "@ugly").Raw {
			t.Errorf("%s became\n%s (%v), want\n%s", body, got, err, want)
		}
	}
}

func TestExpandResolvesReferences(t *testing.T) {
	body := `{"model":"m","input":[{"id":"a"},{"role":"user","content":"Hi."},{"type":"item_reference","id":"b"}]}`
	earlier := translate.Earlier{Refers: true, References: map[string][]byte{"a": []byte(`{"id":"a","one":1}`), "b": []byte(`{"id":"b","two":2}`)}}
	got, err := parse(t, body).Expand(earlier, func(int) []byte { return nil })
	if want := `[{"id":"a","one":1},{"role":"user","content":"Hi."},{"id":"b","two":2}]`; err != nil || gjson.GetBytes(got, "input").Raw != want {
		t.Errorf("got %s, %v", got, err)
	}
	if kept := string(earlier.Resolve(parse(t, body).Input())); kept != gjson.GetBytes(got, "input").Raw {
		t.Errorf("what is stored is %s", kept)
	}
	delete(earlier.References, "b")
	var f *fault.Fault
	if _, err = parse(t, body).Expand(earlier, func(int) []byte { return nil }); !errors.As(err, &f) || f.Kind != fault.NotFound || f.Param != "input" ||
		f.Message != "Item with id 'b' not found." {
		t.Errorf("without b it gives %v", err)
	}
}

func TestCheckCalls(t *testing.T) {
	const (
		call, call2    = `{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}`, `{"type":"function_call","call_id":"c2","name":"f","arguments":"{}"}`
		output         = `{"type":"function_call_output","call_id":"c1","output":"x"}`
		custom         = `{"type":"custom_tool_call","call_id":"c3","name":"f","input":""}`
		customOutput   = `{"type":"custom_tool_call_output","call_id":"c3","output":"x"}`
		trigger, words = `{"type":"compaction_trigger"}`, `{"role":"user","content":"Hi."}`
	)
	for items, want := range map[string]string{
		words:                              "",
		call + "," + output:                "",
		call + "," + words + "," + output:  "",
		call + "," + call2 + "," + output:  "No tool output found for function call c2.",
		call + "," + custom + "," + output: "No tool output found for function call c3.",
		custom + "," + customOutput:        "",
		output:                             "No tool call found for function call output with call_id c1.",
		output + "," + call:                "No tool call found for function call output with call_id c1.",
		customOutput:                       "No tool call found for custom tool call output with call_id c3.",
		words + "," + call:                 "No tool output found for function call c1.",
		words + "," + call + "," + trigger: "",
		call + "," + output + "," + call:   "No tool output found for function call c1.",
		call + "," + output + "," + output: "",
		words + "," + call + "," + output + ",{\"type\":\"odd\",\"call_id\":\"c9\"}": "No tool output found for function call c9.",
	} {
		got := ""
		if f := parse(t, input(items)).CheckCalls(); f != nil {
			got = f.Message
		}
		if got != want {
			t.Errorf("%s gives %q, want %q", items, got, want)
		}
	}
}

func TestWhatIsRepeatedOfARequestIsStoredOnce(t *testing.T) {
	const object = `{"id":"resp_1","instructions":"Be kind.","output":[{"instructions":"x","tools":[1]}],"tools":[{"name":"f"}],"status":"completed"}`
	bare := translate.WithoutEcho([]byte(object))
	if want := `{"id":"resp_1","instructions":null,"output":[{"instructions":"x","tools":[1]}],"tools":[],"status":"completed"}`; string(bare) != want {
		t.Errorf("it is stored as %s", bare)
	}
	if got := translate.WithEcho(bare, nil, nil); string(got) != string(bare) {
		t.Errorf("without anything it is %s", got)
	}
	got := gjson.ParseBytes(translate.WithEcho(bare, []byte(` "Be \u006bind." `), []byte(`[ {"type":"function","name":"f"} ]`)))
	if got.Get("instructions").String() != "Be kind." || got.Get("tools.#.name").Raw != `["f"]` || got.Get("output.0.instructions").String() != "x" {
		t.Errorf("it is %s", got.Raw)
	}
	failed := gjson.ParseBytes(translate.Failed([]byte(`{"id":"resp_1","status":"in_progress","error":null,"output":[]}`), fault.New(fault.Internal, "It is gone.")))
	if failed.Get("status").String() != "failed" || failed.Get("error").Raw != `{"code":"server_error","message":"It is gone."}` {
		t.Errorf("failed it is %s", failed.Raw)
	}
}
