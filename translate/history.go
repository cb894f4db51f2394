package translate

import (
	"slices"
	"strconv"

	"github.com/caddy-codex/responses/translate/envelope"
)

// Role says who a message is from.
type Role int

// The roles. Result is the output of one call.
const (
	System Role = iota
	User
	Assistant
	Result
)

// Message is one entry of the history. The order is the one that strict providers want: system messages that lead come first, the
// calls of one turn stand in one assistant message, and their results follow at once, each call's in the order of the calls.
type Message struct {
	Role  Role
	Parts []Part

	Reasoning []Reasoning // of an assistant message
	Calls     []Call      // of an assistant message
	Said      []Piece     // of an assistant message: its reasoning, parts and calls in the order in which the model made them

	CallID   string // of a result
	WireName string // of a result: the tool that was called
}

// Piece is one thing that an assistant message holds. Wires that keep text, reasoning and calls apart do without.
type Piece struct {
	Kind  PieceKind
	Index int // in Reasoning, Parts or Calls
}

// PieceKind tells pieces apart.
type PieceKind int

// The kinds of pieces.
const (
	ReasoningPiece PieceKind = iota
	PartPiece
	CallPiece
)

// Reasoning is what the model thought before a message, as it came back from the client.
type Reasoning struct {
	State *envelope.Payload // what the provider gave; nil where nothing of ours came back
	Text  []byte            // escaped: raw reasoning in the open; nil where absent
}

// Call is a call that the model made.
type Call struct {
	ID        string
	WireName  string
	Arguments []byte // raw: a JSON object
}

// say adds parts to an assistant message.
func (m *Message) say(parts []Part) {
	for i := range parts {
		m.Said = append(m.Said, Piece{PartPiece, len(m.Parts) + i})
	}
	m.Parts = append(m.Parts, parts...)
}

// WithoutReasoning is the request without what the model has thought before.
func (r *Request) WithoutReasoning() *Request {
	bare := *r
	bare.History = slices.Clone(r.History)
	for i := range bare.History {
		m := &bare.History[i]
		m.Reasoning = nil
		m.Said = slices.DeleteFunc(slices.Clone(m.Said), func(p Piece) bool { return p.Kind == ReasoningPiece })
	}
	return &bare
}

// AwaitsAnswer reports whether the user has spoken last.
func (r *Request) AwaitsAnswer() bool {
	if r.Complete() != nil {
		return false
	}
	return len(r.History) > 0 && r.History[len(r.History)-1].Role == User
}

// history arranges items into messages.
type history struct {
	req     *Request
	ring    *envelope.Ring
	turn    *turn
	begun   bool   // something other than a system message has been seen
	leading []Part // all leading system text
	ids     map[string]callID
}

// callID is what is known of a call id. Some providers use the same ones in every turn, or twice in one.
type callID struct {
	uses     int  // how many calls have had it so far
	ahead    int  // how many results with it are still to come
	answered bool // one of them has come
}

// turn is an assistant message whose results are being gathered.
type turn struct {
	message Message
	ids     []string   // of the calls, as the client has them
	results []*Message // one per call, nil until it is there
	late    []Message  // what stands between calls and results and has to wait
}

// answered reports whether a result has come, after which the turn takes no more calls.
func (t *turn) answered() bool {
	return slices.ContainsFunc(t.results, func(m *Message) bool { return m != nil })
}

// instructions lead the history.
func (h *history) instructions(text []byte) {
	if len(text) > 0 {
		h.leading = append(h.leading, Part{Text: text})
	}
}

// items arranges the whole input.
func (h *history) items(items []item) {
	h.ids = make(map[string]callID)
	items = h.sinceCompaction(items)
	for i := range items {
		if items[i].isResult() {
			id := h.ids[items[i].callID]
			id.ahead++
			h.ids[items[i].callID] = id
		}
	}
	for i := range items {
		h.item(&items[i])
	}
	h.closeTurn()
	h.begin()
	h.countMedia()
}

// countMedia numbers the images and files of the history, oldest first.
func (h *history) countMedia() {
	for i := range h.req.History {
		parts := h.req.History[i].Parts
		for j := range parts {
			if parts[j].Kind != TextPart {
				parts[j].Ordinal = h.req.Media
				h.req.Media++
			}
		}
	}
}

// waiting reports whether calls of the turn under way will still get results.
func (h *history) waiting() bool {
	if h.turn == nil {
		return false
	}
	for i, result := range h.turn.results {
		if result == nil && h.ids[h.turn.ids[i]].ahead > 0 {
			return true
		}
	}
	return false
}

func (h *history) item(it *item) {
	switch it.typ {
	case "message":
		h.message(it)
	case "reasoning":
		h.reasoning(it)
	case "function_call":
		h.call(it, h.req.Tools.wireNameOf(it.namespace, it.name), h.arguments(it.arguments))
	case "custom_tool_call":
		h.call(it, h.req.Tools.wireNameOf(it.namespace, it.name), wrapInput(it.input))
	case "tool_search_call":
		h.call(it, SearchToolName, h.arguments(it.arguments))
	case "local_shell_call", "shell_call", "apply_patch_call":
		h.call(it, it.typ[:len(it.typ)-len("_call")], h.arguments(it.arguments))
	case "tool_search_output":
		h.result(it, h.req.Tools.found(it.tools))
	case "agent_message":
		h.agentMessage(it)
	case "compaction", "compaction_summary":
		h.compaction(it)
	case "web_search_call", "file_search_call", "image_generation_call", "code_interpreter_call", "computer_call",
		"mcp_list_tools", "mcp_call", "mcp_approval_request", "mcp_approval_response", "configuration_update":
		// The provider's own work: what came of it is in the messages.
	default:
		if it.isResult() {
			h.result(it, it.content)
			return
		}
		h.unknown(it)
	}
}

