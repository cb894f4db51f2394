// Package session keeps what outlives a request: stored responses, the events of those that run in the background, conversations, and where
// threads are served.
//
// A [Store] holds sealed records of which it knows nothing but their keys; [Sessions] knows what they mean. The package knows the Responses
// API as far as its objects are stored, and neither providers nor Caddy. Stores are packages below this one.
package session

import (
	"context"
	"errors"
	"time"
)

// Store keeps records for owners. The records of one owner are nobody else's: a key means something only together with its owner. An owner
// and a key are up to 200 characters of letters, digits and -_./, and an owner has no slash.
//
// A store may be used by many goroutines, and by several processes where it is one of a fleet. Records whose time has come are gone for
// readers at that moment, whenever the store clears them away. Values are opaque and already encrypted.
type Store interface {
	// Read returns the records of an owner by their keys, in the order of the keys. One that is not there has no Value.
	Read(ctx context.Context, owner string, keys ...string) ([]Record, error)

	// List returns records of an owner whose keys begin with a prefix.
	List(ctx context.Context, owner string, q Query) ([]Record, error)

	// Write makes all changes of a batch in one step, or none. When it returns without an error they are visible to every reader, and kept as
	// safely as the store keeps anything. It returns ErrConflict where a condition is not met, and ErrTooLarge for what can never fit.
	Write(ctx context.Context, owner string, b Batch) error

	// Watch returns a channel that is sent to after a batch with the topic has been written by anyone, as long as ctx lasts. Several writes
	// may count as one. Whoever must not miss a write looks at the records now and then as well.
	Watch(ctx context.Context, owner, topic string) <-chan struct{}

	// Close gives up the handle. It does not touch what is stored.
	Close() error
}

// Backend is what a Caddy module of the namespace codex_responses.stores implements.
type Backend interface {
	// Open returns a handle of the store. Handles of one and the same store share its connections and files, also across reloads, and each
	// is closed on its own. A server that cannot be reached at the moment is no error here.
	Open() (Store, error)
}

// Exclusive is what a store implements that only one process at a time can have open.
type Exclusive interface {
	// Exclusive reports whether it is such a store.
	Exclusive() bool
}

// Record is a stored value.
type Record struct {
	Key     string
	Value   []byte // nil for a record that is not there
	Expires time.Time
}

// Query says what List returns.
type Query struct {
	Prefix     string
	After      string // only keys behind this one, in the order of the list; empty for all
	Limit      int    // how many at most; 0 for all
	Descending bool   // the greatest key first
}

// Batch is what is written in one step.
type Batch struct {
	Changes []Change // in this order; of several to one record the last counts, and conditions are those of before
	Topic   string   // of those who watch; empty where nobody does

	// Limit is how many bytes an owner may have, values and keys together; 0 without a limit. Beyond it the records that expire first are
	// removed, but none that the batch writes and none with the key of a [Lease].
	Limit int64
}

// Change is what becomes of one record.
type Change struct {
	Key     string
	Op      Op
	Value   []byte    // of Put
	Expires time.Time // of Put and Touch

	// If is what must hold for the batch to be written.
	If Condition
	// Was is the value that the record must have, for Unchanged.
	Was []byte
}

// Op is what a change does.
type Op int

// The operations.
const (
	Put    Op = iota // write the record
	Touch            // let it expire at another time; nothing where it is not there
	Delete           // remove it; nothing where it is not there
	Check            // nothing: the change is only a condition
)

// Condition is what must hold of a record.
type Condition int

// The conditions.
const (
	Always Condition = iota
	Absent
	Present
	Unchanged // it is there and has the value Was
)

// ErrConflict says that a condition of a batch was not met, so nothing of it was written.
var ErrConflict = errors.New("the record has changed")

// ErrTooLarge says that a batch is greater than all that the store may take. The store itself is well.
var ErrTooLarge = errors.New("it is too large for the store")

// Lease begins the keys of leases: short-lived records that say who is at work. A limit does not remove them.
const Lease = "lease/"
