package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/caddy-codex/responses/session"
)

// random writes batches that chance has made, and compares each time what there is with the model. The times of records differ, as the contract
// does not say which of two goes first that expire together.
var random = []test{
	{"a store does what the model does", func(f *fixture) {
		m, chance := NewModel(f.clock.Now), rand.New(rand.NewPCG(1, 1)) //nolint:gosec // the same each time
		for step := range 400 {
			if chance.IntN(8) == 0 {
				f.clock.Advance(time.Duration(chance.IntN(4)) * time.Minute)
			}
			owner, b := f.chanceBatch(chance, step)
			got, want := f.a.Write(f.Context(), owner, b), m.Write(owner, b)
			if !errors.Is(got, want) {
				f.Fatalf("step %d: writing %s gave %v, want %v", step, describe(b), got, want)
			}
			for _, owner := range []string{alice, bob} {
				if got, want := outline(f.list(owner, session.Query{})), outline(m.List(owner)); got != want {
					f.Fatalf("step %d: after writing %s %s has\n%s, want\n%s", step, describe(b), owner, got, want)
				}
			}
		}
	}},
}

func (f *fixture) chanceBatch(chance *rand.Rand, step int) (owner string, b session.Batch) {
	pick := func(words ...string) string { return words[chance.IntN(len(words))] }
	value := func() []byte { return bytes.Repeat([]byte(pick("x", "y")), []int{0, 10, 900, 5000}[chance.IntN(4)]) }
	for i := range 1 + chance.IntN(4) {
		until := time.Duration(2+chance.IntN(20))*time.Minute + time.Duration(step*4+i)*time.Millisecond
		b.Changes = append(b.Changes, session.Change{
			Key:     pick("a", "a/1", "a/2", "b", session.Lease+"1", session.Lease+"2"),
			Op:      session.Op(chance.IntN(4)),
			Value:   value(),
			Expires: f.clock.Now().Add(until),
			If:      session.Condition([]int{0, 0, 0, 1, 2, 3}[chance.IntN(6)]),
			Was:     value(),
		})
	}
	b.Limit = []int64{0, 0, 2000, 8000}[chance.IntN(4)]
	return pick(alice, bob), b
}

func describe(b session.Batch) string {
	var s strings.Builder
	fmt.Fprintf(&s, "limit %d", b.Limit)
	for _, c := range b.Changes {
		fmt.Fprintf(&s, "; %s op %d if %d, %d bytes until %s", c.Key, c.Op, c.If, len(c.Value), c.Expires.Format(time.TimeOnly))
	}
	return s.String()
}

// outline describes records by the length and the first byte of their values.
func outline(records []session.Record) string {
	lines := make([]string, 0, len(records))
	for _, r := range records {
		lines = append(lines, fmt.Sprintf("%s: %d of %.1q until %s", r.Key, len(r.Value), r.Value, r.Expires.UTC().Format("15:04:05.000")))
	}
	return strings.Join(slices.Clip(lines), "\n")
}
