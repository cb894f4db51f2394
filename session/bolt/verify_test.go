package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"
)

// verify finds where the orders, sizes and pieces of a file do not agree with its records.
func verify(s *store) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			return fmt.Errorf("bbolt: %w", err)
		}
		want, pieces, err := expected(openTables(tx))
		if err != nil {
			return err
		}
		got := make(map[string]string)
		err = tx.Bucket(recordsBucket).ForEach(func(key, value []byte) error {
			if owner, rest, ok := bytes.Cut(key, []byte("/")); key[0] != 0 && ok && rest[0] == recordMark {
				return nil // a record of owner
			} else if string(owner) == "" {
				return fmt.Errorf("%q is the key of nobody", key)
			}
			got[string(key)] = string(value)
			return nil
		})
		if err != nil {
			return err
		}
		if !maps.Equal(got, want) {
			return fmt.Errorf("orders and sizes:\n got %q\nwant %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		if n := tx.Bucket(valuesBucket).Stats().KeyN; n != pieces {
			return fmt.Errorf("there are %d pieces of values, the records have %d", n, pieces)
		}
		return nil
	})
}

// expected is what should be in the bucket records beside the records, and how many pieces of values there should be.
func expected(t *tables) (entries map[string]string, pieces int, err error) {
	entries = make(map[string]string)
	sizes, heads := make(map[string]int64), make(map[string]instant)
	err = t.records.ForEach(func(key, raw []byte) error {
		owner, rest, _ := strings.Cut(string(key), "/")
		if key[0] == 0 || rest[0] != recordMark {
			return nil
		}
		r, err := parseRow(raw)
		if err != nil {
			return err
		}
		if _, err := t.read(&r); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		pieces += r.pieces()
		c := classOf(rest[1:])
		entries[string(t.dueKey(owner, c, r.expires, rest[1:]))] = ""
		sizes[owner] += int64(len(rest) - 1 + r.size)
		head := owner + "/" + string(c.mark())
		if at, ok := heads[head]; !ok || r.expires < at {
			heads[head] = r.expires
		}
		return nil
	})
	for owner, size := range sizes {
		entries[string(t.ownerKey(owner, sizeMark, ""))] = string(binary.BigEndian.AppendUint64(nil, uint64(size)))
		for c := range classes {
			if at, ok := heads[owner+"/"+string(c.mark())]; ok {
				entries[string(t.queueKey(c, at, owner))] = ""
			}
		}
	}
	return entries, pieces, err
}
