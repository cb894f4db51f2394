package streamcheck

import (
	"slices"
	"strings"
	"testing"
)

// Each stream is the good one with one rule broken; the text is what the checker has to say about it.
func TestCheckRefusesBadStreams(t *testing.T) {
	tests := map[string]struct {
		edit edit
		err  string
	}{
		// The whole stream.
		"it has no events":                 {func(script) script { return nil }, "no events"},
		"it does not start with created":   {drop("created", ""), "must be the first event"},
		"created comes twice":              {repeat("created", ""), "must be the first event"},
		"it ends without a terminal event": {drop("completed", ""), "not terminal"},
		"the terminal event comes twice":   {repeat("completed", ""), "follows response.completed"},
		"a heartbeat follows the end":      {after("completed", "", `{"type":"response.in_progress"}`), "follows response.completed"},
		"it goes on after an error event": {
			after("created", "", `{"type":"error","code":null,"message":"x","param":null}`),
			"only response.failed may follow",
		},
		"an event has a top-level error": {
			change("output_item.added", `"output_index":0`, `"error":null,"output_index":0`),
			"top-level error key",
		},
		"an event has an unknown type":       {change("in_progress", "response.in_progress", "response.working"), "no event type"},
		"an event lacks a required field":    {change("output_text.delta", `,"logprobs":[]`, ""), "missing property 'logprobs'"},
		"an event has a field of wrong type": {change("reasoning_text.delta", `"Let me "`, "7"), "/delta: got number, want string"},
		"the response id changes": {
			change("completed", `"id":"resp_1"`, `"id":"resp_2"`),
			`response.id is "resp_2", and was "resp_1"`,
		},
		"the response id changes midway":      {change("in_progress", `"id":"resp_1"`, `"id":"resp_2"`), "and was"},
		"the response id has no prefix":       {everywhere(`"id":"resp_1"`, `"id":"chatcmpl-1"`), "want resp_ and more"},
		"the response is created as finished": {change("created", `"in_progress"`, `"completed"`), "not terminal"},
		"the response is created with output": {change("created", `"output":[]`, `"output":[`+emptyItem+`]`), "not empty at the start"},

		// The terminal event's response.
		"output lacks an item": {
			change("completed", `,{"id":"cmp_1","type":"compaction","encrypted_content":"opaque"}`, ""),
			"8 items, 9 were done",
		},
		"output has an item changed": {change("completed", `*** Begin Patch`, `*** Begin`), "output.3 is not the item that was done"},
		"status is not the event's": {
			change("completed", `"status":"completed","error"`, `"status":"failed","error"`),
			`response.status is "failed"`,
		},
		"error is set in a completed one": {
			change("completed", `"error":null`, `"error":{"code":"server_error","message":"x"}`),
			"response.error is set",
		},
		"details are set in a completed one": {
			change("completed", `"incomplete_details":null`, `"incomplete_details":{"reason":"max_output_tokens"}`),
			"response.incomplete_details is set",
		},
		"error is null in a failed one": {endAfter("created", "", terminal("failed", "", noFault)), "response.error is not set"},
		"details are null in an incomplete one": {
			endAfter("created", "", terminal("incomplete", "", noFault)),
			"response.incomplete_details is not set",
		},
		"completed_at is set in a failed one": {
			endAfter("created", "", terminal("failed", "", failed+`,"completed_at":2`)),
			"response.completed_at is set",
		},
		"the code of failure is unknown": {
			endAfter("created", "", terminal("failed", "", strings.Replace(failed, "server_error", "oops", 1))),
			"/response/error/code",
		},
		"usage lacks its details": {
			change("completed", `"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":0},`, ""),
			"/response/usage: missing property 'input_tokens_details'",
		},
		"tools is null, which nothing waives": {change("created", `"tools":[`, `"tools":null,"x":[`), "/response/tools: got null"},

		// Items.
		"an item is open at the end": {drop("output_item.done", `"cmp_1"`), "item cmp_1 is still open"},
		"a message is open when the stream is incomplete": {
			endAfter("output_text.delta", "Gott", terminal("incomplete", emptyItem, cutOff)), "item msg_1 is still open",
		},
		"a call is open when the stream is completed": {
			endAfter("function_call_arguments.delta", "", terminal("completed", "", noFault)), "item fc_1 is still open",
		},
		"an item is done and was not added": {drop("output_item.added", `"rs_1"`), "no item is open"},
		"an item is done twice":             {repeat("output_item.done", `"tsc_1"`), "no item is open"},
		"items interleave":                  {swap("output_item.done", `"tsc_1"`), "must not interleave"},
		"output_index skips one":            {everywhere(`"output_index":8`, `"output_index":9`), "output_index is 9, want 8"},
		"output_index is used again":        {everywhere(`"output_index":1`, `"output_index":0`), "output_index is 0, want 1"},
		"output_index differs when done": {
			change("output_item.done", `"output_index":4`, `"output_index":3`),
			"done with output_index 3, added with 4",
		},
		"output_index differs in a delta": {
			change("output_text.delta", `"output_index":1`, `"output_index":0`),
			"the open item has 1",
		},
		"item_id differs in a delta": {
			change("output_text.delta", `"item_id":"msg_1"`, `"item_id":"msg_2"`),
			"the open item is msg_1",
		},
		"a delta belongs to no item": {
			after("output_item.done", `"msg_1"`,
				`{"type":"response.refusal.delta","item_id":"msg_1","output_index":1,"content_index":1,"delta":"x"}`),
			"no item is open",
		},
		"the id differs when done": {
			change("output_item.done", `"id":"fc_1"`, `"id":"fc_2"`),
			`done with id "fc_2", added with "fc_1"`,
		},
		"the type differs when done": {
			change("output_item.done", `{"id":"cmp_1","type":"compaction","encrypted_content":"opaque"}`, `{"id":"cmp_1","type":"reasoning","summary":[]}`),
			"done with type",
		},
		"call_id differs when done":  {change("output_item.done", `"call_1"`, `"call_9"`), "done with call_id"},
		"the name differs when done": {change("output_item.done", `"name":"add"`, `"name":"sub"`), "done with name"},
		"the namespace is gone when done": {
			change("output_item.done", `"namespace":"mcp__calc",`, ""),
			`done with namespace absent, added with "mcp__calc"`,
		},
		"the status says running when done": {
			change("output_item.done", `"status":"completed"`, `"status":"in_progress"`),
			`done with status "in_progress"`,
		},
		"an id serves two items":                 {everywhere(`"rs_3"`, `"rs_2"`), "the id rs_2 was used before"},
		"a message's id has no prefix":           {everywhere(`"msg_1"`, `"m1"`), "want msg_ and more"},
		"a reasoning item's id has no prefix":    {everywhere(`"rs_1"`, `"reasoning_1"`), "want rs_ and more"},
		"a function call's id is its call id":    {everywhere(`"fc_1"`, `"call_1"`), "want fc_ and more"},
		"a custom call has a function call's id": {everywhere(`"ctc_1"`, `"fc_2"`), "want ctc_ and more"},
		"a tool search's id has no prefix":       {everywhere(`"tsc_1"`, `"ts_1"`), "want tsc_ and more"},
		"a web search's id has no prefix":        {everywhere(`"ws_1"`, `"web_1"`), "want ws_ and more"},
		"a compaction's id is only the prefix":   {everywhere(`"cmp_1"`, `"cmp_"`), "want cmp_ and more"},
		"a custom call comes as function call": {
			change("output_item.added", `"type":"custom_tool_call"`, `"type":"function_call"`),
			"/item: missing property 'arguments'",
		},
		"an item is incomplete in a completed response": {
			everywhere(`"status":"completed","call_id":"call_2"`, `"status":"incomplete","call_id":"call_2"`),
			"output.3 is incomplete in a completed response",
		},
		"an incomplete item is not the last": {all(
			everywhere(`"status":"completed","call_id":"call_2"`, `"status":"incomplete","call_id":"call_2"`),
			change("completed", `"completed_at":1700000001,"status":"completed"`, `"completed_at":null,"status":"incomplete"`),
			change("completed", `"incomplete_details":null`, `"incomplete_details":{"reason":"content_filter"}`),
			change("completed", `"type":"response.completed"`, `"type":"response.incomplete"`),
		), "output.3 is incomplete and not the last item"},

		// Parts.
		"an item is added with parts": {
			change("output_item.added", `"role":"assistant","content":[]`, `"role":"assistant","content":[{"type":"refusal","refusal":""}]`),
			"added with parts",
		},
		"a summary is added with parts": {
			change("output_item.added", `"summary":[]`, `"summary":[{"type":"summary_text","text":""}]`),
			"added with parts",
		},
		"a part is added with text":          {change("content_part.added", `"text":""`, `"text":"Gr"`), "added with text"},
		"a content part was not added":       {drop("content_part.added", `"msg_1"`), "part content.0 is not open"},
		"a content part is not done":         {drop("content_part.done", "refusal"), "part content.1 is not done"},
		"a content part is not done in time": {drop("content_part.done", "Gott"), "part content.0 is not done yet"},
		"a content part is done twice":       {repeat("content_part.done", "Gott"), "part content.0 is not open"},
		"content_index skips one": {
			change("content_part.added", `"content_index":1`, `"content_index":2`),
			"content_index is 2, want 1",
		},
		"a part is done as another type": {
			change("content_part.done", `{"type":"refusal","refusal":"No."}`, `{"type":"output_text","text":"No.","annotations":[],"logprobs":[]}`),
			"done as output_text, added as refusal",
		},
		"a part's text is not the deltas'": {
			change("content_part.done", "Grüß Gott", "Gruss Gott"),
			`done with "Gruss Gott", streamed was "Grüß Gott"`,
		},
		"a part lacks its text's end":             {drop("output_text.done", ""), "output_text.done was not sent for part content.0"},
		"a part's annotations are not the item's": {change("content_part.done", `"title":"Example"`, `"title":"Sample"`), "its part was done as"},
		"a summary part was not added":            {drop("reasoning_summary_part.added", `"summary_index":1`), "part summary.1 is not open"},
		"a summary part is not done":              {drop("reasoning_summary_part.done", "Then"), "part summary.1 is not done"},
		"summary_index is used again":             {everywhere(`"summary_index":1`, `"summary_index":0`), "summary_index is 0, want 1"},
		"the item has a part that never came": {
			change("output_item.done", `"text":"Again"}]`, `"text":"Again"},{"type":"reasoning_text","text":"!"}]`),
			"content has 2 parts, 1 were streamed",
		},
		"the item has a summary that never came": {
			change("output_item.done", `"summary":[],"content"`, `"summary":[{"type":"summary_text","text":"x"}],"content"`),
			"summary has 1 parts, 0 were streamed",
		},
		"the item lacks a part that came": {change("output_item.done", `,{"type":"refusal","refusal":"No."}`, ""), "content.1 is absent"},

		// Text.
		"a text delta is lost":    {drop("output_text.delta", "Gott"), `text is "Grüß Gott", the deltas were "Grüß "`},
		"a text delta is doubled": {repeat("output_text.delta", "Gott"), "the deltas were"},
		"a text's end differs":    {change("output_text.done", "Gott", "gott"), "the deltas were"},
		"a text has two ends":     {repeat("output_text.done", ""), "output_text.done was sent before"},
		"a delta follows the text's end": {
			after("output_text.done", "",
				`{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"","logprobs":[]}`),
			"output_text.done was sent before",
		},
		"a delta's content_index is closed": {
			change("refusal.delta", `"content_index":1`, `"content_index":0`),
			"part content.0 is not open",
		},
		"a delta goes to a part of other type": {
			change("refusal.delta", `"type":"response.refusal.delta"`, `"logprobs":[],"type":"response.output_text.delta"`),
			"part content.1 is refusal",
		},
		"a delta goes to an item of other type": {change("reasoning_text.delta", "reasoning_text.delta", "refusal.delta"), "it is a reasoning"},
		"a refusal's end differs":               {change("refusal.done", "No.", "Yes."), "the deltas were"},
		"a refusal's end is missing":            {drop("refusal.done", ""), "refusal.done was not sent"},
		"a summary delta is lost":               {drop("reasoning_summary_text.delta", "first"), "the deltas were"},
		"a summary text's end is missing":       {drop("reasoning_summary_text.done", ""), "reasoning_summary_text.done was not sent"},
		"a reasoning delta is lost":             {drop("reasoning_text.delta", "think"), "the deltas were"},
		"a reasoning text's end is missing":     {drop("reasoning_text.done", "think"), "reasoning_text.done was not sent"},
		"a reasoning text skips an index": {
			change("reasoning_text.delta", `"content_index":0`, `"content_index":1`),
			"content_index is 1 after 0 texts",
		},
		"a reasoning text begins too early": {
			after("reasoning_text.delta", "", `{"type":"response.reasoning_text.delta","item_id":"rs_2","output_index":6,"content_index":1,"delta":""}`),
			"the text before, with content_index 0, is not done",
		},
		"a reasoning text differs when done": {change("output_item.done", "Let me think", "Let me see"), "content.0.text is"},
		"an argument delta is lost":          {drop("function_call_arguments.delta", "a"), "the deltas were"},
		"the arguments' end is missing":      {drop("function_call_arguments.done", ""), "function_call_arguments.done was not sent"},
		"the arguments never came": {all(drop("function_call_arguments.delta", ""), drop("function_call_arguments.delta", ""),
			drop("function_call_arguments.done", "")), "function_call_arguments.done was not sent"},
		"the arguments differ when done": {change("output_item.done", `{\"a\":1}`, `{\"a\":2}`), "arguments is"},
		"the arguments' end has another name": {
			change("function_call_arguments.done", `"name":"add"`, `"name":"mcp__calc__add"`),
			`name is "mcp__calc__add", the item's is "add"`,
		},
		"a call is added with arguments":     {change("output_item.added", `"arguments":""`, `"arguments":"{"`), "added with arguments"},
		"a custom input delta is lost":       {drop("custom_tool_call_input.delta", "Patch"), "the deltas were"},
		"the custom input's end is missing":  {drop("custom_tool_call_input.done", ""), "custom_tool_call_input.done was not sent"},
		"the custom input differs when done": {change("output_item.done", `*** Begin Patch`, `*** Begin`), "input is"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wantError(t, Check([]byte(test.edit(good(t)).body())), test.err)
		})
	}
}

