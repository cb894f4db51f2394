package chat

import (
	"bytes"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// echoedSearch is the name of Moonshot's web search, as it stands in the knob and in calls. The model calls it like a function, the caller
// gives it its own arguments back as the result, and Moonshot searches then.
const echoedSearch = "$web_search"

// searchTool is the provider's own web search as an element of tools, empty where the client does not want one or it goes elsewhere.
func (e *encoder) searchTool() string {
	if !e.searches() {
		return ""
	}
	switch e.d.WebSearch {
	case "openrouter:web_search", "browser_search":
		return `{"type":"` + e.d.WebSearch + `"}`
	case echoedSearch:
		made := bytes.Count(e.target.Continuation, []byte(`"type":"builtin_function"`))
		if left, bounded := e.req.SearchesLeft(made); bounded && left == 0 {
			return ""
		}
		return `{"type":"builtin_function","function":{"name":"` + echoedSearch + `"}}`
	case "web_search_object":
		return `{"type":"web_search","web_search":{"enable":true,"search_result":true}}`
	default:
		return ""
	}
}

// searches reports whether the model may search the web.
func (e *encoder) searches() bool {
	return e.req.Tools.Search != nil && e.req.ToolChoice.Mode != "none"
}

// searchCalls puts the calls of echoedSearch together, with what the model said before them.
type searchCalls struct {
	on        bool   // the request has it
	reasoning []byte // escaped
	text      []byte // escaped
	list      []searchCall
	messages  []byte // of the reply's earlier requests, each behind a comma
}

type searchCall struct {
	id   string
	args []byte // escaped
	item *translate.SearchItem
}

// fragment takes a fragment of a call if it is one of a search.
func (s *searchCalls) fragment(f *callFragment, out *translate.Stream) bool {
	if !s.on {
		return false
	}
	for i := range s.list {
		if one := &s.list[i]; f.id == one.id || f.id == "" && f.name == "" && i == len(s.list)-1 {
			one.args = append(one.args, f.args...)
			return true
		}
	}
	if f.name != echoedSearch {
		return false
	}
	s.list = append(s.list, searchCall{id: f.id, args: bytes.Clone(f.args), item: out.Search()})
	return true
}

// settle ends the searches under way.
func (s *searchCalls) settle() {
	for i := range s.list {
		s.list[i].item.Done(translate.SearchAction{Query: queryOf(s.list[i].args)})
	}
}

// queryOf finds what is searched for in the arguments of a search.
func queryOf(args []byte) []byte {
	c := jsonscan.New(jsonscan.Unescape(nil, args))
	for key := range c.Members() {
		if key == "query" {
			return c.RawString()
		}
	}
	return nil
}

// proceed writes the messages with which the reply goes on: the calls, and their arguments as their results.
func (s *searchCalls) proceed(field string) []byte {
	dst := append(s.messages, `,{"role":"assistant","content":"`...)
	dst = append(dst, s.text...)
	if len(s.reasoning) > 0 {
		dst = append(dst, `","`+field+`":"`...)
		dst = append(dst, s.reasoning...)
	}
	dst = append(dst, `","tool_calls":[`...)
	for i := range s.list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"id":`...)
		dst = jsonscan.AppendString(dst, s.list[i].id)
		dst = append(dst, `,"type":"builtin_function","function":{"name":"`+echoedSearch+`","arguments":"`...)
		dst = append(append(dst, s.list[i].args...), `"}}`...)
	}
	dst = append(dst, "]}"...)
	for i := range s.list {
		dst = append(dst, `,{"role":"tool","tool_call_id":`...)
		dst = jsonscan.AppendString(dst, s.list[i].id)
		dst = append(dst, `,"name":"`+echoedSearch+`","content":"`...)
		dst = append(append(dst, s.list[i].args...), `"}`...)
	}
	return dst
}

// Paused reports whether the model waits for nothing but a search of Moonshot's.
func (dec *Decoder) Paused() (continuation []byte, ok bool) {
	if len(dec.search.list) == 0 || len(dec.calls.list) > 0 || finishes.Ending(dec.finish) != translate.Completed || dec.finish == "" {
		return nil, false
	}
	dec.search.settle()
	messages := dec.search.proceed(dec.field)
	dec.search = searchCalls{on: true, messages: messages}
	dec.finish, dec.done, dec.frames, dec.whole = "", false, 0, false
	return messages, true
}

// readCitations reads the sources of an answer.
func (d *delta) readCitations(c *jsonscan.Cursor) {
	for range c.Elements() {
		for key := range c.Members() {
			if key == "url_citation" {
				d.citations = append(d.citations, readCitation(c))
			}
		}
	}
}

func readCitation(c *jsonscan.Cursor) translate.Citation {
	var citation translate.Citation
	for key := range c.Members() {
		switch key {
		case "url":
			citation.URL = c.RawString()
		case "title":
			citation.Title = c.RawString()
		case "start_index":
			citation.Start = position(c)
		case "end_index":
			citation.End = position(c)
		}
	}
	return citation
}

func position(c *jsonscan.Cursor) int {
	n, _ := c.Int()
	return int(max(n, 0))
}

// readSearch reads the pages that Zhipu has found, which come beside the choices.
func (d *delta) readSearch(c *jsonscan.Cursor) {
	for range c.Elements() {
		for key := range c.Members() {
			if key == "link" {
				if url := c.RawString(); len(url) > 0 {
					d.found = append(d.found, url)
				}
			}
		}
	}
}
