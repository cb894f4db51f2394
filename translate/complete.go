package translate

import "github.com/caddy-codex/responses/fault"

// CompleteReply ends the response to a reply that its provider calls whole, unless it is not: a tool's input that breaks off would be run
// as it is. And a question that gets no answer has not been answered; after the results of calls, on the other hand, a model may have
// nothing more to say. The error is a *fault.Fault.
func CompleteReply(provider string, out *Stream) error {
	var f *fault.Fault
	switch {
	case out.BrokenInput():
		f = fault.New(fault.Truncated, "broke off the input of a tool call")
	case !out.Speaking() && out.Request().AwaitsAnswer():
		f = fault.New(fault.BadReply, "ended its reply without an answer")
	default:
		out.Complete()
		return nil
	}
	f.Provider = provider
	return f
}
