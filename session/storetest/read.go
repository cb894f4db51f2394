package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/caddy-codex/responses/session"
)

var reading = []test{
	{"records come in the order of the keys, absent ones without a value", func(f *fixture) {
		f.write(alice, f.put("one", "1", 1), f.put("two", "2", 1), f.put("three", "3", 1))
		f.wantRead(alice, []string{"two", "none", "one", "three", "on"}, "2", absent, "1", "3", absent)
	}},
	{"no keys are no records", func(f *fixture) {
		f.wantRead(alice, nil)
	}},
	{"a key that is asked for twice comes twice", func(f *fixture) {
		f.write(alice, f.put("one", "1", 1))
		f.wantRead(alice, []string{"one", "none", "one", "none"}, "1", absent, "1", absent)
	}},
	{"a record has the time at which it expires", func(f *fixture) {
		want := f.in(3)
		f.write(alice, f.put("one", "1", 3))
		if got := f.records(alice, "one")[0].Expires; !got.Equal(want) {
			f.Errorf("got %v, want %v", got, want)
		}
	}},
	{"the records of an owner are nobody else's", func(f *fixture) {
		owners := []string{"a", "a-", "a.", "a_", "A", "aa", "a-b", "a.b", "b"}
		for _, owner := range owners {
			f.write(owner, f.put("key", "of "+owner, 1), f.put("b/key", "deep of "+owner, 1), f.put("only/"+owner, "", 1))
		}
		for _, owner := range owners {
			f.wantRead(owner, []string{"key", "b/key"}, "of "+owner, "deep of "+owner)
			f.wantList(owner, session.Query{}, "b/key", "key", "only/"+owner)
		}
		f.write("a", session.Change{Key: "key", Op: session.Delete})
		f.wantRead("a", []string{"key"}, absent)
		f.wantRead("a-", []string{"key"}, "of a-")
		f.wantRead("nobody", []string{"key"}, absent)
		f.wantList("nobody", session.Query{})
	}},
	{"owners and keys have up to 200 characters", func(f *fixture) {
		const letters = "ABCXYZabcxyz0189-_."
		owner := strings.Repeat(letters, 20)[:200]
		key := strings.Repeat(letters+"/", 20)[:200]
		f.write(owner, f.put(key, "long", 1), f.put(key[:199], "shorter", 1))
		f.wantRead(owner, []string{key, key[:199], key[:198]}, "long", "shorter", absent)
		f.wantRead(owner[:199], []string{key}, absent)
		f.wantList(owner, session.Query{Prefix: key}, key)
	}},
	{"a value may hold any bytes", func(f *fixture) {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		values := []string{string(every), "\x00", "\xff\xfe", "' \" \\ \r\n %s $1 {}", "\x00\x01trailing zero\x00"}
		for _, value := range values {
			f.write(alice, f.put("binary", value, 1))
			f.wantRead(alice, []string{"binary"}, value)
		}
	}},
	{"an empty value is a value", func(f *fixture) {
		f.write(alice, session.Change{Key: "empty", Value: []byte{}, Expires: f.in(1)})
		f.wantRead(alice, []string{"empty"}, "")
		if records := f.list(alice, session.Query{}); len(records) != 1 || records[0].Value == nil {
			f.Errorf("the list has %v, want one record with an empty value", records)
		}
		f.conflict(session.Batch{Changes: []session.Change{{Key: "empty", Op: session.Check, If: session.Absent}}})
		f.write(alice, session.Change{Key: "empty", Op: session.Check, If: session.Unchanged, Was: []byte{}})
	}},
	{"values of all sizes up to 4 MiB come back whole", func(f *fixture) {
		random := rand.NewChaCha8([32]byte{1})
		sizes := []int{1, 500, 1 << 10, 4 << 10, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1 << 20, 4 << 20}
		values := make(map[string][]byte)
		for _, n := range sizes {
			value := make([]byte, n)
			_, _ = random.Read(value) // never fails
			key := fmt.Sprint("size/", n)
			values[key] = value
			f.write(alice, session.Change{Key: key, Value: value, Expires: f.in(1)})
		}
		for _, record := range f.list(alice, session.Query{}) {
			if !bytes.Equal(record.Value, values[record.Key]) {
				f.Errorf("the list has other bytes for %s", record.Key)
			}
		}
		for key, value := range values {
			if !bytes.Equal(f.records(alice, key)[0].Value, value) {
				f.Errorf("%s was read as other bytes", key)
			}
		}
	}},
	{"a big value can be replaced by a small one and a small by a big", func(f *fixture) {
		big, bigger := strings.Repeat("big", 100_000), strings.Repeat("bigger", 100_000)
		for _, value := range []string{"small", big, "small", bigger, big, ""} {
			f.write(alice, f.put("key", value, 1))
			if got := f.read(alice, "key")[0]; got != value {
				f.Fatalf("got %d bytes, want %d", len(got), len(value))
			}
		}
	}},
	{"what is written and what is read belongs to the caller", func(f *fixture) {
		for _, size := range []int{5, 100_000} {
			mine := bytes.Repeat([]byte{'x'}, size)
			want := string(mine)
			f.write(alice, session.Change{Key: "key", Value: mine, Expires: f.in(1)})
			clear(mine)
			f.wantRead(alice, []string{"key"}, want)
			clear(f.records(alice, "key")[0].Value)
			clear(f.list(alice, session.Query{})[0].Value)
			f.wantRead(alice, []string{"key"}, want)
		}
	}},
}
