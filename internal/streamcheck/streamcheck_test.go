package streamcheck

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// script is a stream as its events' data, one a line, without the sequence numbers.
type script []string

// good returns a stream that has every kind of item and keeps every rule.
func good(t *testing.T) script {
	t.Helper()
	data, err := os.ReadFile("testdata/good.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// body returns the stream as it goes over the wire.
func (s script) body() string {
	var b strings.Builder
	for i, data := range s {
		data = fmt.Sprintf(`{"sequence_number":%d,%s`, i, data[1:])
		fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", gjson.Get(data, "type").String(), data)
	}
	return b.String()
}

// An edit returns a changed stream.
type edit func(script) script

// at returns the position of the nth event (from 1) of a type that contains a text.
func (s script) at(eventType, containing string, nth int) int {
	for i, data := range s {
		if gjson.Get(data, "type").String() == "response."+eventType && strings.Contains(data, containing) {
			if nth--; nth == 0 {
				return i
			}
		}
	}
	panic("the good stream has no " + eventType + " with " + containing)
}

// change replaces a text in the first event of a type that contains it.
func change(eventType, old, replacement string) edit {
	return func(s script) script {
		i := s.at(eventType, old, 1)
		s[i] = strings.Replace(s[i], old, replacement, 1)
		return s
	}
}

// drop removes the first event of a type that contains a text.
func drop(eventType, containing string) edit {
	return func(s script) script {
		i := s.at(eventType, containing, 1)
		return slices.Delete(s, i, i+1)
	}
}

// repeat sends the first event of a type that contains a text twice.
func repeat(eventType, containing string) edit {
	return func(s script) script {
		i := s.at(eventType, containing, 1)
		return slices.Insert(s, i, s[i])
	}
}

// swap exchanges the first event of a type that contains a text with the one after it.
func swap(eventType, containing string) edit {
	return func(s script) script {
		i := s.at(eventType, containing, 1)
		s[i], s[i+1] = s[i+1], s[i]
		return s
	}
}

// after inserts an event behind the first one of a type that contains a text.
func after(eventType, containing, data string) edit {
	return func(s script) script {
		return slices.Insert(s, s.at(eventType, containing, 1)+1, data)
	}
}

// endAfter cuts the stream behind the first event of a type that contains a text, and goes on with other events.
func endAfter(eventType, containing string, rest ...string) edit {
	return func(s script) script {
		return append(s[:s.at(eventType, containing, 1)+1], rest...)
	}
}

// all makes several edits.
func all(edits ...edit) edit {
	return func(s script) script {
		for _, e := range edits {
			s = e(s)
		}
		return s
	}
}

// response is a response object with what the schema requires and the given members more, each with a comma in front.
func response(status, output, more string) string {
	return `{"id":"resp_1","object":"response","created_at":1,"status":"` + status + `","instructions":null,"model":"m",` +
		`"output":[` + output + `],"parallel_tool_calls":true,"temperature":1,"top_p":1,"tool_choice":"auto","tools":[],"metadata":{}` +
		more + `}`
}

const (
	emptyItem = `{"id":"rs_1","type":"reasoning","summary":[]}`
	cutItem   = `{"id":"fc_1","type":"function_call","status":"incomplete","call_id":"c","name":"f","arguments":"{"}`
	noFault   = `,"error":null,"incomplete_details":null`
	failed    = `,"error":{"code":"server_error","message":"gone"},"incomplete_details":null`
	cutOff    = `,"error":null,"incomplete_details":{"reason":"max_output_tokens"},"completed_at":null`
)

func terminal(status, output, more string) string {
	return `{"type":"response.` + status + `","response":` + response(status, output, more) + `}`
}

func TestF94CheckAcceptsGoodStreams(t *testing.T) {
	emptyItemDone := `{"type":"response.output_item.done","output_index":0,"item":` + emptyItem + `}`
	cutItemDone := `{"type":"response.output_item.done","output_index":0,"item":` + cutItem + `}`
	cutCall := script{
		`{"type":"response.created","response":` + response("in_progress", "", noFault) + `}`,
		`{"type":"response.output_item.added","output_index":0,"item":` +
			strings.NewReplacer("incomplete", "in_progress", `"{"`, `""`).Replace(cutItem) + `}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"{"}`,
		`{"type":"response.function_call_arguments.done","item_id":"fc_1","output_index":0,"name":"f","arguments":"{"}`,
		cutItemDone,
	}
	tests := map[string]edit{
		"every kind of item": all(),
		"an item is open when the stream fails": endAfter("reasoning_summary_text.delta", "Look",
			terminal("failed", "", failed)),
		"items were done when the stream fails": endAfter("output_item.added", "rs_1", emptyItemDone,
			terminal("failed", emptyItem, failed)),
		"an error event announces the failure": endAfter("created", "",
			`{"type":"error","code":"server_error","message":"gone","param":null}`, terminal("failed", "", failed)),
		"a code of failure that only Codex knows": endAfter("created", "",
			terminal("failed", "", strings.Replace(failed, "server_error", "context_length_exceeded", 1))),
		"a response that was queued": after("created", "", `{"type":"response.queued","response":`+
			response("queued", "", noFault)+`}`),
		"nothing came": endAfter("created", "", terminal("completed", "", noFault)),
		"a call is cut off": func(script) script {
			return append(slices.Clone(cutCall), terminal("incomplete", cutItem, cutOff))
		},
		"a function call is open when the stream is incomplete": func(script) script {
			return append(slices.Clone(cutCall[:3]), terminal("incomplete", "", cutOff))
		},
		"a custom call is open when the stream is incomplete": func(script) script {
			opened := slices.Clone(cutCall[:2])
			opened[1] = strings.NewReplacer("function_call", "custom_tool_call", "fc_1", "ctc_1", "arguments", "input").Replace(opened[1])
			return append(opened, terminal("incomplete", "", cutOff))
		},
		"a call is cut off and the response called completed": func(script) script {
			end := terminal("incomplete", cutItem, cutOff)
			return append(slices.Clone(cutCall), strings.Replace(end, "response.incomplete", "response.completed", 1))
		},
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			body := edit(good(t)).body()
			if err := Check([]byte(body)); err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
		})
	}
}

