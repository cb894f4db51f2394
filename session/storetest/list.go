package storetest

import (
	"fmt"
	"slices"

	"github.com/caddy-codex/responses/session"
)

var listing = []test{
	{"queries", func(f *fixture) {
		for _, key := range []string{"a/2", "b/1", "ab", "a/1", "a/10", "c", "a/3"} { // in no order
			f.write(alice, f.put(key, "of "+key, 1))
		}
		f.write(bob, f.put("a/0", "", 1), f.put("a/4", "", 1))
		for _, test := range []struct {
			name string
			q    session.Query
			want []string
		}{
			{"all", session.Query{}, []string{"a/1", "a/10", "a/2", "a/3", "ab", "b/1", "c"}},
			{"all, the greatest first", session.Query{Descending: true}, []string{"c", "b/1", "ab", "a/3", "a/2", "a/10", "a/1"}},
			{"a prefix", session.Query{Prefix: "a/"}, []string{"a/1", "a/10", "a/2", "a/3"}},
			{"a prefix, the greatest first", session.Query{Prefix: "a/", Descending: true}, []string{"a/3", "a/2", "a/10", "a/1"}},
			{"a prefix that is itself a key", session.Query{Prefix: "a/1"}, []string{"a/1", "a/10"}},
			{"a prefix of nothing", session.Query{Prefix: "a/4"}, nil},
			{"the greatest prefix, the greatest first", session.Query{Prefix: "c", Descending: true}, []string{"c"}},
			{"a limit", session.Query{Limit: 2}, []string{"a/1", "a/10"}},
			{"a limit, the greatest first", session.Query{Limit: 2, Descending: true}, []string{"c", "b/1"}},
			{"a limit of just as many", session.Query{Prefix: "a/", Limit: 4}, []string{"a/1", "a/10", "a/2", "a/3"}},
			{"a limit beyond what there is", session.Query{Prefix: "a/", Limit: 50}, []string{"a/1", "a/10", "a/2", "a/3"}},
			{"after a key", session.Query{After: "a/2"}, []string{"a/3", "ab", "b/1", "c"}},
			{"after a key, the greatest first", session.Query{After: "a/2", Descending: true}, []string{"a/10", "a/1"}},
			{"after a key that is not there", session.Query{After: "a/11"}, []string{"a/2", "a/3", "ab", "b/1", "c"}},
			{"after a key that is not there, the greatest first", session.Query{After: "a/11", Descending: true}, []string{"a/10", "a/1"}},
			{"after the last", session.Query{After: "c"}, nil},
			{"after the first, the greatest first", session.Query{After: "a/1", Descending: true}, nil},
			{"a prefix after a key of it", session.Query{Prefix: "a/", After: "a/10"}, []string{"a/2", "a/3"}},
			{"a prefix after a key of it, the greatest first", session.Query{Prefix: "a/", After: "a/2", Descending: true}, []string{"a/10", "a/1"}},
			{"a prefix after a key before it", session.Query{Prefix: "a/", After: "A"}, []string{"a/1", "a/10", "a/2", "a/3"}},
			{"a prefix after a key behind it", session.Query{Prefix: "a/", After: "b"}, nil},
			{
				"a prefix after a key behind it, the greatest first",
				session.Query{Prefix: "a/", After: "b", Descending: true},
				[]string{"a/3", "a/2", "a/10", "a/1"},
			},
			{"a prefix after a key before it, the greatest first", session.Query{Prefix: "b/", After: "ab", Descending: true}, nil},
			{"all together", session.Query{Prefix: "a/", After: "a/1", Limit: 2}, []string{"a/10", "a/2"}},
			{"all together, the greatest first", session.Query{Prefix: "a/", After: "a/3", Limit: 2, Descending: true}, []string{"a/2", "a/10"}},
		} {
			f.sub(test.name, func(f *fixture) { f.wantList(alice, test.q, test.want...) })
		}
	}},
	{"keys are in the order of their bytes", func(f *fixture) {
		keys := []string{"k-", "k-1", "k.", "k/", "k0", "k1", "k10", "k2", "kA", "kB", "kZ", "k_", "ka", "kb", "kz"}
		for _, key := range slices.Backward(keys) {
			f.write(alice, f.put(key, "", 1))
		}
		f.wantList(alice, session.Query{}, keys...)
		f.wantList(alice, session.Query{After: "kA", Limit: 3}, "kB", "kZ", "k_")
		slices.Reverse(keys)
		f.wantList(alice, session.Query{Descending: true}, keys...)
	}},
	{"a prefix is no pattern", func(f *fixture) {
		f.write(alice, f.put("a_b", "", 1), f.put("axb", "", 1), f.put("a.b", "", 1), f.put("A_b", "", 1), f.put("a-c/1", "", 1), f.put("abc", "", 1))
		f.wantList(alice, session.Query{Prefix: "a_"}, "a_b")
		f.wantList(alice, session.Query{Prefix: "a."}, "a.b")
		f.wantList(alice, session.Query{Prefix: "a-c"}, "a-c/1")
	}},
	{"records of a list are whole", func(f *fixture) {
		f.write(alice, f.put("one", "1", 1), f.put("two", "2", 2))
		records := f.list(alice, session.Query{Descending: true})
		if len(records) != 2 || string(records[0].Value) != "2" || !records[0].Expires.Equal(f.in(2)) ||
			string(records[1].Value) != "1" || !records[1].Expires.Equal(f.in(1)) {
			f.Errorf("got %+v", records)
		}
	}},
	{"without a limit a list has everything", func(f *fixture) {
		const n = 2500
		var want []string
		for i := 0; i < n; i += 500 {
			var changes []session.Change
			for j := i; j < i+500; j++ {
				want = append(want, fmt.Sprintf("many/%05d", j))
				changes = append(changes, f.put(want[j], "value", 1))
			}
			f.write(alice, changes...)
		}
		f.wantList(alice, session.Query{Prefix: "many/"}, want...)
		f.wantList(alice, session.Query{After: want[1000], Limit: 1200}, want[1001:2201]...)
		slices.Reverse(want)
		f.wantList(alice, session.Query{Descending: true}, want...)
	}},
}
