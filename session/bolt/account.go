package bolt

import (
	"encoding/binary"
	"errors"
	"math"

	"go.etcd.io/bbolt"

	"github.com/caddy-codex/responses/session/internal/terms"
)

// account makes the changes to the records of one owner within a transaction, and keeps the orders and the size right. It must be closed,
// except where nothing has been changed.
type account struct {
	*tables
	owner string
	size  int64
	known int64 // the size that is in the file

	// heads are where the order of each class began before its first change.
	heads     [classes]head
	reordered [classes]bool
}

// head is where an order begins: the time of its first record.
type head struct {
	at    instant
	found bool // false: the order is empty
}

func classOf(key string) class {
	if terms.Leased(key) {
		return leases
	}
	return ordinary
}

func (t *tables) account(owner string) *account {
	a := &account{tables: t, owner: owner}
	if raw := t.records.Get(t.ownerKey(owner, sizeMark, "")); len(raw) == 8 {
		a.size = int64(binary.BigEndian.Uint64(raw))
		a.known = a.size
	}
	return a
}

// head returns where the order of a class begins now.
func (a *account) head(c class) head {
	prefix := a.ownerKey(a.owner, c.mark(), "")
	key, _ := a.records.Cursor().Seek(prefix)
	at, _, found := splitDue(key, prefix)
	return head{at, found}
}

// reorder must be called before the order of a class is changed.
func (a *account) reorder(c class) {
	if !a.reordered[c] {
		a.heads[c], a.reordered[c] = a.head(c), true
	}
}

// close writes what follows from the changes.
func (a *account) close() error {
	for c := range classes {
		if !a.reordered[c] {
			continue
		}
		if err := a.requeue(c, a.heads[c], a.head(c)); err != nil {
			return err
		}
	}
	key := a.ownerKey(a.owner, sizeMark, "")
	switch a.size {
	case a.known:
		return nil
	case 0:
		return a.records.Delete(key)
	default:
		return a.records.Put(key, binary.BigEndian.AppendUint64(nil, uint64(a.size)))
	}
}

// requeue moves the owner in the order of all owners.
func (a *account) requeue(c class, before, after head) error {
	if before == after {
		return nil
	}
	if before.found {
		if err := a.records.Delete(a.queueKey(c, before.at, a.owner)); err != nil {
			return err
		}
	}
	if after.found {
		return a.records.Put(a.queueKey(c, after.at, a.owner), nil)
	}
	return nil
}

// put writes a record in the place of the one that is there, if one is.
func (a *account) put(key string, value []byte, expires instant) error {
	old, found, err := a.get(a.owner, key)
	if err != nil {
		return err
	}
	if found {
		if err := a.discard(&old); err != nil {
			return err
		}
		a.size -= int64(len(key) + old.size)
	}
	r, err := a.store(value, expires)
	if err != nil {
		return err
	}
	a.size += int64(len(key) + r.size)
	return a.place(key, &r, head{old.expires, found})
}

// touch lets a record expire at another time.
func (a *account) touch(key string, r *row, expires instant) error {
	before := head{r.expires, true}
	r.expires = expires
	return a.place(key, r, before)
}

// place writes a row, and its place in the order instead of the one before.
func (a *account) place(key string, r *row, before head) error {
	a.changed = true
	if err := a.records.Put(a.recordKey(a.owner, key), r.append(make([]byte, 0, rowHeader+len(r.value)+8))); err != nil {
		return err
	}
	if before.found && before.at == r.expires {
		return nil
	}
	c := classOf(key)
	a.reorder(c)
	if before.found {
		if err := a.records.Delete(a.dueKey(a.owner, c, before.at, key)); err != nil {
			return err
		}
	}
	return a.records.Put(a.dueKey(a.owner, c, r.expires, key), nil)
}

// remove removes a record.
func (a *account) remove(key string, r *row) error {
	a.changed = true
	c := classOf(key)
	a.reorder(c)
	if err := a.discard(r); err != nil {
		return err
	}
	if err := a.records.Delete(a.dueKey(a.owner, c, r.expires, key)); err != nil {
		return err
	}
	a.size -= int64(len(key) + r.size)
	return a.records.Delete(a.recordKey(a.owner, key))
}

// quota says how much is to be removed, from what expires first on.
type quota struct {
	until   instant         // only what has expired then
	records int             // at most so many
	bytes   int64           // no more when so many are gone
	cost    int64           // what a record counts beside its key and value
	spared  map[string]bool // keys of records that stay, of the one owner
}

var errOrder = errors.New("the order of records is not that of their times")

const (
	forever   = instant(math.MaxUint64)
	unlimited = math.MaxInt
)

func (q *quota) met() bool { return q.records <= 0 || q.bytes <= 0 }

// reap removes records of a class up to a time.
func (a *account) reap(c class, until instant, q *quota) error {
	prefix := append([]byte{}, a.ownerKey(a.owner, c.mark(), "")...)
	var keys []string // a cursor does not stay in its place when something is removed
	var rows []row
	for cursor, key := seek(a.records, prefix); !q.met(); key, _ = cursor.Next() {
		at, rest, ok := splitDue(key, prefix)
		if !ok || at > min(until, q.until) {
			break
		}
		if q.spared[string(rest)] {
			continue
		}
		r, found, err := a.get(a.owner, string(rest))
		if err != nil {
			return err
		}
		if !found || r.expires != at {
			return errOrder
		}
		keys, rows = append(keys, string(rest)), append(rows, r)
		q.records--
		q.bytes -= int64(len(rest)+r.size) + q.cost
	}
	for i := range keys {
		if err := a.remove(keys[i], &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func seek(b *bbolt.Bucket, key []byte) (*bbolt.Cursor, []byte) {
	cursor := b.Cursor()
	found, _ := cursor.Seek(key)
	return cursor, found
}

// reap removes records of a class, of all owners.
func (t *tables) reap(c class, q *quota) error {
	for prefix := []byte{0, c.mark()}; !q.met(); {
		cursor, key := seek(t.records, prefix)
		at, owner, ok := splitDue(key, prefix)
		if !ok || at > q.until {
			return nil
		}
		a := t.account(string(owner))
		until := forever
		next, _ := cursor.Next()
		if other, _, ok := splitDue(next, prefix); ok {
			until = other // from there on it is the turn of another owner
		}
		left := q.records
		if err := a.reap(c, until, q); err != nil {
			return err
		}
		if q.records == left {
			return errOrder
		}
		if err := a.close(); err != nil {
			return err
		}
	}
	return nil
}
