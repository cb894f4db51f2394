package messages

import (
	"bytes"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// searchName is what the provider's own web search is called.
const searchName = "web_search"

// isServerSearch reports whether the dialect's web search is a tool of this wire.
func isServerSearch(dialect string) bool { return strings.HasPrefix(dialect, "web_search_20") }

// searches reports whether the provider may search the web. A client's own tool of the same name goes before.
func (e *encoder) searches() bool {
	return e.req.Tools.Search != nil && isServerSearch(e.d.WebSearch) &&
		!slices.ContainsFunc(e.req.Tools.List, func(tool translate.Tool) bool { return tool.WireName == searchName })
}

// searchTool writes the web search. Domains are allowed or blocked, not both.
func (e *encoder) searchTool() {
	search := e.req.Tools.Search
	e.Text(`{"type":`)
	e.String(e.d.WebSearch)
	e.Text(`,"name":"` + searchName + `"`)
	switch {
	case len(search.Allowed) > 0:
		e.domains("allowed_domains", search.Allowed)
	case len(search.Blocked) > 0:
		e.domains("blocked_domains", search.Blocked)
	}
	e.userLocation(search.UserLocation)
	made := bytes.Count(e.target.Continuation, []byte(`"type":"server_tool_use"`))
	if left, bounded := e.req.SearchesLeft(made); bounded {
		e.Member("max_uses")
		e.Int(int64(max(left, 1))) // what has been called has to be declared, and none is no number of calls
	}
	e.Text("}")
}

func (e *encoder) domains(name string, domains [][]byte) {
	e.Member(name)
	e.Text("[")
	for _, domain := range domains {
		e.Separate()
		e.Escaped(domain)
	}
	e.Text("]")
}

// userLocation writes what is known of where the user is. Nulls, which the Responses API takes, are left out.
func (e *encoder) userLocation(raw []byte) {
	start := len(e.Dst)
	e.Text(`,"user_location":{"type":"approximate"`)
	known := false
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "city", "region", "country", "timezone":
			if value := c.RawString(); len(value) > 0 {
				known = true
				e.Member(key)
				e.Escaped(value)
			}
		}
	}
	if !known {
		e.Dst = e.Dst[:start]
		return
	}
	e.Text("}")
}
