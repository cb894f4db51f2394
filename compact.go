package codexresponses

import (
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"
)

// serveCompact handles POST /responses/compact: a conversation becomes one item that stands for it.
func (h *Handler) serveCompact(w http.ResponseWriter, r *http.Request) error {
	x := h.newExchange(w, r, "compact")
	defer x.finish()
	p, f := x.newResponses(new(memory))
	if f != nil {
		return x.fail(f)
	}
	p.keep, p.req.State.Keeps = nil, false // a compaction is the client's to keep
	p.req.Compacts, p.req.Stream = true, false
	p.render = compactionObject
	x.startWatch(nil)
	return x.run(p.req.Model)
}

// compactionObject makes the object of the compaction of a response object. What the model has said besides is left out.
func compactionObject(response []byte) []byte {
	r := gjson.ParseBytes(response)
	return fmt.Appendf(nil, `{"id":%s,"object":"response.compaction","created_at":%s,"output":[%s],"usage":%s}`,
		r.Get("id").Raw, r.Get("created_at").Raw, r.Get(`output.#(type=="compaction")`).Raw, r.Get("usage").Raw)
}
