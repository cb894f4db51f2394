package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"
)

// Response is a stored response. It holds what its own request brought, and of what came before only where to find it.
type Response struct {
	ID           string
	Previous     string // id of the response that it goes on from; empty for none
	Conversation string // id; empty for none
	Background   bool

	// Object is the response object, with null for its instructions and no tools.
	Object []byte
	// Input is the input of the request, raw: a text, or a list of items without those of the responses before it.
	Input []byte
	// Refers says that items of the input only refer to stored ones.
	Refers bool
	// Instructions and Tools are those of the request, raw; nil for none.
	Instructions, Tools []byte

	// toolsOf is the response before this one that has the very same tools; empty where Tools has them.
	toolsOf string

	depth     int      // how many responses stand before it
	ancestors []string // those of them behind the last depth that stride divides, the nearest last

	expires time.Time
	sealed  []byte // as it is stored
}

// stride is how many responses of a chain are read at once. Each holds the ids of those before it as far as the last multiple.
const stride = 32

const itemPrefix = "item/"

func responseKey(id string) string { return "response/" + keyID(id) }
func itemKey(id string) string     { return itemPrefix + keyID(id) }

func (r *Response) encode(dst []byte) []byte {
	return appendFields(
		dst, []byte(r.ID), []byte(r.Previous), []byte(r.Conversation), encodeBool(r.Background), r.Object, r.Input, r.Instructions, r.Tools,
		[]byte(r.toolsOf), encodeInt(int64(r.depth)), []byte(strings.Join(r.ancestors, "\n")), encodeBool(r.Refers),
	)
}

func (s *Sessions) decodeResponse(owner string, record Record) (*Response, error) {
	plain, err := s.open(owner, record)
	if err != nil {
		return nil, err
	}
	f := fieldReader{rest: plain}
	r := &Response{ID: f.text(), Previous: f.text(), Conversation: f.text(), Background: f.int() == 1}
	r.Object, r.Input, r.Instructions, r.Tools = f.next(), f.next(), f.next(), f.next()
	r.toolsOf, r.depth = f.text(), int(f.int())
	if ids := f.text(); ids != "" {
		r.ancestors = strings.Split(ids, "\n")
	}
	r.Refers = f.int() == 1
	if f.broken {
		return nil, fmt.Errorf("reading %s: %w", record.Key, ErrUnreadable)
	}
	r.expires, r.sealed = record.Expires, record.Value
	return r, nil
}

// Clone is the response with bytes of its own.
func (r *Response) Clone() *Response {
	c := *r
	c.Object, c.Input = bytes.Clone(r.Object), bytes.Clone(r.Input)
	c.Instructions, c.Tools = bytes.Clone(r.Instructions), bytes.Clone(r.Tools)
	return &c
}

// Status is that of the response object.
func (r *Response) Status() string { return gjson.GetBytes(r.Object, "status").String() }

// Output is the list of its output items, raw.
func (r *Response) Output() []byte { return []byte(gjson.GetBytes(r.Object, "output").Raw) }

// Outcome is a response as it has come out, with what is stored in the same step.
type Outcome struct {
	Response *Response
	Before   *Chain // what the response goes on from; nil for nothing
	Items    []Item // what the response adds to its conversation
	Events   *Events
	Leased   bool // the response has run in the background: its lease must be there, and is given up
}

// Keep stores an outcome. What the response goes on from is kept for as long. It is durable when Keep returns. A conversation that has been
// deleted meanwhile stays so. ErrNotRunning says that one in the background has been given up or deleted.
func (s *Sessions) Keep(ctx context.Context, owner string, o *Outcome) error {
	if !o.Leased {
		return s.conclude(ctx, owner, o)
	}
	return s.asRunner(ctx, owner, o.Response.ID, func() error { return s.conclude(ctx, owner, o) })
}