// everywhere replaces a text in all events.
func everywhere(old, replacement string) edit {
	return func(s script) script {
		if !slices.ContainsFunc(s, func(data string) bool { return strings.Contains(data, old) }) {
			panic("the good stream does not contain " + old)
		}
		for i := range s {
			s[i] = strings.ReplaceAll(s[i], old, replacement)
		}
		return s
	}
}

func TestCheckRefusesBadFrames(t *testing.T) {
	body := good(t).body()
	tests := map[string]struct{ old, replacement, err string }{
		"the event line is missing":       {"event: response.created\n", "", `the event: line says ""`},
		"the event line is not the type":  {"event: response.created\n", "event: message\n", `the event: line says "message"`},
		"sequence_number starts at one":   {`"sequence_number":0,`, `"sequence_number":1,`, "sequence_number is 1, want 0"},
		"sequence_number has a gap":       {`"sequence_number":7,`, `"sequence_number":8,`, "sequence_number is 8, want 7"},
		"sequence_number is missing":      {`"sequence_number":7,`, ``, "sequence_number is absent, want 7"},
		"sequence_number is a string":     {`"sequence_number":7,`, `"sequence_number":"7",`, `sequence_number is "7", want 7`},
		"sequence_number is not integral": {`"sequence_number":7,`, `"sequence_number":7.0,`, "sequence_number is 7.0, want 7"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wantError(t, Check([]byte(strings.Replace(body, test.old, test.replacement, 1))), test.err)
		})
	}
	t.Run("the marker of Chat Completions follows", func(t *testing.T) {
		wantError(t, Check([]byte(body+"data: [DONE]\n\n")), "[DONE]")
	})
	t.Run("the last event is cut", func(t *testing.T) {
		wantError(t, Check([]byte(body[:len(body)-1])), "unexpected EOF")
	})
}

