package translate

// usualImage is what an image or file of usual size is worth of text, in bytes, whatever its own are.
const usualImage = tokensPerImage * bytesPerToken

// Fit is the request without the oldest of its history, so much of it that of the tokens that the request has no more are left than there
// may be, as far as that goes. The system text at the start stays, and all from the last message of the user onwards. Calls go together with
// their results, and a turn with what was thought in it. The second result is how many messages had to go.
func (r *Request) Fit(has, may int64) (fitted *Request, left int) {
	if has <= may {
		return r, 0
	}
	whole := 0
	for i := range r.Tools.List {
		tool := &r.Tools.List[i]
		whole += len(tool.WireName) + len(tool.Description) + len(tool.Parameters)
	}
	for i := range r.History {
		whole += r.History[i].weight()
	}
	start := 0
	if len(r.History) > 0 && r.History[0].Role == System {
		start = 1
	}
	excess := int64(float64(whole) * float64(has-may) / float64(has))
	end := start
	for last := r.lastOfUser(); end < last && excess > 0; {
		for next := r.turnEnd(end); end < next; end++ {
			excess -= int64(r.History[end].weight())
		}
	}
	short := *r
	short.History = append(r.History[:start:start], r.History[end:]...)
	return &short, end - start
}

// lastOfUser is the index of the last message from the user, 0 where there is none.
func (r *Request) lastOfUser() int { return max(r.CurrentTurn()-1, 0) }

// turnEnd is the index behind a message and the results of its calls.
func (r *Request) turnEnd(i int) int { return i + 1 + len(Results(r.History[i+1:])) }

// weight is about how much of a prompt a message is, in bytes of text.
func (m *Message) weight() int {
	n := usualMessage
	for i := range m.Parts {
		if m.Parts[i].Kind == TextPart {
			n += len(m.Parts[i].Text)
		} else {
			n += usualImage
		}
	}
	for i := range m.Calls {
		n += len(m.Calls[i].WireName) + len(m.Calls[i].Arguments)
	}
	for i := range m.Reasoning {
		if n += len(m.Reasoning[i].Text); m.Reasoning[i].State != nil {
			n += len(m.Reasoning[i].State.Data)
		}
	}
	return n
}

// usualMessage is what stands around each message, in bytes of text.
const usualMessage = 4 * bytesPerToken
