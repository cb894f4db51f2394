package gemini

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// grounding shows what the provider's own search has done: searches as items, and its sources as citations of the answer.
type grounding struct {
	text   []byte // the text under way, unescaped
	before int    // bytes of the texts before it

	queries []string // those that were shown
	waiting []string // those that were not
	sources [][]byte // escaped: the pages that were found
}

// source is a page that was found.
type source struct {
	url, title []byte // escaped
}

func (g *grounding) endText() {
	g.before += len(g.text)
	g.text = g.text[:0]
}

// search shows the searches that the model makes while it answers.
func (g *grounding) search(args []byte, out *translate.Stream) {
	c := jsonscan.New(args)
	for key := range c.Members() {
		switch key {
		case "query":
			g.show(c.Text(), nil, out)
		case "queries":
			for range c.Elements() {
				g.show(c.Text(), nil, out)
			}
		}
	}
}

func (g *grounding) show(query string, sources [][]byte, out *translate.Stream) {
	g.queries = append(g.queries, query)
	out.Search().Done(translate.SearchAction{Query: jsonscan.AppendEscaped([]byte{}, query), Sources: sources})
}

// read takes groundingMetadata. Citations go out at once, for they belong to the text under way; searches wait for its end.
func (g *grounding) read(raw []byte, out *translate.Stream) {
	var sources []source
	var supports []byte
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "webSearchQueries":
			for range c.Elements() {
				if query := c.Text(); query != "" && !slices.Contains(g.queries, query) && !slices.Contains(g.waiting, query) {
					g.waiting = append(g.waiting, query)
				}
			}
		case "groundingChunks":
			for range c.Elements() {
				sources = append(sources, readSource(c))
			}
		case "groundingSupports":
			supports = c.Raw()
		}
	}
	for _, one := range sources {
		known := func(url []byte) bool { return bytes.Equal(url, one.url) }
		if len(one.url) > 0 && !slices.ContainsFunc(g.sources, known) {
			g.sources = append(g.sources, bytes.Clone(one.url))
		}
	}
	c = jsonscan.New(supports)
	for range c.Elements() {
		g.cite(c, sources, out)
	}
}

func readSource(c *jsonscan.Cursor) source {
	var one source
	for key := range c.Members() {
		if key != "web" {
			continue
		}
		for inner := range c.Members() {
			switch inner {
			case "uri":
				one.url = jsonscan.MendSurrogates(c.RawString())
			case "title":
				one.title = jsonscan.MendSurrogates(c.RawString())
			}
		}
	}
	return one
}

// cite reads a support, a piece of the answer with its sources.
func (g *grounding) cite(c *jsonscan.Cursor, sources []source, out *translate.Stream) {
	var segment []byte
	var indices []int64
	start, end := int64(0), int64(0)
	for key := range c.Members() {
		switch key {
		case "segment":
			for inner := range c.Members() {
				switch inner {
				case "startIndex":
					start = count(c)
				case "endIndex":
					end = count(c)
				case "text":
					segment = jsonscan.Unescape(nil, c.RawString())
				}
			}
		case "groundingChunkIndices":
			for range c.Elements() {
				indices = append(indices, count(c))
			}
		}
	}
	from, to, ok := g.place(start, end, segment)
	if !ok {
		return
	}
	for _, i := range indices {
		if i < int64(len(sources)) {
			out.Cite(translate.Citation{URL: sources[i].url, Title: sources[i].title, Start: from, End: to})
		}
	}
}

// place finds a segment in the text under way, in characters. Its offsets are in bytes, of the whole answer or of one part of it; where
// they lead to another text, the segment's own text decides.
func (g *grounding) place(start, end int64, segment []byte) (from, to int, ok bool) {
	first, last := start-int64(g.before), end-int64(g.before)
	inside := first >= 0 && first < last && last <= int64(len(g.text)) && isBoundary(g.text, int(first)) && isBoundary(g.text, int(last))
	if !inside || len(segment) > 0 && !bytes.Equal(g.text[first:last], segment) {
		i := bytes.Index(g.text, segment)
		if len(segment) == 0 || i < 0 {
			return 0, 0, false
		}
		first, last = int64(i), int64(i+len(segment))
	}
	from = utf8.RuneCount(g.text[:first])
	return from, from + utf8.RuneCount(g.text[first:last]), true
}

// end shows the searches that have not been shown. The provider does not say which of them has found what, so the sources go with the last.
func (g *grounding) end(out *translate.Stream) {
	for i, query := range g.waiting {
		var sources [][]byte
		if i == len(g.waiting)-1 {
			sources = g.sources
		}
		g.show(query, sources, out)
	}
	g.waiting = nil
}
