package codexresponses

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// serveResponse handles GET /responses/{response}.
func (h *Handler) serveResponse(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if isStream, _ := strconv.ParseBool(query.Get("stream")); isStream || query.Has("starting_after") { // which some clients send alone
		return h.serveReplay(w, r)
	}
	stored, f := h.stored(r)
	if f != nil {
		return refuse(w, f)
	}
	return writeObject(w, whole(stored))
}

// whole is a response object as clients get it.
func whole(r *session.Response) []byte {
	return translate.WithEcho(r.Object, r.Instructions, r.Tools)
}

// stored is the response that a path names.
func (h *Handler) stored(r *http.Request) (*session.Response, *fault.Fault) {
	id := r.PathValue("response")
	if h.sessions == nil {
		return nil, noResponse(id)
	}
	stored, err := h.settled(r.Context(), owner(r), id)
	if err != nil {
		return nil, responseFault(id, err)
	}
	return stored, nil
}

// settled is a stored response. One that should be running and is not, because the process that ran it is gone, has failed.
func (h *Handler) settled(ctx context.Context, owner, id string) (*session.Response, error) {
	for {
		r, err := h.sessions.Whole(ctx, owner, id)
		if err != nil || !unfinished(r) {
			return r, err
		}
		running, err := h.sessions.Running(ctx, owner, id)
		if running || err != nil {
			return r, err
		}
		lost := fault.New(fault.Internal, "the gateway that ran the response has stopped")
		err = h.sessions.Abandon(ctx, owner, r, translate.Failed(r.Object, lost))
		if err != nil && !errors.Is(err, session.ErrConflict) { // with whom it has ended meanwhile
			return nil, err
		}
	}
}

// unfinished reports whether a response still runs, or should.
func unfinished(r *session.Response) bool {
	status := r.Status()
	return status == "queued" || status == "in_progress"
}

// serveDeletion handles DELETE /responses/{response}.
func (h *Handler) serveDeletion(w http.ResponseWriter, r *http.Request) error {
	stored, f := h.stored(r)
	if f != nil {
		return refuse(w, f)
	}
	if unfinished(stored) {
		_ = h.sessions.Cancel(r.Context(), owner(r), stored.ID) // its runner finds out in any case, but later
	}
	if err := h.sessions.Delete(r.Context(), owner(r), stored); err != nil && !errors.Is(err, session.ErrConflict) {
		return refuse(w, stateFault(err))
	}
	return writeObject(w, fmt.Appendf(nil, `{"id":%q,"object":"response","deleted":true}`, stored.ID))
}

// serveInputItems handles GET /responses/{response}/input_items: what the response goes on from, and its own input.
func (h *Handler) serveInputItems(w http.ResponseWriter, r *http.Request) error {
	page, f := readPage(r)
	if f != nil {
		return refuse(w, f)
	}
	id := r.PathValue("response")
	if h.sessions == nil {
		return refuse(w, noResponse(id))
	}
	chain, err := h.withInput(r.Context(), owner(r), id)
	if err != nil {
		return refuse(w, responseFault(id, err))
	}
	resolved, err := h.resolved(r.Context(), owner(r), chain.Referring())
	if err != nil {
		return refuse(w, stateFault(err))
	}
	var items []translate.Identified
	for _, earlier := range chain.Responses {
		items = append(items, translate.Identify(resolved.Resolve(earlier.Input), earlier.ID)...)
		if earlier != chain.Last() {
			items = append(items, translate.Identify(earlier.Output(), earlier.ID)...)
		}
	}
	if page.Descending {
		slices.Reverse(items)
	}
	if page.After != "" {
		at := slices.IndexFunc(items, func(item translate.Identified) bool { return item.ID == page.After })
		if at < 0 {
			return refuse(w, badAfter(page.After))
		}
		items = items[at+1:]
	}
	more := len(items) > page.Limit
	return writeList(w, items[:min(len(items), page.Limit)], more)
}

// resolved is what inputs refer to.
func (h *Handler) resolved(ctx context.Context, owner string, inputs [][]byte) (e translate.Earlier, err error) {
	var ids []string
	for _, input := range inputs {
		ids = append(ids, translate.References(input)...)
	}
	if e.Refers = len(ids) > 0; e.Refers {
		e.References, err = h.sessions.ItemsByID(ctx, owner, ids)
	}
	return e, err
}

// withInput is a response with what it goes on from, as far as that is there.
func (h *Handler) withInput(ctx context.Context, owner, id string) (*session.Chain, error) {
	chain, err := h.sessions.Chain(ctx, owner, id)
	if !errors.Is(err, session.ErrNotFound) {
		return chain, err
	}
	alone, err := h.sessions.Response(ctx, owner, id)
	return &session.Chain{Responses: []*session.Response{alone}}, err
}

const (
	usualPage   = 20
	largestPage = 100
)

// readPage reads which part of a list is wanted: the newest 20 first unless it says otherwise.
func readPage(r *http.Request) (session.Page, *fault.Fault) {
	query := r.URL.Query()
	page := session.Page{After: query.Get("after"), Limit: usualPage, Descending: true}
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > largestPage {
			f := fault.New(fault.Invalid, "limit is a number from 1 to %d, not %q", largestPage, text)
			f.Param = "limit"
			return page, f
		}
		page.Limit = n
	}
	switch order := query.Get("order"); order {
	case "", "desc":
	case "asc":
		page.Descending = false
	default:
		f := fault.New(fault.Invalid, "order is asc or desc, not %q", order)
		f.Param = "order"
		return page, f
	}
	return page, nil
}

func badAfter(id string) *fault.Fault {
	f := fault.New(fault.Invalid, "after names no item of the list: %q", id)
	f.Param = "after"
	return f
}

// writeList answers with a page of items.
func writeList(w http.ResponseWriter, items []translate.Identified, more bool) error {
	var b strings.Builder
	b.WriteString(`{"object":"list","data":[`)
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(item.Raw)
	}
	first, last := "", ""
	if len(items) > 0 {
		first, last = items[0].ID, items[len(items)-1].ID
	}
	fmt.Fprintf(&b, `],"first_id":%s,"last_id":%s,"has_more":%v}`, jsonscan.AppendString(nil, first), jsonscan.AppendString(nil, last), more)
	return writeObject(w, []byte(b.String()))
}

// writeObject answers with a JSON object.
func writeObject(w http.ResponseWriter, object []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(object)))
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(object)
	return err
}

// refuse answers a request that is no exchange.
func refuse(w http.ResponseWriter, f *fault.Fault) error {
	writeFault(w, f, f.HTTPStatus())
	return nil
}

func noResponse(id string) *fault.Fault {
	return fault.New(fault.NotFound, "Response with id '%s' not found.", id)
}

func responseFault(id string, err error) *fault.Fault {
	if errors.Is(err, session.ErrNotFound) {
		return noResponse(id)
	}
	return stateFault(err)
}
