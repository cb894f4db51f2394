package codexresponses

import (
	"bytes"
	"net/http"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// maxNewItems is how many items a conversation takes at once, as at OpenAI.
const maxNewItems = 20

// conversationBody is what a request says of a conversation. It does not point into the request's body.
type conversationBody struct {
	metadata []byte         // raw; nil where there is none
	items    []session.Item // with ids; nil where there are none
}

// readConversation reads the body of a request about a conversation.
func (h *Handler) readConversation(r *http.Request) (*conversationBody, *fault.Fault) {
	if h.sessions == nil {
		return nil, fault.New(fault.Invalid, "conversations are not kept here, for nothing is stored; send the whole history in input")
	}
	body, f := h.readBody(r)
	if f != nil {
		return nil, f
	}
	defer giveBack(body)
	said := new(conversationBody)
	if len(bytes.TrimSpace(body)) == 0 {
		return said, nil
	}
	c := jsonscan.New(body)
	if c.Kind() != jsonscan.Object || !jsonscan.Valid(body) {
		return nil, fault.New(fault.Invalid, "the body is not a JSON object")
	}
	for key := range c.Members() {
		switch kind := c.Kind(); {
		case kind == jsonscan.Null:
		case key == "metadata":
			said.metadata, f = readMetadata(c)
		case key == "items":
			said.items, f = h.readItems(r, c.Raw())
		}
		if f != nil {
			return nil, f
		}
	}
	return said, nil
}

func readMetadata(c *jsonscan.Cursor) ([]byte, *fault.Fault) {
	if c.Kind() != jsonscan.Object {
		f := fault.New(fault.Invalid, "metadata is not an object")
		f.Param = "metadata"
		return nil, f
	}
	raw := c.Raw()
	return jsonscan.AppendCompact(nil, raw), translate.CheckMetadata(raw)
}

// readItems reads the items that are to be added to a conversation. What they refer to stands in their place then.
func (h *Handler) readItems(r *http.Request, list []byte) ([]session.Item, *fault.Fault) {
	if f := translate.CheckItems(list, maxNewItems); f != nil {
		return nil, f
	}
	if ids := translate.References(list); len(ids) > 0 {
		references, err := h.sessions.ItemsByID(r.Context(), owner(r), ids)
		if err != nil {
			return nil, stateFault(err)
		}
		for _, id := range ids {
			if references[id] == nil {
				return nil, translate.ReferenceFault("items", id)
			}
		}
		list = (&translate.Earlier{Refers: true, References: references}).Resolve(list)
	}
	items := make([]session.Item, 0, maxNewItems)
	for _, item := range translate.Identify(list, translate.RandomIDs("")) {
		items = append(items, session.Item(item))
	}
	return items, nil
}
