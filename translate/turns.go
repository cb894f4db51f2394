package translate

import "slices"

// Lead is the system text with which the history begins, and the index behind it. Where the model has to be told in words of the format of
// its answer, or of how wordy that is to be, they stand there and not behind the last message, so that what a provider has read of one turn
// is found again in the next.
func (r *Request) Lead(promptedFormat, promptedVerbosity bool) (parts []Part, next int) {
	if len(r.History) > 0 && r.History[0].Role == System {
		parts, next = slices.Clip(r.History[0].Parts), 1
	}
	if promptedFormat {
		parts = append(parts, Part{Text: r.Format.Prompt()})
	}
	if prompt := verbosities[string(r.Verbosity)]; promptedVerbosity && prompt != "" {
		parts = append(parts, Part{Text: []byte(prompt)})
	}
	return parts, next
}

// verbosities say how wordy the answer is to be.
var verbosities = map[string]string{"low": "Keep the answer short.", "high": "Answer at length and in detail."}

// CurrentTurn is the index of the first message after the last one from the user.
func (r *Request) CurrentTurn() int {
	for i := len(r.History) - 1; i >= 0; i-- {
		if r.History[i].Role == User {
			return i + 1
		}
	}
	return 0
}

// Called are the wire names of the tools that the history calls, in the order of their first calls.
func (r *Request) Called() []string {
	var names []string
	for i := range r.History {
		for j := range r.History[i].Calls {
			if name := r.History[i].Calls[j].WireName; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Results are the messages with which a history begins that are results: those of one turn's calls.
func Results(history []Message) []Message {
	n := 0
	for n < len(history) && history[n].Role == Result {
		n++
	}
	return history[:n]
}