func TestParse(t *testing.T) {
	const created = `{"type":"response.created","sequence_number":0}`
	const event = "event: response.created\ndata: " + created + "\n\n"
	tests := map[string]struct {
		body string
		n    int
		err  string
	}{
		"an empty body":                  {"", 0, ""},
		"one event":                      {event, 1, ""},
		"line ends of CR and LF":         {strings.ReplaceAll(event, "\n", "\r\n"), 1, ""},
		"a comment and blank lines":      {"\n: ping\n\n" + event + "\n", 1, ""},
		"data over two lines":            {"data: {\"type\":\ndata: \"error\"}\n\n", 1, ""},
		"no space after the colon":       {"event:error\ndata:{\"type\":\"error\"}\n\n", 1, ""},
		"a cut in the data":              {event + "data: {\"ty", 1, "unexpected EOF"},
		"a cut before the blank line":    {event + strings.TrimSuffix(event, "\n"), 1, "unexpected EOF"},
		"the marker of Chat Completions": {event + "data: [DONE]\n\n", 1, "[DONE]"},
		"data that is not JSON":          {"data: {\n\n", 0, "not a JSON object"},
		"data that is not an object":     {"data: 1\n\n", 0, "not a JSON object"},
		"an event without data":          {"event: error\n\n", 0, "has no data"},
		"an id line":                     {"id: 1\n" + event, 0, `line "id: 1"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			events, err := Parse([]byte(test.body))
			if len(events) != test.n {
				t.Errorf("%d events, want %d", len(events), test.n)
			}
			wantError(t, err, test.err)
		})
	}
}

func TestReaderReturnsEventsAsTheyArrive(t *testing.T) {
	pipeReader, pipeWriter := io.Pipe()
	defer pipeReader.Close()
	reader := NewReader(pipeReader)
	for _, name := range []string{"response.created", "response.completed"} {
		go fmt.Fprintf(pipeWriter, "event: %s\ndata: {\"type\":%q}\n\n", name, name)
		event, err := reader.Next()
		if err != nil || event.Name != name || event.Type != name {
			t.Fatalf("got %+v, %v", event, err)
		}
	}
}

func TestAccessors(t *testing.T) {
	events := Require(t, []byte(good(t).body()))
	if got := Types(events); len(got) != len(events) || got[0] != "response.created" {
		t.Errorf("types are %v", got)
	}
	if got := Text(events); got != "Grüß Gott" {
		t.Errorf("text is %q", got)
	}
	if got := Items(events); len(got) != 9 || got[2].Get("namespace").String() != "mcp__calc" {
		t.Errorf("items are %v", got)
	}
	if got := Final(events).Get("usage.total_tokens").Int(); got != 14 {
		t.Errorf("total_tokens of the final response is %d", got)
	}
	if Final(events[:3]).Exists() {
		t.Error("a stream without end has a final response")
	}
}

// wantError fails the test unless err contains a text, or is nil where the text is empty.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case text == "" && err != nil:
		t.Errorf("unexpected error: %v", err)
	case text != "" && err == nil:
		t.Errorf("no error, want %q", text)
	case text != "" && !strings.Contains(err.Error(), text):
		t.Errorf("error is %q, want %q", err, text)
	}
}
