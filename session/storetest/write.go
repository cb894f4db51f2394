package storetest

import (
	"errors"
	"fmt"

	"github.com/caddy-codex/responses/session"
)

var writing = []test{
	{"put replaces the value and the time", func(f *fixture) {
		f.write(alice, f.put("key", "old", 2))
		f.write(alice, f.put("key", "new", 1))
		f.wantRead(alice, []string{"key"}, "new")
		if got := f.records(alice, "key")[0].Expires; !got.Equal(f.in(1)) {
			f.Errorf("expires %v, want %v", got, f.in(1))
		}
	}},
	{"touch replaces the time and keeps the value", func(f *fixture) {
		f.write(alice, f.put("key", "value", 1), f.put("other", "value", 1))
		f.write(alice, session.Change{Key: "key", Op: session.Touch, Expires: f.in(5)})
		record := f.records(alice, "key")[0]
		if string(record.Value) != "value" || !record.Expires.Equal(f.in(5)) {
			f.Errorf("got %+v", record)
		}
		if got := f.records(alice, "other")[0].Expires; !got.Equal(f.in(1)) {
			f.Errorf("the other record expires %v, want %v", got, f.in(1))
		}
	}},
	{"touch of an absent record does nothing", func(f *fixture) {
		f.write(alice, session.Change{Key: "key", Op: session.Touch, Expires: f.in(1)})
		f.wantRead(alice, []string{"key"}, absent)
		f.wantList(alice, session.Query{})
	}},
	{"delete removes, and does nothing to an absent record", func(f *fixture) {
		f.write(alice, f.put("key", "value", 1), f.put("other", "value", 1))
		f.write(alice, session.Change{Key: "key", Op: session.Delete}, session.Change{Key: "none", Op: session.Delete})
		f.wantRead(alice, []string{"key", "other"}, absent, "value")
		f.wantList(alice, session.Query{}, "other")
		f.write(alice, f.put("key", "again", 1))
		f.wantRead(alice, []string{"key"}, "again")
	}},
	{"check changes nothing", func(f *fixture) {
		f.write(alice, f.put("key", "value", 1))
		f.write(alice, session.Change{Key: "key", Op: session.Check, If: session.Present, Value: []byte("no"), Expires: f.in(9)},
			session.Change{Key: "none", Op: session.Check, If: session.Absent, Value: []byte("no"), Expires: f.in(9)})
		f.wantList(alice, session.Query{}, "key")
		if record := f.records(alice, "key")[0]; string(record.Value) != "value" || !record.Expires.Equal(f.in(1)) {
			f.Errorf("got %+v", record)
		}
	}},
	{"a batch makes changes of every kind", func(f *fixture) {
		f.write(alice, f.put("touched", "1", 1), f.put("deleted", "2", 1), f.put("replaced", "3", 1))
		f.write(alice,
			f.put("new", "4", 1),
			session.Change{Key: "touched", Op: session.Touch, Expires: f.in(2)},
			session.Change{Key: "deleted", Op: session.Delete},
			f.put("replaced", "5", 1))
		f.wantRead(alice, []string{"touched", "deleted", "replaced", "new"}, "1", absent, "5", "4")
	}},
	{"changes of one batch to one record are made in their order", func(f *fixture) {
		f.write(alice,
			f.put("put", "first", 1), f.put("put", "second", 1),
			f.put("touched", "value", 1), session.Change{Key: "touched", Op: session.Touch, Expires: f.in(2)},
			f.put("deleted", "value", 1), session.Change{Key: "deleted", Op: session.Delete})
		f.wantRead(alice, []string{"put", "touched", "deleted"}, "second", "value", absent)
		if got := f.records(alice, "touched")[0].Expires; !got.Equal(f.in(2)) {
			f.Errorf("expires %v, want %v", got, f.in(2))
		}
	}},
	{"a batch without changes is written", func(f *fixture) {
		f.write(alice)
		f.wantList(alice, session.Query{})
	}},
	{"a batch has many changes", func(f *fixture) {
		var changes []session.Change
		for i := range 1500 {
			changes = append(changes, f.put(fmt.Sprintf("key/%04d", i), "value", 1))
		}
		f.write(alice, changes...)
		if got := len(f.list(alice, session.Query{})); got != len(changes) {
			f.Errorf("the list has %d records, want %d", got, len(changes))
		}
		for i := range changes {
			changes[i] = session.Change{Key: changes[i].Key, Op: session.Delete, If: session.Present}
		}
		f.write(alice, changes...)
		f.wantList(alice, session.Query{})
	}},
	{"a batch with a condition that is not met writes nothing", func(f *fixture) {
		f.write(alice, f.put("touched", "1", 1), f.put("deleted", "2", 1), f.put("replaced", "3", 1), f.put("last", "4", 1))
		changes := []session.Change{
			f.put("new", "5", 1),
			{Key: "touched", Op: session.Touch, Expires: f.in(2)},
			{Key: "deleted", Op: session.Delete},
			f.put("replaced", "6", 1),
		}
		failing := session.Change{Key: "last", Op: session.Check, If: session.Absent}
		for place := range len(changes) + 1 {
			batch := append([]session.Change{}, changes[:place]...)
			batch = append(append(batch, failing), changes[place:]...)
			f.conflict(session.Batch{Changes: batch, Limit: 1})
			f.wantRead(alice, []string{"new", "touched", "deleted", "replaced", "last"}, absent, "1", "2", "3", "4")
			if got := f.records(alice, "touched")[0].Expires; !got.Equal(f.in(1)) {
				f.Errorf("expires %v, want %v", got, f.in(1))
			}
		}
	}},
	{"all conditions of a batch must be met", func(f *fixture) {
		f.write(alice, f.put("there", "value", 1))
		met := session.Change{Key: "there", Op: session.Check, If: session.Present}
		alsoMet := session.Change{Key: "none", Op: session.Check, If: session.Absent}
		f.write(alice, met, f.put("key", "written", 1), alsoMet)
		f.wantRead(alice, []string{"key"}, "written")
		f.conflict(session.Batch{Changes: []session.Change{
			met, alsoMet, f.put("key", "not written", 1), {Key: "there", Op: session.Check, If: session.Unchanged, Was: []byte("other")},
		}})
		f.wantRead(alice, []string{"key"}, "written")
	}},
}

