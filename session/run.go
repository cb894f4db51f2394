package session

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A response in the background is written by one gateway, its runner. While it runs there is a lease, which the runner renews; when a
// process dies its leases run out, and whoever looks next finds that the response has failed. What the runner writes last takes the lease
// away with it. A runner whose lease has run out takes another one, unless somebody has looked: then it writes nothing any more.

const (
	// LeaseTime is how long a runner may keep silent before it counts as dead.
	LeaseTime = 30 * time.Second
	// LeaseRenewal is how often a runner renews its lease.
	LeaseRenewal = LeaseTime / 3
)

func leaseKey(id string) string        { return Lease + keyID(id) }
func cancellationKey(id string) string { return "cancellation/" + keyID(id) }
func eventPrefix(id string) string     { return "event/" + keyID(id) + "/" }

func eventKey(id string, first int64) string { return fmt.Sprintf("%s%012d", eventPrefix(id), first) }

// instance is this process, for the leases that it holds.
var instance = []byte(rand.Text())

// ErrNotRunning says that a response is not running any more, or that another has taken over.
var ErrNotRunning = fmt.Errorf("the response is not running: %w", ErrConflict)

func (s *Sessions) lease(id string, c Condition) Change {
	return Change{Key: leaseKey(id), Value: instance, Expires: s.now().Add(LeaseTime), If: c}
}

// Begin stores a response that begins to run, with its lease.
func (s *Sessions) Begin(ctx context.Context, owner string, r *Response, before *Chain) error {
	return s.write(ctx, owner, r.ID, append(s.keep(owner, r, before), s.lease(r.ID, Absent))...)
}

// Renew keeps the lease of a running response. ErrNotRunning where the response has been given up or deleted.
func (s *Sessions) Renew(ctx context.Context, owner, id string) error {
	return s.asRunner(ctx, owner, id, func() error { return s.write(ctx, owner, "", s.lease(id, Present)) })
}

// asRunner writes what only a runner with a lease may write.
func (s *Sessions) asRunner(ctx context.Context, owner, id string, write func() error) error {
	err := write()
	if errors.Is(err, ErrConflict) {
		if err = s.resume(ctx, owner, id); err == nil {
			err = write()
		}
	}
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
		return ErrNotRunning
	}
	return err
}

// resume takes a lease again that has run out, as the store could not be reached, where nobody has given the response up meanwhile.
func (s *Sessions) resume(ctx context.Context, owner, id string) error {
	r, err := s.Response(ctx, owner, id)
	if err != nil {
		return err
	}
	if status := r.Status(); status != "queued" && status != "in_progress" {
		return ErrNotRunning
	}
	return s.write(ctx, owner, "", s.lease(id, Absent), Change{Key: responseKey(id), Op: Check, If: Unchanged, Was: r.sealed})
}

// Progress stores events of a running response, and how it stands where r is not nil. ErrNotRunning where it has been given up or deleted.
func (s *Sessions) Progress(ctx context.Context, owner, id string, e *Events, r *Response) error {
	changes := []Change{s.lease(id, Present)}
	if e != nil {
		changes = append(changes, s.put(owner, eventKey(id, e.First), e.encode()))
	}
	if r != nil {
		changes = append(changes, s.putResponse(owner, r))
	}
	return s.asRunner(ctx, owner, id, func() error { return s.write(ctx, owner, id, changes...) })
}

// Running reports whether a runner is at work on a response.
func (s *Sessions) Running(ctx context.Context, owner, id string) (bool, error) {
	lease, err := s.holder(ctx, owner, id)
	return err == nil && lease != nil && !s.dead(lease), err
}

// holder is the value of the lease of a response; nil without one.
func (s *Sessions) holder(ctx context.Context, owner, id string) ([]byte, error) {
	records, err := s.store.Read(ctx, owner, leaseKey(id))
	if err != nil {
		return nil, err
	}
	return records[0].Value, nil
}

// dead reports whether the holder of a lease is known to be no more, before the lease has run out.
func (s *Sessions) dead(lease []byte) bool {
	return exclusive(s.store.Store) && !bytes.Equal(lease, instance)
}

