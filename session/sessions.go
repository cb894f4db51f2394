package session

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sessions are the stored responses and conversations of all clients. Its methods want the owner, see Owner; what belongs to another one
// is not there.
type Sessions struct {
	store *guard
	ring  Ring
	ttl   time.Duration
	limit int64
	now   func() time.Time

	turns *turns // of those who add to conversations
}

// Ring encrypts what is stored.
type Ring interface {
	// SealRecord appends plain, encrypted, to dst.
	SealRecord(dst, plain []byte, place string) []byte
	// OpenRecord decrypts a record of the same place. False for one that this ring cannot open.
	OpenRecord(sealed []byte, place string) ([]byte, bool)
}

// Options say how long and how much is kept.
type Options struct {
	TTL   time.Duration // since it was last used
	Limit int64         // bytes per owner; 0 without a limit
	Now   func() time.Time

	// Changed, where it is set, is called when the store has stopped working, with why, and with nil when it works again.
	Changed func(error)
}

// New returns the sessions of a store. Closing them closes the handle of the store.
func New(store Store, ring Ring, o Options) *Sessions {
	return &Sessions{store: newGuard(store, &o), ring: ring, ttl: o.TTL, limit: o.Limit, now: o.Now, turns: newTurns()}
}

// Close gives up the handle of the store.
func (s *Sessions) Close() error { return s.store.Close() }

// ErrNotFound says that there is no such object, or that it belongs to somebody else.
var ErrNotFound = errors.New("not found")

// ErrUnreadable says that a record cannot be decrypted or understood: it was sealed with a key that is not configured any more.
var ErrUnreadable = errors.New("a stored record cannot be read; the seal key it was stored with is missing")

// place binds a sealed record to where it is stored.
func place(owner, key string) string { return owner + "/" + key }

func (s *Sessions) seal(owner, key string, plain []byte) []byte {
	return s.ring.SealRecord(nil, plain, place(owner, key))
}

func (s *Sessions) open(owner string, r Record) ([]byte, error) {
	plain, ok := s.ring.OpenRecord(r.Value, place(owner, r.Key))
	if !ok {
		return nil, fmt.Errorf("reading %s: %w", r.Key, ErrUnreadable)
	}
	return plain, nil
}

// put is the change that stores an object.
func (s *Sessions) put(owner, key string, plain []byte) Change {
	return Change{Key: key, Value: s.seal(owner, key, plain), Expires: s.expiry()}
}

// refer is the change that stores where an object is. Keys are no secret, so they are not encrypted.
func (s *Sessions) refer(key, to string) Change {
	return Change{Key: key, Value: []byte(to), Expires: s.expiry()}
}

func (s *Sessions) expiry() time.Time { return s.now().Add(s.ttl) }

// stale reports whether a record that is used should be kept for longer. Not each use is worth a write.
func (s *Sessions) stale(expires time.Time) bool {
	return expires.Before(s.now().Add(s.ttl - min(s.ttl/10, time.Hour)))
}

func (s *Sessions) write(ctx context.Context, owner, topic string, changes ...Change) error {
	return s.store.Write(ctx, owner, Batch{Changes: changes, Topic: topic, Limit: s.limit})
}

// read returns one record.
func (s *Sessions) read(ctx context.Context, owner, key string) (Record, error) {
	records, err := s.store.Read(ctx, owner, key)
	switch {
	case err != nil:
		return Record{}, err
	case records[0].Value == nil:
		return Record{}, ErrNotFound
	}
	return records[0], nil
}
