package translate

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// WebSearch is the web search that the client wants the provider to make, as it declared it.
type WebSearch struct {
	Allowed      [][]byte // escaped: the only domains to look at; nil for all
	Blocked      [][]byte // escaped: domains not to look at
	UserLocation []byte   // raw object: type, city, country, region, timezone; nil where absent
	ContextSize  string   // low, medium, high, or empty
	Cached       bool     // it may not go out to the web, which nobody but OpenAI offers
}

// SearchesLeft is how many calls of tools of its own the provider may still make in a response in which it has made some. False where the
// client sets no bound.
func (r *Request) SearchesLeft(made int) (left int, bounded bool) {
	most, ok := jsonscan.ParseInt(r.MaxToolCalls)
	return int(max(most-int64(made), 0)), ok
}

// isWebSearch tells it by the names that it has had in the Responses API.
func isWebSearch(typ string) bool {
	switch typ {
	case "web_search", "web_search_preview", "web_search_2025_08_26", "web_search_preview_2025_03_11":
		return true
	default:
		return false
	}
}

// member takes a member of the tool's declaration.
func (w *WebSearch) member(key string, c *jsonscan.Cursor) {
	switch key {
	case "filters":
		for name := range c.Members() {
			w.filter(name, c)
		}
	case "allowed_domains", "blocked_domains":
		w.filter(key, c)
	case "user_location":
		w.UserLocation = only(c.Raw(), jsonscan.Object)
	case "external_web_access":
		w.Cached = c.Kind() == jsonscan.False
		c.Skip()
	case "search_context_size":
		w.ContextSize = c.Text()
	}
}

func (w *WebSearch) filter(name string, c *jsonscan.Cursor) {
	for range c.Elements() {
		domain := c.RawString()
		switch {
		case len(domain) == 0:
		case name == "allowed_domains":
			w.Allowed = append(w.Allowed, domain)
		case name == "blocked_domains":
			w.Blocked = append(w.Blocked, domain)
		}
	}
}

// SearchAction is what a web search did.
type SearchAction struct {
	Query   []byte   // escaped: what was searched for; nil where the provider does not say
	OpenURL []byte   // escaped: the page that was opened instead; nil for a search
	Sources [][]byte // escaped: the URLs that it found
}

// SearchItem is a web search under way.
type SearchItem struct {
	stream *Stream
	item   *outputItem
}

// Search begins a web search that the provider makes.
func (s *Stream) Search() *SearchItem {
	if s.req.summarizing {
		return &SearchItem{s, dropped()}
	}
	return &SearchItem{s, s.enqueue(&outputItem{kind: webSearchItem, id: s.ids("ws_")})}
}

// Done ends the search.
func (c *SearchItem) Done(action SearchAction) {
	if c.item.closed {
		return
	}
	c.item.action = action
	c.item.closed = true
	c.stream.advance()
}

func (it *outputItem) searchEvent(s *Stream, typ string) {
	s.send(typ, it.appendPlace(s.beginEvent(typ), ""))
}

func (it *outputItem) appendSearchBody(dst []byte, status string) []byte {
	dst = append(dst, `web_search_call","status":"`...)
	dst = append(dst, status...)
	if it.action.OpenURL != nil {
		dst = append(dst, `","action":{"type":"open_page","url":"`...)
		dst = append(dst, it.action.OpenURL...)
		return append(dst, `"}}`...)
	}
	dst = append(dst, `","action":{"type":"search","query":"`...)
	dst = append(dst, it.action.Query...)
	dst = append(dst, `","queries":[`...)
	if len(it.action.Query) > 0 {
		dst = append(append(append(dst, '"'), it.action.Query...), '"')
	}
	dst = append(dst, `],"sources":[`...)
	for i, url := range it.action.Sources {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"type":"url","url":"`...)
		dst = append(dst, url...)
		dst = append(dst, `"}`...)
	}
	return append(dst, "]}}"...)
}

// Citation is a source of a piece of the answer.
type Citation struct {
	URL, Title []byte // escaped
	Start, End int    // characters of the message's text, the end exclusive
}

// citations are the sources of a message.
type citations struct {
	list []Citation
	sent int
}

// Mark is how many characters the message under way has so far, 0 where there is none. Citations are placed by it.
func (s *Stream) Mark() int {
	item := s.last(messageItem)
	if item == nil {
		return 0
	}
	return utf8.RuneCount(jsonscan.Unescape(nil, item.text))
}

// Cite says where a piece of the message under way comes from. Without a message it is dropped, and so is a source that the message names
// for the same piece already.
func (s *Stream) Cite(citation Citation) {
	item := s.last(messageItem)
	if item == nil || len(citation.URL) == 0 {
		return
	}
	for _, known := range item.annotations.list {
		if bytes.Equal(known.URL, citation.URL) && known.Start == citation.Start && known.End == citation.End {
			return
		}
	}
	item.annotations.list = append(item.annotations.list, Citation{
		URL: bytes.Clone(citation.URL), Title: bytes.Clone(citation.Title), Start: citation.Start, End: citation.End,
	})
	if item.opened {
		item.annotations.send(s, item)
	}
}

// send writes the events of the citations that have none yet.
func (c *citations) send(s *Stream, it *outputItem) {
	for ; c.sent < len(c.list); c.sent++ {
		const typ = "response.output_text.annotation.added"
		dst := it.appendPlace(s.beginEvent(typ), `,"content_index":0,"annotation_index":`)
		dst = strconv.AppendInt(dst, int64(c.sent), 10)
		dst = append(dst, `,"annotation":`...)
		s.send(typ, c.list[c.sent].append(dst))
	}
}

func (c *citations) append(dst []byte) []byte {
	for i := range c.list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = c.list[i].append(dst)
	}
	return dst
}

func (c *Citation) append(dst []byte) []byte {
	dst = append(dst, `{"type":"url_citation","url":"`...)
	dst = append(dst, c.URL...)
	dst = append(dst, `","title":"`...)
	dst = append(dst, c.Title...)
	dst = append(dst, `","start_index":`...)
	dst = strconv.AppendInt(dst, int64(c.Start), 10)
	dst = append(dst, `,"end_index":`...)
	dst = strconv.AppendInt(dst, int64(c.End), 10)
	return append(dst, '}')
}
