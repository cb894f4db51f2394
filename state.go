package codexresponses

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/translate"
)

// memory is what an exchange takes from stored state, and leaves there.
type memory struct {
	owner   string
	request *translate.Request // as the client sent it, before what it goes on from was put in
	earlier translate.Earlier
	// referring are the inputs among that which refer to stored items, and references the ids that they and the request refer to.
	referring  [][]byte
	references []string
	chain      *session.Chain  // what it goes on from; nil for nothing that is stored
	items      map[string]bool // ids of those of the conversation that it belongs to
	lane       *lane           // of a WebSocket connection; nil without one
}

// owner is whom the state of a request belongs to: the user that Caddy has authenticated, else whoever has the same key.
func owner(r *http.Request) string {
	if repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer); ok {
		if user, _ := repl.GetString("http.auth.user.id"); user != "" {
			return session.Owner("user", user)
		}
	}
	return session.Owner("key", presentedKey(r.Header))
}

// belongsTo is the owner of what the exchange stores, and of its thread.
func (x *exchange) belongsTo() string {
	if x.owner == "" {
		x.owner = owner(x.request)
	}
	return x.owner
}

// presentedKey is the key that a client has come with, in any of the headers that clients use.
func presentedKey(h http.Header) string {
	if _, token, ok := strings.Cut(h.Get("Authorization"), " "); ok {
		return strings.TrimSpace(token)
	}
	for _, name := range [...]string{"X-Api-Key", "Api-Key", "X-Goog-Api-Key"} {
		if key := h.Get(name); key != "" {
			return key
		}
	}
	return strings.TrimPrefix(h.Get("Authorization"), "Bearer") // a key that does not say of what kind it is
}

// recall puts what a request goes on from into it, and decides whether its response is stored.
func (x *exchange) recall(req *translate.Request, m *memory) (*translate.Request, *fault.Fault) {
	m.request = req
	state := req.State
	if f := x.storing(&state); f != nil {
		return nil, f
	}
	if state.Keeps || state.Continues() {
		m.owner = x.belongsTo()
	}
	if state.Continues() {
		if f := x.remember(&state, m); f != nil {
			return nil, f
		}
		if m.size() > x.handler.MaxBody {
			return nil, fault.New(fault.TooLarge, "the body is larger than the limit of %d bytes, with what it goes on from", x.handler.MaxBody)
		}
		body, err := req.Expand(m.earlier, borrow)
		if err != nil {
			return nil, asFault(err)
		}
		x.lent = append(x.lent, body)
		if req, err = x.handler.parse(body); err != nil {
			return nil, asFault(err)
		}
		if f := req.CheckCalls(); f != nil {
			return nil, f
		}
		if state.Keeps && state.Previous != "" && m.chain == nil { // what the connection alone remembers is stored with the response
			m.request, m.earlier = new(*req), translate.Earlier{}
		}
	}
	state.Local = x.handler.sessions != nil || m.lane != nil
	req.State = state
	if state.Keeps || m.lane != nil {
		req.Encrypted = true // or what the model has thought could not be given back to it
	}
	return req, nil
}

// storing decides whether the response is stored. Where the client has not insisted and the store does not work, it is not, and the
// response object says so.
func (x *exchange) storing(s *translate.State) *fault.Fault {
	sessions := x.handler.sessions
	if sessions == nil {
		if s.Background {
			return stateOff("background")
		}
		return nil
	}
	s.Keeps = s.Store && !s.WarmUp
	if err := sessions.Available(); err != nil && s.Keeps {
		if s.Insists || s.Background {
			return stateFault(err)
		}
		s.Keeps = false
	}
	return nil
}

// stateOff refuses a request that needs a store where there is none.
func stateOff(param string) *fault.Fault {
	f := fault.New(fault.Invalid, "%s needs stored state, and nothing is stored here; send the whole history in input", param)
	f.Param = param
	return f
}

// remember reads what a request goes on from.
func (x *exchange) remember(s *translate.State, m *memory) (f *fault.Fault) {
	sessions, ctx := x.handler.sessions, x.request.Context()
	switch {
	case s.Previous != "" && m.lane.holds(s.Previous):
		m.earlier.Parts, m.earlier.Tools, m.referring = m.lane.parts, m.lane.tools, m.lane.referring
		if !s.Keeps {
			break
		}
		var err error
		if m.chain, err = sessions.Chain(ctx, m.owner, s.Previous); err != nil && !errors.Is(err, session.ErrNotFound) {
			return stateFault(err)
		}
	case s.Previous != "" && sessions == nil:
		if m.lane != nil {
			return noPrevious(s.Previous)
		}
		return stateOff("previous_response_id")
	case s.Previous != "":
		var err error
		if m.chain, err = sessions.Chain(ctx, m.owner, s.Previous); err != nil {
			return previousFault(s.Previous, err)
		}
		if unfinished(m.chain.Last()) {
			return noPrevious(s.Previous)
		}
		m.earlier.Parts, m.earlier.Tools, m.referring = m.chain.Parts(), m.chain.Tools(), m.chain.Referring()
	case s.Conversation != "" && sessions == nil:
		return stateOff("conversation")
	case s.Conversation != "":
		if f := m.converse(ctx, sessions, s.Conversation); f != nil {
			return f
		}
	}
	return m.resolve(ctx, sessions, s)
}

