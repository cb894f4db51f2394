package storetest

import (
	"time"

	"github.com/caddy-codex/responses/session"
)

var expiry = []test{
	{"a record is gone at the moment that it expires", func(f *fixture) {
		f.write(alice, f.put("short", "1", 1), f.put("long", "2", 2))
		f.clock.Advance(time.Hour - time.Second)
		f.wantRead(alice, []string{"short", "long"}, "1", "2")
		f.wantList(alice, session.Query{}, "long", "short")
		f.clock.Advance(time.Second)
		f.wantRead(alice, []string{"short", "long"}, absent, "2")
		f.wantList(alice, session.Query{}, "long")
		f.clock.Advance(time.Hour)
		f.wantRead(alice, []string{"short", "long"}, absent, absent)
		f.wantList(alice, session.Query{})
	}},
	{"a record that has expired has no place in a list with a limit", func(f *fixture) {
		f.write(alice, f.put("a", "", 1), f.put("b", "", 2), f.put("c", "", 1), f.put("d", "", 2), f.put("e", "", 2), f.put("f", "", 1))
		f.clock.Advance(time.Hour)
		f.wantList(alice, session.Query{Limit: 2}, "b", "d")
		f.wantList(alice, session.Query{Limit: 2, Descending: true}, "e", "d")
		f.wantList(alice, session.Query{After: "a", Limit: 3}, "b", "d", "e")
	}},
	{"a record that has expired is absent for conditions and changes", func(f *fixture) {
		f.write(alice, f.put("key", "value", 1))
		f.clock.Advance(time.Hour)
		f.conflict(session.Batch{Changes: []session.Change{{Key: "key", Op: session.Check, If: session.Present}}})
		f.conflict(session.Batch{Changes: []session.Change{{Key: "key", Op: session.Touch, Expires: f.in(1), If: session.Unchanged, Was: []byte("value")}}})
		f.write(alice, session.Change{Key: "key", Op: session.Touch, Expires: f.in(1)})
		f.wantRead(alice, []string{"key"}, absent)
		f.write(alice, session.Change{Key: "key", Op: session.Delete, If: session.Absent})
		f.write(alice, session.Change{Key: "key", Value: []byte("new"), Expires: f.in(1), If: session.Absent})
		f.wantRead(alice, []string{"key"}, "new")
	}},
	{"a record that is touched lives as long as it is touched", func(f *fixture) {
		f.write(alice, f.put("key", "value", 2))
		for range 3 {
			f.clock.Advance(time.Hour)
			f.write(alice, session.Change{Key: "key", Op: session.Touch, Expires: f.in(2)})
		}
		f.clock.Advance(2*time.Hour - time.Second)
		f.wantRead(alice, []string{"key"}, "value")
		f.clock.Advance(time.Second)
		f.wantRead(alice, []string{"key"}, absent)
	}},
	{"touch may bring the end nearer", func(f *fixture) {
		f.write(alice, f.put("key", "value", 5))
		f.write(alice, session.Change{Key: "key", Op: session.Touch, Expires: f.in(1)})
		f.clock.Advance(time.Hour)
		f.wantRead(alice, []string{"key"}, absent)
	}},
	{"the time of a record that was replaced no longer counts", func(f *fixture) {
		f.write(alice, f.put("longer", "old", 1), f.put("shorter", "old", 3))
		f.write(alice, f.put("longer", "new", 3), f.put("shorter", "new", 1))
		f.clock.Advance(time.Hour)
		f.wantRead(alice, []string{"longer", "shorter"}, "new", absent)
		f.write(alice, f.put("again", "", 1), f.put("shorter", "back", 1))
		f.wantRead(alice, []string{"longer", "shorter"}, "new", "back")
	}},
	{"a record that is written with a time in the past is not there", func(f *fixture) {
		f.write(alice, f.put("key", "value", 1))
		f.write(alice, f.put("key", "value", -1), f.put("other", "value", 0))
		f.wantRead(alice, []string{"key", "other"}, absent, absent)
		f.wantList(alice, session.Query{})
	}},
	{"seconds count", func(f *fixture) {
		f.write(alice, session.Change{Key: session.Lease + "r", Value: []byte("me"), Expires: f.clock.Now().Add(2 * time.Second)})
		f.clock.Advance(time.Second)
		f.wantRead(alice, []string{session.Lease + "r"}, "me")
		f.clock.Advance(time.Second)
		f.write(alice, session.Change{Key: session.Lease + "r", Value: []byte("you"), Expires: f.clock.Now().Add(2 * time.Second), If: session.Absent})
		f.wantRead(alice, []string{session.Lease + "r"}, "you")
	}},
}
