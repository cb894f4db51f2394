package bolt

import (
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/internal/terms"
)

// recent is what has been written lately and is in a journal, but not yet in the file.
type recent struct {
	number  uint64 // of the journal
	batches []owned
	entries map[place]entry
	owners  map[string]bool
	size    int64 // of the batches, in bytes
}

// owned is a batch whose conditions have been met.
type owned struct {
	owner string
	batch *session.Batch
}

// place is where a record is.
type place struct{ owner, key string }

// entry is what recent batches have made of a record.
type entry struct {
	op      session.Op // Put, Touch or Delete
	value   []byte
	expires instant
}

func newRecent(number uint64) *recent {
	return &recent{number: number, entries: make(map[place]entry), owners: make(map[string]bool)}
}

// add notes a batch that is written now.
func (r *recent) add(o owned, now instant) {
	r.batches = append(r.batches, o)
	r.owners[o.owner] = true
	r.size += terms.Size(o.batch) + int64(len(o.batch.Changes))
	for i := range o.batch.Changes {
		r.change(o.owner, &o.batch.Changes[i], now)
	}
}

func (r *recent) change(owner string, c *session.Change, now instant) {
	at := place{owner, c.Key}
	e := entry{op: c.Op, value: c.Value, expires: instantOf(c.Expires)}
	switch before, known := r.entries[at]; {
	case c.Op == session.Check:
		return
	case c.Op == session.Put && c.Value == nil:
		e.value = []byte{}
	case c.Op != session.Touch || !known:
	case before.op == session.Delete || before.expires <= now:
		return
	default:
		before.expires = e.expires
		e = before
	}
	r.entries[at] = e
}

// concerns reports whether there is anything of an owner. The receiver may be nil.
func (r *recent) concerns(owner string) bool { return r != nil && r.owners[owner] }

// find is what layers, the latest first, say of a record. Where that is not settled the file has to be asked, whose record expires at until
// unless that is zero.
func find(layers [2]*recent, at place) (value []byte, until instant, settled bool) {
	for _, layer := range layers {
		if layer == nil {
			continue
		}
		e, ok := layer.entries[at]
		if !ok {
			continue
		}
		if until == 0 {
			until = e.expires
		}
		switch e.op {
		case session.Delete:
			return nil, 0, true
		case session.Put:
			return e.value, until, true
		case session.Touch, session.Check:
		}
	}
	return nil, until, false
}