// Abandon stores that a response without a runner has failed, as object says. It does nothing where it has ended after all: ErrConflict.
func (s *Sessions) Abandon(ctx context.Context, owner string, r *Response, object []byte) error {
	vacant := Change{Key: leaseKey(r.ID), Op: Check, If: Absent}
	if lease, err := s.holder(ctx, owner, r.ID); err != nil {
		return err
	} else if lease != nil && s.dead(lease) {
		vacant = Change{Key: leaseKey(r.ID), Op: Delete, If: Unchanged, Was: lease}
	}
	failed := *r
	failed.Object = object
	change := s.putResponse(owner, &failed)
	change.If, change.Was = Unchanged, r.sealed
	return s.write(ctx, owner, r.ID, change, vacant)
}

// Cancel asks the runner of a response to stop.
func (s *Sessions) Cancel(ctx context.Context, owner, id string) error {
	change := Change{Key: cancellationKey(id), Value: []byte{1}, Expires: s.now().Add(2 * LeaseTime)}
	return s.write(ctx, owner, cancellationTopic(id), change, Change{Key: leaseKey(id), Op: Check, If: Present})
}

func cancellationTopic(id string) string { return "cancellation." + keyID(id) }

// Cancelled reports whether the runner of a response has been asked to stop.
func (s *Sessions) Cancelled(ctx context.Context, owner, id string) (bool, error) {
	records, err := s.store.Read(ctx, owner, cancellationKey(id))
	return err == nil && records[0].Value != nil, err
}

// WatchCancellation returns a channel that is sent to when somebody has asked the runner of a response to stop.
func (s *Sessions) WatchCancellation(ctx context.Context, owner, id string) <-chan struct{} {
	return s.store.Watch(ctx, owner, cancellationTopic(id))
}

// Watch returns a channel that is sent to when a response or its events have been written.
func (s *Sessions) Watch(ctx context.Context, owner, id string) <-chan struct{} {
	return s.store.Watch(ctx, owner, id)
}

// Events are events of one response that follow each other.
type Events struct {
	First int64    // sequence number of the first
	Data  [][]byte // each a JSON object on one line
}

func (e *Events) encode() []byte { return bytes.Join(e.Data, []byte{'\n'}) }

// Next is the sequence number behind the last.
func (e *Events) Next() int64 { return e.First + int64(len(e.Data)) }

// Events returns the stored events of a response with sequence numbers from next on.
func (s *Sessions) Events(ctx context.Context, owner, id string, next int64) ([]Events, error) {
	query := Query{Prefix: eventPrefix(id)}
	if next > 0 { // the batch that holds it began before it, and nobody asks for less than the whole of one
		last, err := s.store.List(ctx, owner, Query{Prefix: query.Prefix, After: eventKey(id, next+1), Limit: 1, Descending: true})
		if err != nil || len(last) == 0 {
			return nil, err
		}
		if query.After = eventKey(id, firstOf(last[0].Key)-1); firstOf(last[0].Key) == 0 {
			query.After = ""
		}
	}
	records, err := s.store.List(ctx, owner, query)
	if err != nil {
		return nil, err
	}
	var all []Events
	for _, record := range records {
		plain, err := s.open(owner, record)
		if err != nil {
			return nil, err
		}
		e := Events{First: firstOf(record.Key), Data: bytes.Split(plain, []byte{'\n'})}
		if skip := next - e.First; skip > 0 {
			if skip >= int64(len(e.Data)) {
				continue
			}
			e.First, e.Data = next, e.Data[skip:]
		}
		all = append(all, e)
	}
	return all, nil
}

// LastEvent returns the last stored event of a response with its sequence number: nil and -1 where there is none.
func (s *Sessions) LastEvent(ctx context.Context, owner, id string) (data []byte, number int64, err error) {
	records, err := s.store.List(ctx, owner, Query{Prefix: eventPrefix(id), Limit: 1, Descending: true})
	if err != nil || len(records) == 0 {
		return nil, -1, err
	}
	plain, err := s.open(owner, records[0])
	if err != nil {
		return nil, -1, err
	}
	e := Events{First: firstOf(records[0].Key), Data: bytes.Split(plain, []byte{'\n'})}
	return e.Data[len(e.Data)-1], e.Next() - 1, nil
}

// firstOf is the sequence number that the key of events says.
func firstOf(key string) int64 {
	n, _ := strconv.ParseInt(key[strings.LastIndexByte(key, '/')+1:], 10, 64)
	return n
}