func (h *history) message(it *item) {
	content := it.content
	switch it.role {
	case "system", "developer":
		if !h.begun {
			h.lead(content)
			return
		}
		h.other(Message{Role: System, Parts: content})
	case "assistant":
		h.assistant()
		h.turn.message.say(content)
	default:
		h.other(Message{Role: User, Parts: content})
	}
}

// lead adds to the system text at the start.
func (h *history) lead(content []Part) {
	for _, part := range content {
		if part.Kind == TextPart && len(part.Text) > 0 {
			h.leading = append(h.leading, part)
		}
	}
}

// begin closes the leading system text.
func (h *history) begin() {
	if h.begun {
		return
	}
	h.begun = true
	if len(h.leading) > 0 {
		h.req.History = append(h.req.History, Message{Role: System, Parts: h.leading})
	}
}

// other places a message that is neither the model's nor a result. Between calls and their results it waits.
func (h *history) other(m Message) {
	if len(m.Parts) == 0 {
		return
	}
	if h.waiting() {
		h.turn.late = append(h.turn.late, m)
		return
	}
	h.closeTurn()
	h.begin()
	h.req.History = append(h.req.History, m)
}

// assistant makes sure that a turn is under way to which the model's items can be added.
func (h *history) assistant() {
	if h.turn != nil && (h.turn.answered() || len(h.turn.late) > 0) && !h.waiting() {
		h.closeTurn()
	}
	if h.turn == nil {
		h.begin()
		h.turn = &turn{message: Message{Role: Assistant}}
	}
}

func (h *history) reasoning(it *item) {
	var r Reasoning
	if len(it.encrypted) > 0 {
		state, ok := h.ring.Open(string(it.encrypted))
		if !ok {
			return // another's, so its text is as well
		}
		it.state, r.State = state, state
	}
	for _, part := range it.content {
		r.Text = append(r.Text, part.Text...)
	}
	if r.State == nil && r.Text == nil {
		return
	}
	h.assistant()
	h.turn.message.Said = append(h.turn.message.Said, Piece{ReasoningPiece, len(h.turn.message.Reasoning)})
	h.turn.message.Reasoning = append(h.turn.message.Reasoning, r)
}

func (h *history) call(it *item, wireName string, args []byte) {
	if h.turn != nil && len(h.turn.late) > 0 && slices.Contains(h.turn.ids, it.callID) {
		h.closeTurn() // the earlier call of this id was interrupted
	}
	h.assistant()
	h.turn.message.Said = append(h.turn.message.Said, Piece{CallPiece, len(h.turn.message.Calls)})
	h.turn.message.Calls = append(h.turn.message.Calls, Call{ID: h.wireID(it.callID), WireName: wireName, Arguments: args})
	h.turn.ids = append(h.turn.ids, it.callID)
	h.turn.results = append(h.turn.results, nil)
}

// wireID gives each call an id of its own. It is the client's where no call before had that.
func (h *history) wireID(client string) string {
	id := h.ids[client]
	id.uses++
	h.ids[client] = id
	if id.uses == 1 && client != "" {
		return client
	}
	stem := client
	if stem == "" {
		stem = "call"
	}
	for n := id.uses; ; n++ {
		wire := stem + "_" + strconv.Itoa(n)
		if made := h.ids[wire]; made.uses == 0 {
			made.uses++
			h.ids[wire] = made
			return wire
		}
	}
}

// result places a call's output. One without its call becomes a note from the user, for no provider takes it as a result.
func (h *history) result(it *item, content []Part) {
	id := h.ids[it.callID]
	answered := id.answered
	id.ahead--
	id.answered = true
	h.ids[it.callID] = id
	if h.turn != nil {
		for i, call := range h.turn.message.Calls {
			if h.turn.ids[i] == it.callID && h.turn.results[i] == nil {
				h.turn.results[i] = &Message{Role: Result, CallID: call.ID, WireName: call.WireName, Parts: content}
				return
			}
		}
	}
	h.req.Repairs++
	if answered && id.uses > 0 {
		return // a second answer says nothing new
	}
	note := []Part{{Text: []byte("[output of an earlier tool call]")}}
	h.other(Message{Role: User, Parts: append(note, content...)})
}

// closeTurn writes the assistant message, its results and what had to wait.
func (h *history) closeTurn() {
	t := h.turn
	if t == nil {
		return
	}
	h.turn = nil
	if len(t.message.Parts) == 0 && len(t.message.Calls) == 0 && len(t.message.Reasoning) == 0 {
		return
	}
	h.req.History = append(h.req.History, t.message)
	for i, result := range t.results {
		if result == nil {
			h.req.Repairs++
			call := t.message.Calls[i]
			result = &Message{Role: Result, CallID: call.ID, WireName: call.WireName, Parts: []Part{{Text: []byte("aborted")}}}
		}
		h.req.History = append(h.req.History, *result)
	}
	h.req.History = append(h.req.History, t.late...)
}

// agentMessage is what another agent of the thread said.
func (h *history) agentMessage(it *item) {
	content := it.content
	if len(it.author) > 0 {
		sender := append(append([]byte("[message from agent "), it.author...), ']')
		content = append([]Part{{Text: sender}}, content...)
	}
	h.other(Message{Role: User, Parts: content})
}

// unknown keeps the text of items that a newer client may send.
func (h *history) unknown(it *item) {
	h.req.Repairs++
	content := it.content
	if it.role == "assistant" && len(content) > 0 {
		h.assistant()
		h.turn.message.say(content)
		return
	}
	h.other(Message{Role: User, Parts: content})
}
