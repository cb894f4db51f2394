package translate

import (
	"slices"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// newCall makes the item for a call in the form in which the client declared the tool. A tool that it did not declare becomes a plain
// function call, which the client answers with an error that the model can read.
func newCall(s *Stream, callID, wireName string) *outputItem {
	it := &outputItem{kind: functionItem, callID: callID, tool: Tool{Name: wireName}}
	if tool, ok := s.req.Tools.Called(wireName); ok {
		it.tool = *tool
	}
	if it.callID == "" || s.used(it.callID) {
		it.callID = s.ids("call_")
	}
	s.calls = append(s.calls, it.callID)
	switch it.tool.Kind {
	case FunctionTool:
		it.id = s.ids("fc_")
	case CustomTool:
		it.kind, it.id = customItem, s.ids("ctc_")
	case SearchTool:
		it.kind, it.id = searchItem, s.ids("tsc_")
	}
	return it
}

// used reports whether a call of the history or of this response has an id. Some providers count anew in every turn, and a client
// would take the result of one call for that of the other.
func (s *Stream) used(callID string) bool {
	for i := range s.req.History {
		for j := range s.req.History[i].Calls {
			if s.req.History[i].Calls[j].ID == callID {
				return true
			}
		}
	}
	return slices.Contains(s.calls, callID)
}

// functionArguments are the final arguments. The API has an object even where the model gave nothing, and at least one delta.
func (it *outputItem) functionArguments(s *Stream) []byte {
	if len(it.text) > 0 {
		return it.text
	}
	s.delta(it, "response.function_call_arguments.delta", []byte("{}"), `"`)
	return []byte("{}")
}

// callDone writes the event that states a call's arguments or input as a whole.
func (it *outputItem) callDone(s *Stream, typ, member string, text []byte) {
	dst := it.appendPlace(s.beginEvent(typ), "")
	if it.kind == functionItem {
		dst = append(dst, `,"name":`...)
		dst = jsonscan.AppendString(dst, it.tool.Name)
	}
	dst = append(dst, member...)
	dst = append(dst, text...)
	dst = append(dst, '"')
	s.send(typ, dst)
}

func (it *outputItem) appendCallBody(dst []byte, status string, text []byte) []byte {
	switch it.kind {
	case customItem:
		dst = append(dst, `custom_tool_call"`...)
	case searchItem:
		dst = append(dst, `tool_search_call","execution":"client"`...)
	default:
		dst = append(dst, `function_call"`...)
	}
	dst = append(dst, `,"status":"`...)
	dst = append(dst, status...)
	dst = append(dst, `","call_id":`...)
	dst = jsonscan.AppendString(dst, it.callID)
	if it.kind == searchItem {
		return append(append(append(dst, `,"arguments":`...), searchArguments(text)...), '}')
	}
	dst = append(dst, `,"name":`...)
	dst = jsonscan.AppendString(dst, it.tool.Name)
	if it.tool.Namespace != "" {
		dst = append(dst, `,"namespace":`...)
		dst = jsonscan.AppendString(dst, it.tool.Namespace)
	}
	if it.kind == customItem {
		dst = append(dst, `,"input":"`...)
	} else {
		dst = append(dst, `,"arguments":"`...)
	}
	dst = append(dst, text...)
	return append(dst, `"}`...)
}

// searchArguments are an object, not a text with one in it.
func searchArguments(text []byte) []byte {
	args := jsonscan.Unescape(nil, text)
	if jsonscan.New(args).Kind() != jsonscan.Object || !jsonscan.Valid(args) {
		return []byte("{}")
	}
	return jsonscan.AppendCompact(args[:0], args) // on one line, for events must not hold line breaks
}
