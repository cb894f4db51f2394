// Package terms is what batches and queries come down to for a store that does its own bookkeeping. It neither reads nor writes.
package terms

import (
	"bytes"
	"strings"

	"github.com/caddy-codex/responses/session"
)

// Met reports whether the condition of a change holds for the value that its record has: nil for one that is not there.
func Met(c *session.Change, value []byte) bool {
	switch c.If {
	case session.Absent:
		return value == nil
	case session.Present:
		return value != nil
	case session.Unchanged:
		return value != nil && bytes.Equal(value, c.Was)
	case session.Always:
	}
	return true
}

// Size is how many bytes a batch brings, keys and values together.
func Size(b *session.Batch) (n int64) {
	for i := range b.Changes {
		if c := &b.Changes[i]; c.Op == session.Put {
			n += int64(len(c.Key) + len(c.Value))
		}
	}
	return n
}

// Written are the keys of the records that a batch writes, which a limit must leave.
func Written(b *session.Batch) map[string]bool {
	keys := make(map[string]bool, len(b.Changes))
	for i := range b.Changes {
		if c := &b.Changes[i]; c.Op == session.Put || c.Op == session.Touch {
			keys[c.Key] = true
		}
	}
	return keys
}

// Leased reports whether a key is that of a lease, which no limit removes.
func Leased(key string) bool { return strings.HasPrefix(key, session.Lease) }

// Range is where the keys of a query lie, whatever its order: from the first on, and before end, which is empty where there is none. The
// rest of the query is its order and its limit. Keys are ASCII.
func Range(q *session.Query) (from, end string) {
	from, end = q.Prefix, prefixEnd(q.Prefix)
	switch {
	case q.After == "":
	case !q.Descending:
		from = max(from, q.After+"\x00")
	case end == "" || q.After < end:
		end = q.After
	}
	return from, end
}

// prefixEnd is the least key behind all that begin with a prefix; empty for the empty prefix.
func prefixEnd(prefix string) string {
	if prefix == "" {
		return ""
	}
	last := len(prefix) - 1
	return prefix[:last] + string(rune(prefix[last]+1))
}