// conditions are tested with every operation, each on every state that a record may be in.
var conditions = []test{
	{"with each operation", func(f *fixture) {
		states := map[string]func(f *fixture, key string){
			"absent": func(*fixture, string) {},
			"deleted": func(f *fixture, key string) {
				f.write(alice, f.put(key, "value", 9), session.Change{Key: key, Op: session.Delete})
			},
			"there":   func(f *fixture, key string) { f.write(alice, f.put(key, "value", 9)) },
			"changed": func(f *fixture, key string) { f.write(alice, f.put(key, "Value", 9)) },
			"longer":  func(f *fixture, key string) { f.write(alice, f.put(key, "value.", 9)) },
			"empty":   func(f *fixture, key string) { f.write(alice, f.put(key, "", 9)) },
			"expired": func(f *fixture, key string) { f.write(alice, f.put(key, "value", 0)) },
		}
		met := map[session.Condition]map[string]bool{
			session.Always:    {"absent": true, "deleted": true, "there": true, "changed": true, "longer": true, "empty": true, "expired": true},
			session.Absent:    {"absent": true, "deleted": true, "expired": true},
			session.Present:   {"there": true, "changed": true, "longer": true, "empty": true},
			session.Unchanged: {"there": true},
		}
		for op, opName := range []string{"put", "touch", "delete", "check"} {
			for condition, conditionName := range []string{"always", "absent", "present", "unchanged"} {
				for state, arrange := range states {
					f.sub(opName+" if "+conditionName+" of one "+state, func(f *fixture) {
						key := fmt.Sprintf("%s/%s/%s", opName, conditionName, state)
						arrange(f, key)
						f.decide(session.Change{
							Key: key, Op: session.Op(op), Value: []byte("new"), Expires: f.in(10),
							If: session.Condition(condition), Was: []byte("value"),
						}, met[session.Condition(condition)][state])
					})
				}
			}
		}
	}},
}

// decide writes a change whose condition is met or is not, with another one beside it that shows which.
func (f *fixture) decide(c session.Change, met bool) {
	f.Helper()
	before := f.read(alice, c.Key)[0]
	beside := "beside/" + c.Key
	err := f.a.Write(f.Context(), alice, session.Batch{Changes: []session.Change{f.put(beside, "written", 1), c}})
	if !met {
		if !errors.Is(err, session.ErrConflict) {
			f.Errorf("writing gave %v, want ErrConflict", err)
		}
		f.wantRead(alice, []string{c.Key, beside}, before, absent)
		return
	}
	if err != nil {
		f.Fatalf("writing: %v", err)
	}
	after := map[session.Op]string{session.Put: "new", session.Touch: before, session.Delete: absent, session.Check: before}[c.Op]
	f.wantRead(alice, []string{c.Key, beside}, after, "written")
}
