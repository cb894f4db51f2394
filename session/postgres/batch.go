package postgres

import (
	"time"

	"github.com/caddy-codex/responses/session"
)

// arguments are a batch as the function in the database takes it: lists that are as long as there are changes. None is nil and none holds nil,
// for that would be NULL.
type arguments struct {
	keys       []string
	operations []int16
	values     [][]byte
	expires    []time.Time
	conditions []int16
	was        [][]byte

	limit int64
	size  int // about how many bytes it is
}

func newArguments(b *session.Batch) *arguments {
	n := len(b.Changes)
	a := &arguments{
		keys: make([]string, n), operations: make([]int16, n), values: make([][]byte, n), expires: make([]time.Time, n),
		conditions: make([]int16, n), was: make([][]byte, n), limit: b.Limit,
	}
	for i := range b.Changes {
		c := &b.Changes[i]
		a.keys[i], a.operations[i], a.expires[i], a.conditions[i] = c.Key, int16(c.Op), c.Expires, int16(c.If)
		a.values[i], a.was[i] = filled(c.Value, c.Op == session.Put), filled(c.Was, c.If == session.Unchanged)
		a.size += len(c.Key) + len(a.values[i]) + len(a.was[i])
	}
	return a
}

// filled is a value that is not nil, and empty where it is not needed.
func filled(value []byte, needed bool) []byte {
	if value == nil || !needed {
		return []byte{}
	}
	return value
}

// list is what the function is called with.
func (a *arguments) list(owner string, now time.Time) []any {
	return []any{owner, now, a.keys, a.operations, a.values, a.expires, a.conditions, a.was, a.limit, session.Lease}
}