// converse reads the items of a conversation.
func (m *memory) converse(ctx context.Context, sessions *session.Sessions, id string) *fault.Fault {
	c, err := sessions.Conversation(ctx, m.owner, id)
	if err != nil {
		return conversationFault(id, err)
	}
	items, err := sessions.Items(ctx, m.owner, id, session.Page{})
	if err != nil {
		return conversationFault(id, err)
	}
	raw := make([][]byte, len(items))
	m.items = make(map[string]bool, len(items))
	for i, item := range items {
		raw[i], m.items[item.ID] = item.Raw, true
	}
	for _, own := range gjson.GetBytes(m.request.Input(), "#.id").Array() {
		if m.items[own.String()] {
			return translate.DuplicateFault("input", own.String())
		}
	}
	list := append(append([]byte{'['}, bytes.Join(raw, []byte{','})...), ']')
	m.earlier.Parts, m.earlier.Tools = [][]byte{list}, c.Tools
	return nil
}

// resolve reads the items that inputs refer to.
func (m *memory) resolve(ctx context.Context, sessions *session.Sessions, s *translate.State) *fault.Fault {
	m.references = slices.Clone(s.References)
	for _, input := range m.referring {
		m.references = append(m.references, translate.References(input)...)
	}
	m.earlier.Refers = len(m.references) > 0
	switch {
	case !m.earlier.Refers:
		return nil
	case sessions == nil:
		return stateOff("input")
	}
	var err error
	if m.earlier.References, err = sessions.ItemsByID(ctx, m.owner, m.references); err != nil {
		return stateFault(err)
	}
	return nil
}

// keep stores a response object, or leaves it to what comes after it on the same connection. It reports whether it is stored.
func (x *exchange) keep(p *responses, m *memory, object []byte) bool {
	status := gjson.GetBytes(object, "status").String()
	failed := status == "failed"
	if m.lane != nil {
		m.lane.keep(m, object, failed)
	}
	if !p.req.State.Keeps || failed {
		return false
	}
	r := m.stored(object)
	outcome := &session.Outcome{Response: r, Before: m.chain}
	if r.Conversation != "" {
		outcome.Items = m.said(r)
	}
	ctx := context.WithoutCancel(x.request.Context())
	if err := x.handler.sessions.Keep(ctx, m.owner, outcome); err != nil {
		x.handler.logger.Error("storing a response failed", zap.String("request_id", x.record.ID), zap.String("response", r.ID), zap.Error(err))
		return false
	}
	return true
}

// stored is the response as it is stored. It points into the request, which does not outlive the exchange.
func (m *memory) stored(object []byte) *session.Response {
	req := m.request
	tools := req.RawTools()
	if tools == nil {
		tools = m.earlier.Tools
	}
	return &session.Response{
		ID: gjson.GetBytes(object, "id").String(), Conversation: req.State.Conversation, Background: req.State.Background,
		Previous: req.State.Previous, Object: translate.WithoutEcho(object), Input: req.Input(), Refers: len(req.State.References) > 0,
		Instructions: req.Instructions(), Tools: tools,
	}
}

// said are the items that a response adds to its conversation: the input's and its own. No two items of a conversation have the same id,
// which not every service sees to.
func (m *memory) said(r *session.Response) []session.Item {
	var items []session.Item
	for _, item := range translate.Identify(m.earlier.Resolve(r.Input), r.ID) {
		items = append(items, session.Item(item))
	}
	for i, item := range translate.Identify(r.Output(), r.ID) {
		if m.items[item.ID] {
			item = item.Renamed(r.ID, i)
		}
		items = append(items, session.Item(item))
	}
	return items
}

// size is how many bytes a request has with what it goes on from: a few can stand for very many.
func (m *memory) size() int64 {
	size := int64(m.request.Size)
	for _, part := range m.earlier.Parts {
		size += int64(len(part))
	}
	for _, id := range m.references {
		size += int64(len(m.earlier.References[id]))
	}
	return size
}

// stateFault says what a store that failed means to the client.
func stateFault(err error) *fault.Fault {
	if errors.Is(err, session.ErrUnavailable) {
		f := fault.New(fault.NotStored, "the stored state cannot be reached at the moment")
		f.RetryAfter, f.Err = session.RetryAfter, err
		return f
	}
	f := fault.New(fault.Internal, "the stored state cannot be read")
	f.Err = err
	return f
}

func previousFault(id string, err error) *fault.Fault {
	if errors.Is(err, session.ErrNotFound) {
		return noPrevious(id)
	}
	return stateFault(err)
}

func noPrevious(id string) *fault.Fault {
	f := fault.New(fault.NoPrevious, "Previous response with id '%s' not found.", id)
	f.Param = "previous_response_id"
	return f
}

func conversationFault(id string, err error) *fault.Fault {
	if errors.Is(err, session.ErrNotFound) {
		return fault.New(fault.NotFound, "Conversation with id '%s' not found.", id)
	}
	return stateFault(err)
}
