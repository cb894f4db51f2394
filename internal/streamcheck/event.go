// Package streamcheck says whether a stream of Responses events is one that clients can rely on.
//
// It is the only checker of its kind in the project: tests that make a stream hand it to [Require] and then look at what is theirs.
// It holds each event against OpenAI's schemas and the whole stream against the rules that schemas cannot say. It shares no code
// with the packages that write streams, and knows nothing about what a stream should contain.
package streamcheck

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tidwall/gjson"
)

// Event is one event of a stream.
type Event struct {
	Name string          // the value of the event: line, "" if there is none
	Type string          // the type in the data
	Data json.RawMessage // the data as it was sent
}

// Get returns what lies at a gjson path in the event's data.
func (e Event) Get(path string) gjson.Result { return gjson.GetBytes(e.Data, path) }

// Item returns the item of an output_item event.
func (e Event) Item() gjson.Result { return e.Get("item") }

// Response returns the response object of an event that carries one.
func (e Event) Response() gjson.Result { return e.Get("response") }

// Terminal reports whether the event ends a stream.
func (e Event) Terminal() bool {
	return e.Type == "response.completed" || e.Type == "response.incomplete" || e.Type == "response.failed"
}

// Parse reads the events of a whole stream. With an error it returns the events before the fault as well.
func Parse(body []byte) ([]Event, error) {
	var events []Event
	reader := NewReader(bytes.NewReader(body))
	for {
		event, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, fmt.Errorf("reading event %d: %w", len(events), err)
		}
		events = append(events, event)
	}
}

// Reader reads events one by one as they arrive.
//
// It is stricter than the event-stream format: besides comments it takes only event: and data: lines with a JSON object as data,
// because the project sends nothing else.
type Reader struct {
	lines *bufio.Reader
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader { return &Reader{lines: bufio.NewReader(r)} }

// Next returns the next event: io.EOF after the last one, io.ErrUnexpectedEOF where the stream ends inside an event.
func (r *Reader) Next() (Event, error) {
	var event Event
	var data []string
	for {
		line, err := r.lines.ReadString('\n')
		if errors.Is(err, io.EOF) && (line != "" || data != nil || event.Name != "") {
			return event, io.ErrUnexpectedEOF
		}
		if err != nil {
			return event, err
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && data != nil:
			return event, event.fill(strings.Join(data, "\n"))
		case line == "" && event.Name != "":
			return event, fmt.Errorf("event %q has no data", event.Name)
		case line == "" || field == "":
			// A blank line more, or a comment.
		case field == "event":
			event.Name = value
		case field == "data":
			data = append(data, value)
		default:
			return event, fmt.Errorf("line %q is neither an event nor a data line", line)
		}
	}
}

// fill sets what comes from the data.
func (e *Event) fill(data string) error {
	if data == "[DONE]" {
		return errors.New("data is [DONE], which belongs to Chat Completions: a Responses stream ends with its terminal event")
	}
	if !gjson.Valid(data) || !gjson.Parse(data).IsObject() {
		return fmt.Errorf("data is not a JSON object: %.200s", data)
	}
	e.Data = json.RawMessage(data)
	e.Type = e.Get("type").String()
	return nil
}

// Types lists the types of events, in order.
func Types(events []Event) []string {
	types := make([]string, len(events))
	for i, event := range events {
		types[i] = event.Type
	}
	return types
}

// Items lists the finished items, as their output_item.done events have them.
func Items(events []Event) []gjson.Result {
	var items []gjson.Result
	for _, event := range events {
		if event.Type == "response.output_item.done" {
			items = append(items, event.Item())
		}
	}
	return items
}

// Text returns the text of all output_text deltas.
func Text(events []Event) string {
	var text strings.Builder
	for _, event := range events {
		if event.Type == "response.output_text.delta" {
			text.WriteString(event.Get("delta").String())
		}
	}
	return text.String()
}

// Final returns the response object of the terminal event, or an empty result where there is none.
func Final(events []Event) gjson.Result {
	for _, event := range events {
		if event.Terminal() {
			return event.Response()
		}
	}
	return gjson.Result{}
}
