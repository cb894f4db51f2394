package codexresponses

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// serveNewConversation handles POST /conversations.
func (h *Handler) serveNewConversation(w http.ResponseWriter, r *http.Request) error {
	said, f := h.readConversation(r)
	if f != nil {
		return refuse(w, f)
	}
	if said.metadata == nil {
		said.metadata = []byte("{}")
	}
	c := &session.Conversation{ID: translate.RandomIDs("conv_"), Created: h.now().Unix(), Metadata: said.metadata}
	if err := h.sessions.KeepConversation(r.Context(), owner(r), c, said.items); err != nil {
		return refuse(w, stateFault(err))
	}
	return writeObject(w, conversationObject(c))
}

// serveConversation handles GET /conversations/{conversation}.
func (h *Handler) serveConversation(w http.ResponseWriter, r *http.Request) error {
	c, f := h.conversation(r)
	if f != nil {
		return refuse(w, f)
	}
	return writeObject(w, conversationObject(c))
}

// serveConversationChange handles POST /conversations/{conversation}, which replaces its metadata.
func (h *Handler) serveConversationChange(w http.ResponseWriter, r *http.Request) error {
	said, f := h.readConversation(r)
	switch {
	case f != nil:
		return refuse(w, f)
	case said.metadata == nil:
		f = fault.New(fault.Invalid, "metadata is missing")
		f.Param = "metadata"
		return refuse(w, f)
	}
	id := r.PathValue("conversation")
	c, err := h.sessions.Extend(r.Context(), owner(r), id, nil, func(c *session.Conversation) { c.Metadata = said.metadata })
	if err != nil {
		return refuse(w, conversationFault(id, err))
	}
	return writeObject(w, conversationObject(c))
}

// serveConversationDeletion handles DELETE /conversations/{conversation}. Responses that were made in it stay.
func (h *Handler) serveConversationDeletion(w http.ResponseWriter, r *http.Request) error {
	c, f := h.conversation(r)
	if f != nil {
		return refuse(w, f)
	}
	if err := h.sessions.DeleteConversation(r.Context(), owner(r), c.ID); err != nil {
		return refuse(w, conversationFault(c.ID, err))
	}
	return writeObject(w, fmt.Appendf(nil, `{"id":%q,"object":"conversation.deleted","deleted":true}`, c.ID))
}

// serveNewItems handles POST /conversations/{conversation}/items.
func (h *Handler) serveNewItems(w http.ResponseWriter, r *http.Request) error {
	c, f := h.conversation(r)
	if f != nil {
		return refuse(w, f)
	}
	said, f := h.readConversation(r)
	if f != nil {
		return refuse(w, f)
	}
	if said.items == nil {
		f = fault.New(fault.Invalid, "items is missing")
		f.Param = "items"
		return refuse(w, f)
	}
	switch taken, err := h.sessions.Taken(r.Context(), owner(r), c.ID, said.items); {
	case err != nil:
		return refuse(w, stateFault(err))
	case taken != "":
		return refuse(w, translate.DuplicateFault("items", taken))
	}
	if _, err := h.sessions.Extend(r.Context(), owner(r), c.ID, said.items, nil); err != nil {
		return refuse(w, conversationFault(c.ID, err))
	}
	return writeItems(w, said.items, false)
}

// serveItems handles GET /conversations/{conversation}/items.
func (h *Handler) serveItems(w http.ResponseWriter, r *http.Request) error {
	page, f := readPage(r)
	if f != nil {
		return refuse(w, f)
	}
	c, f := h.conversation(r)
	if f != nil {
		return refuse(w, f)
	}
	limit := page.Limit
	page.Limit++ // to know whether there are more
	items, err := h.sessions.Items(r.Context(), owner(r), c.ID, page)
	switch {
	case errors.Is(err, session.ErrNotFound):
		return refuse(w, badAfter(page.After))
	case err != nil:
		return refuse(w, stateFault(err))
	}
	return writeItems(w, items[:min(len(items), limit)], len(items) > limit)
}

// serveItem handles GET /conversations/{conversation}/items/{item}.
func (h *Handler) serveItem(w http.ResponseWriter, r *http.Request) error {
	c, f := h.conversation(r)
	if f != nil {
		return refuse(w, f)
	}
	id := r.PathValue("item")
	item, err := h.sessions.ConversationItem(r.Context(), owner(r), c.ID, id)
	if err != nil {
		return refuse(w, itemFault(c.ID, id, err))
	}
	return writeObject(w, item.Raw)
}

// serveItemDeletion handles DELETE /conversations/{conversation}/items/{item}. The answer is the conversation.
func (h *Handler) serveItemDeletion(w http.ResponseWriter, r *http.Request) error {
	c, f := h.conversation(r)
	if f != nil {
		return refuse(w, f)
	}
	id := r.PathValue("item")
	if err := h.sessions.DeleteItem(r.Context(), owner(r), c.ID, id); err != nil {
		return refuse(w, itemFault(c.ID, id, err))
	}
	return writeObject(w, conversationObject(c))
}

// conversation is the one that a path names.
func (h *Handler) conversation(r *http.Request) (*session.Conversation, *fault.Fault) {
	id := r.PathValue("conversation")
	if h.sessions == nil {
		return nil, conversationFault(id, session.ErrNotFound)
	}
	c, err := h.sessions.Conversation(r.Context(), owner(r), id)
	if err != nil {
		return nil, conversationFault(id, err)
	}
	return c, nil
}

// writeItems answers with a page of a conversation's items.
func writeItems(w http.ResponseWriter, items []session.Item, more bool) error {
	list := make([]translate.Identified, len(items))
	for i, item := range items {
		list[i] = translate.Identified(item)
	}
	return writeList(w, list, more)
}

// conversationObject is a conversation as clients get it.
func conversationObject(c *session.Conversation) []byte {
	dst := append([]byte(`{"id":`), jsonscan.AppendString(nil, c.ID)...)
	dst = append(dst, `,"object":"conversation","created_at":`...)
	dst = strconv.AppendInt(dst, c.Created, 10)
	dst = append(append(dst, `,"metadata":`...), c.Metadata...)
	return append(dst, '}')
}

func itemFault(conversation, id string, err error) *fault.Fault {
	if errors.Is(err, session.ErrNotFound) {
		return fault.New(fault.NotFound, "Item with id '%s' not found in conversation '%s'.", id, conversation)
	}
	return stateFault(err)
}
