package memory

import (
	"cmp"
	"strings"
	"time"

	"github.com/google/btree"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/internal/terms"
)

const (
	// degree is that of the trees, as their package suggests.
	degree = 32
	// overhead is about what a record takes beside its key and value, in bytes.
	overhead = 256
	// clearing is how many records of others that have expired a write removes.
	clearing = 100
)

// record is a stored record. It is not changed but replaced.
type record struct {
	session.Record
	owner string
	lease bool
}

// lives reports whether the record is there at a time.
func (r *record) lives(now time.Time) bool { return r != nil && r.Expires.After(now) }

// size is what the record counts for the limit of its owner.
func (r *record) size() int64 { return int64(len(r.Key) + len(r.Value)) }

// records are the records of all owners in their orders.
type records struct {
	size   int64 // with overhead
	owners map[string]*property
	due    *btree.BTreeG[*record]
}

// property is what one owner has.
type property struct {
	size int64
	keys *btree.BTreeG[*record] // in the order of the keys
	due  *btree.BTreeG[*record]
}

func newRecords() records {
	return records{owners: make(map[string]*property), due: btree.NewG(degree, sooner)}
}

func byKey(a, b *record) bool { return a.Key < b.Key }

// sooner is the order in which records go: by their time, leases behind all others.
func sooner(a, b *record) bool {
	if a.lease != b.lease {
		return b.lease
	}
	if order := a.Expires.Compare(b.Expires); order != 0 {
		return order < 0
	}
	return cmp.Or(strings.Compare(a.owner, b.owner), strings.Compare(a.Key, b.Key)) < 0
}

// at is a place in the order of the keys.
func at(key string) *record { return &record{Record: session.Record{Key: key}} }

// get returns nil for a record that is not there. One that has expired may still be.
func (rs *records) get(owner, key string) *record {
	p := rs.owners[owner]
	if p == nil {
		return nil
	}
	r, _ := p.keys.Get(at(key))
	return r
}

func (rs *records) put(owner string, stored session.Record) {
	if old := rs.get(owner, stored.Key); old != nil {
		rs.remove(old)
	}
	p := rs.owners[owner]
	if p == nil {
		p = &property{keys: btree.NewG(degree, byKey), due: btree.NewG(degree, sooner)}
		rs.owners[owner] = p
	}
	r := &record{Record: stored, owner: owner, lease: terms.Leased(stored.Key)}
	p.keys.ReplaceOrInsert(r)
	p.due.ReplaceOrInsert(r)
	rs.due.ReplaceOrInsert(r)
	p.size += r.size()
	rs.size += r.size() + overhead
}

func (rs *records) remove(r *record) {
	p := rs.owners[r.owner]
	p.keys.Delete(r)
	p.due.Delete(r)
	rs.due.Delete(r)
	p.size -= r.size()
	rs.size -= r.size() + overhead
	if p.keys.Len() == 0 {
		delete(rs.owners, r.owner)
	}
}

// walk calls visit for the records that a query is about, in its order and without regard to its limit, until it returns false.
func (rs *records) walk(owner string, q *session.Query, visit func(*record) bool) {
	p := rs.owners[owner]
	if p == nil {
		return
	}
	from, end := terms.Range(q)
	if !q.Descending {
		p.keys.AscendGreaterOrEqual(at(from), func(r *record) bool {
			return (end == "" || r.Key < end) && visit(r)
		})
		return
	}
	downward := func(r *record) bool {
		if r.Key == end {
			return true // the range ends before it
		}
		return r.Key >= from && visit(r)
	}
	if end == "" {
		p.keys.Descend(downward)
	} else {
		p.keys.DescendLessOrEqual(at(end), downward)
	}
}

// clear removes what has expired of an owner, and some of what has of others.
func (rs *records) clear(owner string, now time.Time) {
	if p := rs.owners[owner]; p != nil {
		rs.removeAll(expired(p.due, now, p.due.Len()))
	}
	rs.removeAll(expired(rs.due, now, clearing))
}

// expired returns up to limit records, leases included, whose time has come.
func expired(due *btree.BTreeG[*record], now time.Time, limit int) (found []*record) {
	visit := func(r *record) bool {
		if r.lives(now) || len(found) == limit {
			return false
		}
		found = append(found, r)
		return true
	}
	due.Ascend(visit)
	due.AscendGreaterOrEqual(&record{lease: true}, visit)
	return found
}

// bound removes what expires first: of the owner as long as it has more than the batch allows, then of all as long as there is more than
// maxSize. It leaves leases and what the batch has written.
func (rs *records) bound(owner string, b *session.Batch, maxSize int64) {
	p := rs.owners[owner]
	tooMuch := b.Limit > 0 && p != nil && p.size > b.Limit
	if !tooMuch && rs.size <= maxSize {
		return
	}
	written := terms.Written(b)
	spared := func(r *record) bool { return r.owner == owner && written[r.Key] }
	if tooMuch {
		rs.removeAll(first(p.due, p.size-b.Limit, 0, spared))
	}
	rs.removeAll(first(rs.due, rs.size-maxSize, overhead, spared))
}

// first returns the records to remove so that there are excess bytes less.
func first(due *btree.BTreeG[*record], excess, overhead int64, spared func(*record) bool) (found []*record) {
	due.Ascend(func(r *record) bool {
		if excess <= 0 || r.lease {
			return false
		}
		if !spared(r) {
			found = append(found, r)
			excess -= r.size() + overhead
		}
		return true
	})
	return found
}

func (rs *records) removeAll(found []*record) {
	for _, r := range found {
		rs.remove(r)
	}
}
