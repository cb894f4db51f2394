package codexresponses

import (
	"net/http"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// serveCompact handles POST /responses/compact: a conversation becomes one item that stands for it.
func (h *Handler) serveCompact(w http.ResponseWriter, r *http.Request) error {
	x := h.newExchange(w, r, "compact")
	defer x.finish()
	p, f := x.newResponses()
	if f != nil {
		return x.fail(f)
	}
	p.req.Compacts, p.req.Stream = true, false
	p.render = compactionObject
	x.startWatch(nil)
	return x.run(p.req.Model)
}

// compactionObject makes the object of the compaction of a response object. What the model has said besides is left out.
func compactionObject(response []byte) []byte {
	dst := []byte(`{"object":"response.compaction"`)
	c := jsonscan.New(response)
	for key := range c.Members() {
		switch key {
		case "id", "created_at", "usage":
			dst = append(append(append(dst, `,"`...), key...), `":`...)
			dst = append(dst, c.Raw()...)
		case "output":
			dst = append(dst, `,"output":[`...)
			for range c.Elements() {
				if item := c.Raw(); dst[len(dst)-1] == '[' && typeOf(item) == "compaction" {
					dst = append(dst, item...)
				}
			}
			dst = append(dst, ']')
		}
	}
	return append(dst, '}')
}

func typeOf(item []byte) string {
	c, typ := jsonscan.New(item), ""
	for key := range c.Members() {
		if key == "type" {
			typ = c.Text()
		}
	}
	return typ
}