// conclude makes the changes of Keep.
func (s *Sessions) conclude(ctx context.Context, owner string, o *Outcome) error {
	r := o.Response
	changes := s.keep(owner, r, o.Before)
	if o.Events != nil {
		changes = append(changes, s.put(owner, eventKey(r.ID, o.Events.First), o.Events.encode()))
	}
	if o.Leased {
		changes = append(changes, Change{Key: leaseKey(r.ID), Op: Delete, If: Present}, Change{Key: cancellationKey(r.ID), Op: Delete})
	}
	var err error
	if r.Conversation != "" {
		take := func(c *Conversation) { c.take(r.Tools) }
		_, err = s.extendWith(ctx, owner, r.Conversation, o.Items, take, Batch{Topic: r.ID, Changes: changes})
	}
	if r.Conversation == "" || errors.Is(err, ErrNotFound) {
		err = s.write(ctx, owner, r.ID, changes...)
	}
	return err
}

// plainRecords lends room for responses that are about to be encrypted.
var plainRecords = sync.Pool{New: func() any { return new([]byte) }}

// maxPlain bounds the room that is kept, in bytes.
const maxPlain = 1 << 20

// putResponse is the change that stores a response.
func (s *Sessions) putResponse(owner string, r *Response) Change {
	plain := plainRecords.Get().(*[]byte) //nolint:forcetypeassert // it holds nothing else
	*plain = r.encode((*plain)[:0])
	change := s.put(owner, responseKey(r.ID), *plain)
	if cap(*plain) <= maxPlain {
		plainRecords.Put(plain)
	}
	return change
}

// keep are the changes that store a response.
func (s *Sessions) keep(owner string, r *Response, before *Chain) []Change {
	r.follow(before)
	changes := []Change{s.putResponse(owner, r)}
	gjson.GetBytes(r.Object, "output").ForEach(func(_, item gjson.Result) bool {
		if id := item.Get("id").String(); id != "" {
			changes = append(changes, s.refer(itemKey(id), responseKey(r.ID)))
		}
		return true
	})
	return append(changes, s.freshen(before)...)
}

// freshen are the changes that keep a chain for as long as what follows it.
func (s *Sessions) freshen(before *Chain) []Change {
	var changes []Change
	for _, earlier := range before.responses() {
		if !s.stale(earlier.expires) {
			continue
		}
		changes = append(changes, Change{Key: responseKey(earlier.ID), Op: Touch, Expires: s.expiry()})
		gjson.GetBytes(earlier.Object, "output.#.id").ForEach(func(_, id gjson.Result) bool {
			changes = append(changes, Change{Key: itemKey(id.String()), Op: Touch, Expires: s.expiry()})
			return true
		})
	}
	return changes
}

// Response returns a stored response.
func (s *Sessions) Response(ctx context.Context, owner, id string) (*Response, error) {
	record, err := s.read(ctx, owner, responseKey(id))
	if err != nil {
		return nil, err
	}
	return s.decodeResponse(owner, record)
}

// Delete removes a response and what belongs to it alone. Responses that go on from it cannot be continued any more.
func (s *Sessions) Delete(ctx context.Context, owner string, r *Response) error {
	changes := []Change{{Key: responseKey(r.ID), Op: Delete, If: Present}, {Key: leaseKey(r.ID), Op: Delete}}
	if r.Conversation == "" { // which has them still
		gjson.GetBytes(r.Object, "output.#.id").ForEach(func(_, id gjson.Result) bool {
			changes = append(changes, Change{Key: itemKey(id.String()), Op: Delete})
			return true
		})
	}
	events, err := s.eventDeletions(ctx, owner, r.ID)
	if err != nil {
		return err
	}
	if err = s.write(ctx, owner, r.ID, append(changes, events...)...); err != nil || !r.Background {
		return err
	}
	events, err = s.eventDeletions(ctx, owner, r.ID) // those that came meanwhile; without its lease the runner writes no more
	if err != nil || len(events) == 0 {
		return err
	}
	return s.write(ctx, owner, "", events...)
}

// eventDeletions are the changes that remove the events of a response.
func (s *Sessions) eventDeletions(ctx context.Context, owner, id string) ([]Change, error) {
	events, err := s.store.List(ctx, owner, Query{Prefix: eventPrefix(id)})
	changes := make([]Change, len(events))
	for i, event := range events {
		changes[i] = Change{Key: event.Key, Op: Delete}
	}
	return changes, err
}
