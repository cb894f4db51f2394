package streamcheck

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// Check reports the first rule that a whole stream breaks.
func Check(body []byte) error {
	events, err := Parse(body)
	if err != nil {
		return err
	}
	return CheckEvents(events)
}

// Require fails the test unless body is a good stream, and returns its events.
func Require(t testing.TB, body []byte) []Event {
	t.Helper()
	events, err := Parse(body)
	if err == nil {
		err = CheckEvents(events)
	}
	if err != nil {
		t.Fatalf("bad stream: %v\n%s", err, body)
	}
	return events
}

// CheckEvents reports the first rule that the events of a whole stream break.
func CheckEvents(events []Event) error {
	s, err := follow(events)
	if err != nil {
		return err
	}
	return s.end()
}

// CheckBegun is CheckEvents for a stream whose end was not seen, as by a client that went away.
func CheckBegun(events []Event) error {
	_, err := follow(events)
	return err
}

// follow reports the first rule that events break, whatever may come after them.
func follow(events []Event) (*stream, error) {
	s := new(stream)
	for i, event := range events {
		if err := s.event(event); err != nil {
			return nil, fmt.Errorf("event %d (%s): %w", i, event.Type, err)
		}
	}
	return s, nil
}

// stream is what the checker has to remember between events. Its zero value waits for the first one.
type stream struct {
	last     Event
	count    int64
	response string // the id of the response
	open     *item  // the item between its added and its done event
	done     []gjson.Result
	ids      map[string]bool // of all items so far
}

func (s *stream) event(e Event) error {
	if s.last.Terminal() {
		return fmt.Errorf("it follows %s, which is terminal", s.last.Type)
	}
	if e.Name != e.Type {
		return fmt.Errorf("the event: line says %q", e.Name)
	}
	if n := e.Get("sequence_number"); n.Type != gjson.Number || n.Raw != strconv.FormatInt(s.count, 10) {
		return fmt.Errorf("sequence_number is %s, want %d", orAbsent(n), s.count)
	}
	if err := checkEventSchema(e); err != nil {
		return err
	}
	if err := s.order(e); err != nil {
		return err
	}
	if err := s.step(e); err != nil {
		return err
	}
	s.last = e
	s.count++
	return nil
}

// order checks what may follow what, items aside.
func (s *stream) order(e Event) error {
	if first := s.count == 0; first != (e.Type == "response.created") {
		return errors.New("response.created must be the first event, once")
	}
	if s.last.Type == "error" && e.Type != "response.failed" {
		return errors.New("only response.failed may follow an error event")
	}
	// openai-go takes any event with this key for the end of the stream, even where its value is null.
	if e.Type != "error" && e.Get("error").Exists() {
		return errors.New("only an error event may have a top-level error key")
	}
	return nil
}

func (s *stream) step(e Event) error {
	switch {
	case e.Response().Exists():
		return s.envelope(e)
	case e.Type == "response.output_item.added":
		return s.itemAdded(e)
	case e.Type == "response.output_item.done":
		return s.itemDone(e)
	case e.Get("item_id").Exists() || e.Get("output_index").Exists():
		return s.inItem(e)
	}
	return nil
}

// envelope checks the events that carry the response object.
func (s *stream) envelope(e Event) error {
	response := e.Response()
	id := response.Get("id").String()
	if s.count == 0 {
		s.response = id
	}
	if id != s.response {
		return fmt.Errorf("response.id is %q, and was %q", id, s.response)
	}
	if !e.Terminal() {
		return checkRunning(e, response)
	}
	if s.open != nil && !s.open.mayStayOpen(e.Type) {
		return fmt.Errorf("item %s is still open", s.open.id)
	}
	if err := checkEnding(e.Type, response.Get("status").String()); err != nil {
		return err
	}
	if err := checkFinal(response); err != nil {
		return err
	}
	output := response.Get("output").Array()
	if len(output) != len(s.done) {
		return fmt.Errorf("response.output has %d items, %d were done", len(output), len(s.done))
	}
	for i := range output {
		if !sameJSON(output[i], s.done[i]) {
			return fmt.Errorf("response.output.%d is not the item that was done:\n%s\n%s", i, output[i].Raw, s.done[i].Raw)
		}
	}
	return nil
}

func (s *stream) itemAdded(e Event) error {
	if s.open != nil {
		return fmt.Errorf("item %s is not done yet: items must not interleave", s.open.id)
	}
	if index := e.Get("output_index").Int(); index != int64(len(s.done)) {
		return fmt.Errorf("output_index is %d, want %d", index, len(s.done))
	}
	opened, err := newItem(e)
	if err != nil {
		return err
	}
	if s.ids[opened.id] {
		return fmt.Errorf("the id %s was used before", opened.id)
	}
	if s.ids == nil {
		s.ids = make(map[string]bool)
	}
	s.ids[opened.id] = true
	s.open = opened
	return nil
}

func (s *stream) itemDone(e Event) error {
	if s.open == nil {
		return errors.New("no item is open")
	}
	if err := s.open.finish(e); err != nil {
		return fmt.Errorf("item %s: %w", s.open.id, err)
	}
	s.done = append(s.done, e.Item())
	s.open = nil
	return nil
}

// inItem checks an event that belongs to the open item.
func (s *stream) inItem(e Event) error {
	if s.open == nil {
		return errors.New("no item is open")
	}
	if id := e.Get("item_id"); id.Exists() && id.String() != s.open.id {
		return fmt.Errorf("item_id is %q, the open item is %s", id.String(), s.open.id)
	}
	if index := e.Get("output_index"); index.Exists() && index.Int() != s.open.index {
		return fmt.Errorf("output_index is %d, the open item has %d", index.Int(), s.open.index)
	}
	if err := s.open.event(e); err != nil {
		return fmt.Errorf("item %s: %w", s.open.id, err)
	}
	return nil
}

func (s *stream) end() error {
	if s.count == 0 {
		return errors.New("the stream has no events")
	}
	if !s.last.Terminal() {
		return fmt.Errorf("the stream ends with %s, which is not terminal", s.last.Type)
	}
	return nil
}

// orAbsent names a value for a message.
func orAbsent(value gjson.Result) string {
	if !value.Exists() {
		return "absent"
	}
	return strings.TrimSpace(value.Raw)
}
