package postgres

import (
	"time"

	"github.com/caddy-codex/responses/session"
)

// arguments are a batch as the function in the database takes it. No list is nil, for that would be NULL.
type arguments struct {
	ifKeys     []string
	conditions []int16
	was        [][]byte

	putKeys    []string
	putValues  [][]byte
	putExpires []time.Time

	touchKeys    []string
	touchExpires []time.Time

	deleteKeys []string

	limit int64
	size  int // about how many bytes it is
}

// newArguments sorts the changes of a batch.
func newArguments(b *session.Batch) *arguments {
	a := &arguments{
		ifKeys: []string{}, conditions: []int16{}, was: [][]byte{}, putKeys: []string{}, putValues: [][]byte{}, putExpires: []time.Time{},
		touchKeys: []string{}, touchExpires: []time.Time{}, deleteKeys: []string{}, limit: b.Limit,
	}
	for i := range b.Changes {
		if c := &b.Changes[i]; c.If != session.Always {
			a.ifKeys, a.conditions, a.was = append(a.ifKeys, c.Key), append(a.conditions, int16(c.If)), append(a.was, filled(c.Was))
			a.size += len(c.Key) + len(c.Was)
		}
	}
	for _, c := range outcomes(b.Changes) {
		switch c.Op {
		case session.Put:
			a.putKeys, a.putValues, a.putExpires = append(a.putKeys, c.Key), append(a.putValues, filled(c.Value)), append(a.putExpires, c.Expires)
		case session.Touch:
			a.touchKeys, a.touchExpires = append(a.touchKeys, c.Key), append(a.touchExpires, c.Expires)
		default:
			a.deleteKeys = append(a.deleteKeys, c.Key)
		}
		a.size += len(c.Key) + len(c.Value)
	}
	return a
}

// outcomes are what the changes come to: one for each key.
func outcomes(changes []session.Change) []session.Change {
	all := make([]session.Change, 0, len(changes))
	at := make(map[string]int, len(changes))
	for i := range changes {
		c := &changes[i]
		earlier, again := at[c.Key]
		switch {
		case c.Op == session.Check:
		case !again:
			at[c.Key] = len(all)
			all = append(all, *c)
		case c.Op == session.Touch: // what has been deleted stays so, whatever time it has
			all[earlier].Expires = c.Expires
		default:
			all[earlier] = *c
		}
	}
	return all
}

// filled is a value that is not nil: that would be NULL.
func filled(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}
