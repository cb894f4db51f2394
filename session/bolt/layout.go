package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"go.etcd.io/bbolt"
)

// The file has three buckets. The bucket records has these keys, where times are nanoseconds since 1970 in eight bytes, so that their order is
// that of time, and a class is d or, for leases, l:
//
//	owner / class expires key        the order in which the records of an owner expire
//	owner / 'e'                      how many bytes the owner has, keys and values together
//	owner / 'r' key                  a record: see row
//	0 class expires owner            the order in which the first record of each owner expires
//
// New records mostly expire behind all others, so that the end of the order and the size, which is next to it, share a page.
//
// The bucket values has what is too long for a row, in pieces that are numbered through. The pieces of all values together fill page after
// page, and a page is all that is ever needed at once: neither must the file grow because its free pages do not lie side by side, nor are
// long neighbors written again with a short record.
//
// The bucket about says what the file is.
var (
	recordsBucket = []byte("records")
	valuesBucket  = []byte("values")
	aboutBucket   = []byte("about")

	formatKey  = []byte("format")
	closedKey  = []byte("closed")  // the transaction that was the last when the file was closed
	journalKey = []byte("journal") // the number of the last journal that is in the file
)

// format is changed with the layout.
const format = "codex_responses sessions 1"

const (
	recordMark = 'r'
	sizeMark   = 'e'
)

// class separates the records that a limit may remove from those that it leaves.
type class int

const (
	ordinary class = iota
	leases
	classes
)

// mark is how a class is written.
func (c class) mark() byte { return "dl"[c] }

const (
	// inline is the longest value that is kept in its row, so that a page has several rows.
	inline = 800
	// piece is the length of the pieces of a value: four fit in a page of 4 KiB.
	piece = 992
)

// instant is a time in the file. Times before 1970 are all the same there, and so are those that are too far away.
type instant uint64

func instantOf(t time.Time) instant {
	switch seconds := t.Unix(); {
	case seconds < 0:
		return 0
	case seconds >= math.MaxInt64/int64(time.Second):
		return math.MaxInt64
	default:
		return instant(t.UnixNano())
	}
}

func (i instant) time() time.Time { return time.Unix(0, int64(i)) }

// row is what the bucket records has of a record: the time, then the value, or where it is and how long.
type row struct {
	expires instant
	size    int    // of the value
	first   uint64 // piece of the value; 0 for one that is in the row
	value   []byte // in the row
}

const rowHeader = 16

var errRow = errors.New("a record has no proper form")

func parseRow(raw []byte) (row, error) {
	if len(raw) < rowHeader {
		return row{}, errRow
	}
	r := row{expires: instant(binary.BigEndian.Uint64(raw)), first: binary.BigEndian.Uint64(raw[8:]), value: raw[rowHeader:]}
	r.size = len(r.value)
	if r.first != 0 {
		if r.size != 8 {
			return row{}, errRow
		}
		size := binary.BigEndian.Uint64(r.value)
		if size <= inline || size > 1<<40 {
			return row{}, errRow
		}
		r.size = int(size)
	}
	return r, nil
}

func (r *row) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.expires))
	dst = binary.BigEndian.AppendUint64(dst, r.first)
	if r.first != 0 {
		return binary.BigEndian.AppendUint64(dst, uint64(r.size))
	}
	return append(dst, r.value...)
}

// pieces is how many the value has.
func (r *row) pieces() int {
	if r.first == 0 {
		return 0
	}
	return (r.size + piece - 1) / piece
}

// tables are the buckets in one transaction.
type tables struct {
	tx      *bbolt.Tx
	records *bbolt.Bucket
	long    *bbolt.Bucket // see values
	scratch []byte        // the last key that was made; buckets copy it
	changed bool          // there is something to commit
}

func openTables(tx *bbolt.Tx) *tables { return &tables{tx: tx, records: tx.Bucket(recordsBucket)} }

// values is the bucket of long values, which many transactions have no need of.
func (t *tables) values() *bbolt.Bucket {
	if t.long == nil {
		t.long = t.tx.Bucket(valuesBucket)
		t.long.FillPercent = 1 // nothing is ever put between pieces
	}
	return t.long
}

func (t *tables) ownerKey(owner string, mark byte, key string) []byte {
	t.scratch = append(append(append(append(t.scratch[:0], owner...), '/'), mark), key...)
	return t.scratch
}

func (t *tables) recordKey(owner, key string) []byte { return t.ownerKey(owner, recordMark, key) }

func (t *tables) dueKey(owner string, c class, at instant, key string) []byte {
	t.ownerKey(owner, c.mark(), "")
	t.scratch = append(binary.BigEndian.AppendUint64(t.scratch, uint64(at)), key...)
	return t.scratch
}

func (t *tables) queueKey(c class, at instant, owner string) []byte {
	t.scratch = append(binary.BigEndian.AppendUint64(append(t.scratch[:0], 0, c.mark()), uint64(at)), owner...)
	return t.scratch
}

func (t *tables) pieceKey(n uint64) []byte {
	t.scratch = binary.BigEndian.AppendUint64(t.scratch[:0], n)
	return t.scratch
}

// splitDue takes a key of an order apart, which begins with a prefix: it returns the time and what follows it.
func splitDue(key, prefix []byte) (at instant, rest []byte, ok bool) {
	if !bytes.HasPrefix(key, prefix) || len(key) < len(prefix)+8 {
		return 0, nil, false
	}
	key = key[len(prefix):]
	return instant(binary.BigEndian.Uint64(key)), key[8:], true
}

// get returns the row of a record, also of one that has expired. What the row has is valid as long as the transaction.
func (t *tables) get(owner, key string) (r row, found bool, err error) {
	raw := t.records.Get(t.recordKey(owner, key))
	if raw == nil {
		return row{}, false, nil
	}
	r, err = parseRow(raw)
	return r, err == nil, err
}

var errPiece = errors.New("a piece of a value is missing")

// read returns a copy of the value of a row.
func (t *tables) read(r *row) ([]byte, error) {
	value := make([]byte, 0, min(r.size, 1<<24)) // the memory for a size that is damaged is not taken at once
	if r.first == 0 {
		return append(value, r.value...), nil
	}
	cursor := t.values().Cursor()
	key, part := cursor.Seek(t.pieceKey(r.first))
	for n := r.first; len(value) < r.size; n++ {
		if len(key) != 8 || binary.BigEndian.Uint64(key) != n || len(part) != min(piece, r.size-len(value)) {
			return nil, errPiece
		}
		value = append(value, part...)
		key, part = cursor.Next()
	}
	return value, nil
}

// store makes the row of a value. It keeps the value until the transaction ends.
func (t *tables) store(value []byte, expires instant) (row, error) {
	r := row{expires: expires, size: len(value), value: value}
	if len(value) <= inline {
		return r, nil
	}
	last := t.values().Sequence()
	r.first, r.value = last+1, nil
	for len(value) > 0 {
		part := value[:min(piece, len(value))]
		last++
		if err := t.values().Put(t.pieceKey(last), part); err != nil {
			return row{}, err
		}
		value = value[len(part):]
	}
	return r, t.values().SetSequence(last)
}

// discard removes the pieces of a row.
func (t *tables) discard(r *row) error {
	for i := range r.pieces() {
		if err := t.values().Delete(t.pieceKey(r.first + uint64(i))); err != nil {
			return err
		}
	}
	return nil
}
