package messages

import (
	"bytes"
	"slices"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// search is a web search that the provider makes.
type search struct {
	id    string
	query []byte                // escaped
	item  *translate.SearchItem // nil while it waits for an earlier one
}

// startSearch shows a search that begins.
func (dec *Decoder) startSearch(o *opening, out *translate.Stream) {
	if string(o.name) == searchName {
		dec.found = append(dec.found, search{id: string(o.id)})
		dec.showSearch(out)
	}
}

// showSearch shows the first of the searches under way. The others have to wait, for an item that follows another ends it.
func (dec *Decoder) showSearch(out *translate.Stream) {
	if len(dec.found) > 0 && dec.found[0].item == nil {
		dec.found[0].item = out.Search()
	}
}

// asked takes what is searched for.
func (dec *Decoder) asked(call []byte) {
	var id, query []byte
	c := jsonscan.New(call)
	for key := range c.Members() {
		switch key {
		case "id":
			id = c.RawString()
		case "input":
			for name := range c.Members() {
				if name == "query" {
					query = c.RawString()
				}
			}
		}
	}
	if i := dec.searchOf(id); i >= 0 {
		dec.found[i].query = query
	}
}

// resulted takes what a search has found, which ends it. One that has failed has found nothing.
func (dec *Decoder) resulted(result []byte, out *translate.Stream) {
	var id []byte
	var sources [][]byte
	c := jsonscan.New(result)
	for key := range c.Members() {
		switch key {
		case "tool_use_id":
			id = c.RawString()
		case "content":
			for range c.Elements() {
				for name := range c.Members() {
					if name == "url" {
						sources = append(sources, c.RawString())
					}
				}
			}
		}
	}
	if i := dec.searchOf(id); i >= 0 {
		one := dec.found[i]
		dec.found = slices.Delete(dec.found, i, i+1)
		one.done(sources, out)
		dec.showSearch(out)
	}
}

func (dec *Decoder) searchOf(id []byte) int {
	return slices.IndexFunc(dec.found, func(s search) bool { return s.id == string(id) })
}

func (s *search) done(sources [][]byte, out *translate.Stream) {
	if s.item == nil {
		s.item = out.Search()
	}
	s.item.Done(translate.SearchAction{Query: s.query, Sources: sources})
}

// endSearches ends the searches that will have no result any more.
func (dec *Decoder) endSearches(out *translate.Stream) {
	for i := range dec.found {
		dec.found[i].done(nil, out)
	}
	dec.found = nil
}

// cite says where the block's text comes from.
func (b *block) cite(out *translate.Stream) {
	if len(b.citations) == 0 {
		return
	}
	end := out.Mark()
	c := jsonscan.New(slices.Concat([]byte{'['}, b.citations, []byte{']'}))
	for range c.Elements() {
		citation := translate.Citation{Start: b.mark, End: end}
		for key := range c.Members() {
			switch key {
			case "url", "source":
				citation.URL = c.RawString()
			case "title":
				citation.Title = c.RawString()
			}
		}
		if bytes.HasPrefix(citation.URL, []byte("http")) {
			out.Cite(citation)
		}
	}
}
