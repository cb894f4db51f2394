package translate

import (
	"slices"

	"github.com/caddy-codex/responses/fault"
)

// Ending is how a reply ends, by the reason that its provider gives.
type Ending int

// The ways in which replies end.
const (
	Completed Ending = iota
	CutByLength
	Filtered
	Broken
	Overloaded // broken for want of capacity
)

// Reasons are the words of a wire for why a reply has ended, by what they mean. Any other word, for providers invent some, is as good as
// completed.
type Reasons map[Ending][]string

// Ending is what a word means.
func (r Reasons) Ending(word string) Ending {
	for ending, words := range r {
		if slices.Contains(words, word) {
			return ending
		}
	}
	return Completed
}

// End ends the response to a reply that its provider has ended. reason is what the provider says, with its name on the wire. A fault,
// which is all that comes back, is not written, for the caller may still have another target.
func (t *Target) End(ending Ending, reason string, out *Stream) error {
	switch ending {
	case CutByLength:
		out.Incomplete("max_output_tokens")
	case Filtered:
		if !out.Speaking() {
			return t.Fault(fault.Filtered, "withheld its answer: its content filter objects ("+reason+")")
		}
		out.Incomplete("content_filter")
	case Broken:
		return t.Fault(fault.Unavailable, "ended its reply with the "+reason)
	case Overloaded:
		return t.Fault(fault.Overloaded, "ended its reply with the "+reason)
	case Completed:
		return t.Complete(out)
	}
	return nil
}

// Complete ends the response to a reply that its provider calls whole, unless it is not: a tool's input that breaks off would be run as it
// is. And a question that gets no answer has not been answered; after the results of calls, on the other hand, a model may have nothing
// more to say. The error is a *fault.Fault.
func (t *Target) Complete(out *Stream) error {
	switch {
	case out.BrokenInput():
		return t.Fault(fault.Truncated, "broke off the input of a tool call")
	case !out.Speaking() && out.Request().AwaitsAnswer():
		return t.Silence()
	}
	out.Complete()
	return nil
}

// Silence is the fault of a reply that says nothing where something was to be said.
func (t *Target) Silence() *fault.Fault {
	return t.Fault(fault.BadReply, "ended its reply without an answer")
}

// Truncated is the fault of a reply that has not ended when its body has. readErr is what reading ended with, nil at a proper end.
func (t *Target) Truncated(readErr error, out *Stream) *fault.Fault {
	f := t.Fault(fault.Truncated, "broke off its reply")
	if !out.Speaking() && readErr == nil {
		f.Message = "ended its reply before it began"
	}
	f.Err = readErr
	return f
}

// Fault is something that the target's provider did.
func (t *Target) Fault(kind fault.Kind, message string) *fault.Fault {
	f := fault.New(kind, "%s", message)
	f.Provider = t.Provider
	return f
}
