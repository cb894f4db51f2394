package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/caddy-codex/responses/session"
)

// hundred is a change that writes a record of a hundred bytes, key and value together.
func (f *fixture) hundred(key string, hours int) session.Change {
	return f.put(key, strings.Repeat("x", 100-len(key)), hours)
}

// limited writes a batch with a limit.
func (f *fixture) limited(limit int64, changes ...session.Change) {
	f.Helper()
	f.batch(alice, session.Batch{Changes: changes, Limit: limit})
}

var limits = []test{
	{"what fits is kept", func(f *fixture) {
		f.write(alice, f.hundred("a", 1), f.hundred("b", 2))
		f.limited(300, f.hundred("c", 3))
		f.wantList(alice, session.Query{}, "a", "b", "c")
	}},
	{"beyond the limit what expires first goes", func(f *fixture) {
		f.write(alice, f.hundred("a", 3), f.hundred("b", 1), f.hundred("c", 4), f.hundred("d", 2))
		f.limited(399, f.hundred("e", 5))
		f.wantList(alice, session.Query{}, "a", "c", "e")
		f.wantRead(alice, []string{"b", "d"}, absent, absent)
	}},
	{"one byte too many is enough", func(f *fixture) {
		f.write(alice, f.put("first", "", 1), f.hundred("a", 2))
		f.limited(204, f.hundred("b", 3))
		f.wantList(alice, session.Query{}, "a", "b")
	}},
	{"what the batch writes stays, though it expires first", func(f *fixture) {
		f.write(alice, f.hundred("a", 5), f.hundred("b", 6))
		f.limited(250, f.hundred("c", 1), f.put("d", "", 1))
		f.wantList(alice, session.Query{}, "b", "c", "d")
	}},
	{"a batch that is greater than the limit stays alone", func(f *fixture) {
		f.write(alice, f.hundred("a", 5), f.hundred("b", 6))
		f.limited(150, f.hundred("c", 1), f.hundred("d", 1))
		f.wantList(alice, session.Query{}, "c", "d")
		f.limited(150, f.hundred("c", 1))
		f.wantList(alice, session.Query{}, "c")
	}},
	{"a lease stays", func(f *fixture) {
		f.write(alice, f.put(session.Lease+"r", "me", 1), f.hundred("a", 2), f.put("lease", "of none", 1))
		f.limited(150, f.hundred("b", 3))
		f.wantList(alice, session.Query{}, "b", session.Lease+"r")
	}},
	{"without a limit nothing goes", func(f *fixture) {
		for i := range 50 {
			f.write(alice, f.hundred(fmt.Sprint("key", i), 1))
		}
		if got := len(f.list(alice, session.Query{})); got != 50 {
			f.Errorf("the list has %d records, want 50", got)
		}
	}},
	{"the order is that of the times that count now", func(f *fixture) {
		f.write(alice, f.hundred("a", 1), f.hundred("b", 2), f.hundred("c", 3), f.hundred("d", 4))
		f.write(alice, session.Change{Key: "a", Op: session.Touch, Expires: f.in(9)}, f.hundred("d", 1))
		f.limited(300, f.hundred("e", 5))
		f.wantList(alice, session.Query{}, "a", "c", "e")
	}},
	{"a record that is replaced counts once", func(f *fixture) {
		f.write(alice, f.hundred("a", 1), f.put("b", strings.Repeat("x", 500), 2))
		for range 5 {
			f.limited(200, f.hundred("b", 2))
		}
		f.wantList(alice, session.Query{}, "a", "b")
	}},
	{"what is deleted or touched does not count twice", func(f *fixture) {
		f.write(alice, f.hundred("a", 1), f.hundred("b", 2), f.hundred("c", 3))
		f.limited(300, session.Change{Key: "a", Op: session.Touch, Expires: f.in(4)})
		f.limited(300, session.Change{Key: "a", Op: session.Delete}, f.hundred("d", 1))
		f.wantList(alice, session.Query{}, "b", "c", "d")
		f.limited(300, session.Change{Key: "b", Op: session.Delete})
		f.limited(300, f.hundred("e", 2))
		f.wantList(alice, session.Query{}, "c", "d", "e")
	}},
	{"what has expired does not count", func(f *fixture) {
		f.write(alice, f.hundred("a", 1), f.hundred("b", 2), f.hundred("c", 1), f.put(session.Lease+"r", strings.Repeat("x", 500), 1))
		f.clock.Advance(time.Hour)
		f.limited(200, f.hundred("d", 3))
		f.wantList(alice, session.Query{}, "b", "d")
	}},
	{"what others have neither counts nor goes", func(f *fixture) {
		f.write(bob, f.hundred("a", 1), f.hundred("b", 1), f.hundred("c", 1))
		f.write(alice, f.hundred("a", 2))
		f.limited(200, f.hundred("b", 3))
		f.limited(200, f.hundred("c", 4))
		f.wantList(alice, session.Query{}, "b", "c")
		f.wantList(bob, session.Query{}, "a", "b", "c")
	}},
	{"a limit holds through many writes", func(f *fixture) {
		for i := range 200 {
			f.limited(1000, f.hundred(fmt.Sprintf("key/%03d", i), 1+i%7))
			total := 0
			for _, record := range f.list(alice, session.Query{}) {
				total += len(record.Key) + len(record.Value)
			}
			if want := min(i+1, 10) * 100; total != want {
				f.Fatalf("after %d writes there are %d bytes, want %d", i+1, total, want)
			}
		}
	}},
}