func TestCheckResponse(t *testing.T) {
	other := strings.Replace(emptyItem, "rs_1", "rs_2", 1)
	running := strings.Replace(cutItem, "incomplete", "in_progress", 1)
	tests := map[string]struct{ object, err string }{
		"completed":                {response("completed", emptyItem+","+other, noFault), ""},
		"failed":                   {response("failed", "", failed), ""},
		"incomplete":               {response("incomplete", emptyItem+","+cutItem, cutOff), ""},
		"in progress":              {response("in_progress", "", noFault+`,"usage":null`), ""},
		"with a null user":         {response("completed", "", noFault+`,"user":null`), ""},
		"not JSON":                 {"{", "not JSON"},
		"not a response":           {`{"object":"response"}`, "missing properties"},
		"a wrong id":               {strings.Replace(response("completed", "", noFault), "resp_1", "1", 1), "want resp_ and more"},
		"a wrong id while it runs": {strings.Replace(response("queued", "", noFault), "resp_1", "1", 1), "want resp_ and more"},
		"an item with a wrong id": {
			response("completed", strings.Replace(emptyItem, "rs_1", "msg_1", 1), noFault),
			"output.0: the id of a reasoning",
		},
		"two items with one id":      {response("completed", emptyItem+","+emptyItem, noFault), "output.1: the id rs_1 was used before"},
		"an item that still runs":    {response("completed", running, noFault), "output.0 has the status of a running item"},
		"an incomplete item inside":  {response("incomplete", cutItem+","+emptyItem, cutOff), "output.0 is incomplete and not the last"},
		"an incomplete item for all": {response("completed", cutItem, noFault), "output.0 is incomplete in a completed"},
		"failed without an error":    {response("failed", "", noFault), "response.error is not set"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			wantError(t, CheckResponse([]byte(test.object)), test.err)
		})
	}
}
