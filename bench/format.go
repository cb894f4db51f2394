package main

import (
	"bytes"
	"fmt"
	"strings"
)

// modelInPath stands for the model's name in the path of a format.
const modelInPath = "{model}"

// A format is what an upstream of a wire is asked for and how it answers.
type format struct {
	path        string // with modelInPath, where the body does not name the model
	query       string
	contentType string
	body        func(model string) []byte // of the request on the plain side

	// A reply of n chunks is the opening, n-3 chunks of text, and the ending, of one or two chunks. A chunk may be several frames.
	open func(model string) []byte
	say  func(model, text string, i int) []byte // the i-th chunk of text, from 0; text needs no escape
	end  func(model, text string, n int) [][]byte

	reading reading
}

// A reading says how replies are read.
type reading struct {
	whole []byte // is in each reply that is complete, near its end
	text  []byte // is in each frame that has text

	// all returns the text of a whole reply.
	all func(reply []byte) (string, error)
}

var formats = []*format{chatFormat, responsesFormat, messagesFormat, geminiFormat, converseFormat, ollamaFormat}

// requested returns the path for a model.
func (f *format) requested(model string) string {
	return strings.ReplaceAll(f.path, modelInPath, model)
}

// matches reports whether a path is one of the format's. The model is empty where the path does not name it.
func (f *format) matches(path string) (model string, ok bool) {
	before, after, named := strings.Cut(f.path, modelInPath)
	if !named {
		return "", path == f.path
	}
	if model, ok = strings.CutPrefix(path, before); !ok {
		return "", false
	}
	return strings.CutSuffix(model, after)
}

// check compares the text of a whole reply with what the upstream said: a fast wrong answer is not worth measuring.
func (r *reading) check(reply []byte, want string) error {
	got, err := r.all(reply)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("text of the reply: got %d bytes, want %d bytes; it begins %.80q", len(got), len(want), got)
	}
	return nil
}

// lines makes an all of the text of one JSON document a line, behind prefix. Other lines, and the [DONE] of a chat, are passed over.
func lines(prefix string, text func(document []byte) (string, error)) func(reply []byte) (string, error) {
	return func(reply []byte) (string, error) {
		var all strings.Builder
		for line := range bytes.Lines(reply) {
			document, ok := bytes.CutPrefix(line, []byte(prefix))
			if !ok || bytes.HasPrefix(document, []byte("[DONE]")) {
				continue
			}
			said, err := text(document)
			if err != nil {
				return "", fmt.Errorf("reading %q: %w", document, err)
			}
			all.WriteString(said)
		}
		return all.String(), nil
	}
}

// namedEvent renders an event of an event stream whose data repeat its name as their type.
func namedEvent(name, members string) []byte {
	return fmt.Appendf(nil, "event: %s\ndata: {\"type\":%q%s}\n\n", name, name, members)
}
