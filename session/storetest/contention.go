package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/caddy-codex/responses/session"
)

// together runs a function on a number of goroutines, which have the two handles in turn, and reports their errors.
func (f *fixture) together(n int, run func(ctx context.Context, i int, s session.Store) error) {
	f.Helper()
	var group sync.WaitGroup
	ctx := f.within()
	for i := range n {
		s := f.a
		if i%2 == 1 {
			s = f.b
		}
		group.Go(func() {
			if err := run(ctx, i, s); err != nil {
				f.Errorf("goroutine %d: %v", i, err)
			}
		})
	}
	group.Wait()
}

// increment counts a record up by one, as often as it must try.
func increment(ctx context.Context, s session.Store, c session.Change) error {
	for {
		records, err := s.Read(ctx, alice, c.Key)
		if err != nil {
			return err
		}
		count, err := strconv.Atoi(string(records[0].Value))
		if err != nil {
			return err
		}
		c.If, c.Was, c.Value = session.Unchanged, records[0].Value, strconv.AppendInt(nil, int64(count)+1, 10)
		err = s.Write(ctx, alice, session.Batch{Changes: []session.Change{c}})
		if !errors.Is(err, session.ErrConflict) {
			return err
		}
	}
}

// pairs writes two records alike, time and again.
func (f *fixture) pairs(ctx context.Context, s session.Store) error {
	for n := range 50 {
		changes := []session.Change{f.put("left", strconv.Itoa(n), 1), f.put("right", strconv.Itoa(n), 1)}
		if err := s.Write(ctx, alice, session.Batch{Changes: changes}); err != nil {
			return err
		}
	}
	return nil
}

var contention = []test{
	{"a counter comes out exact", func(f *fixture) {
		const writers, times = 8, 10
		f.write(alice, f.put("counter", "0", 1))
		f.together(writers, func(ctx context.Context, _ int, s session.Store) error {
			for range times {
				if err := increment(ctx, s, f.put("counter", "", 1)); err != nil {
					return err
				}
			}
			return nil
		})
		f.wantRead(alice, []string{"counter"}, strconv.Itoa(writers*times))
	}},
	{"of many who create a record one does", func(f *fixture) {
		for round := range 5 {
			var winners atomic.Int32
			key := fmt.Sprint("lock/", round)
			f.together(8, func(ctx context.Context, i int, s session.Store) error {
				c := f.put(key, strconv.Itoa(i), 1)
				c.If = session.Absent
				err := s.Write(ctx, alice, session.Batch{Changes: []session.Change{c}})
				switch {
				case err == nil:
					winners.Add(1)
				case errors.Is(err, session.ErrConflict):
					return nil
				}
				return err
			})
			if got := winners.Load(); got != 1 {
				f.Errorf("%d have created the record", got)
			}
		}
	}},
	{"a conflict of one is no matter of the others", func(f *fixture) {
		f.write(alice, f.put("there", "", 1))
		f.together(16, func(ctx context.Context, i int, s session.Store) error {
			for j := range 10 {
				c := f.put(fmt.Sprintf("key/%d/%d", i, j), "value", 1)
				if i%4 == 0 {
					err := s.Write(ctx, alice, session.Batch{Changes: []session.Change{c, {Key: "there", Op: session.Check, If: session.Absent}}})
					if !errors.Is(err, session.ErrConflict) {
						return fmt.Errorf("writing gave %w, want ErrConflict", err)
					}
					continue
				}
				if err := s.Write(ctx, alice, session.Batch{Changes: []session.Change{c}}); err != nil {
					return err
				}
			}
			return nil
		})
		if got := len(f.list(alice, session.Query{Prefix: "key/"})); got != 12*10 {
			f.Errorf("there are %d records, want %d", got, 12*10)
		}
	}},
	{"a batch is seen whole or not at all", func(f *fixture) {
		f.write(alice, f.put("left", "0", 1), f.put("right", "0", 1))
		var done atomic.Bool
		f.together(4, func(ctx context.Context, i int, s session.Store) error {
			if i == 0 {
				defer done.Store(true)
				return f.pairs(ctx, s)
			}
			for !done.Load() {
				records, err := s.Read(ctx, alice, "left", "right")
				if err != nil {
					return err
				}
				if left, right := string(records[0].Value), string(records[1].Value); left != right {
					return fmt.Errorf("read %s on the left and %s on the right", left, right)
				}
			}
			return nil
		})
	}},
	{"limits hold among many writers", func(f *fixture) {
		f.together(8, func(ctx context.Context, i int, s session.Store) error {
			for j := range 10 {
				c := f.hundred(fmt.Sprintf("key/%d/%d", i, j), 1+j)
				if err := s.Write(ctx, alice, session.Batch{Changes: []session.Change{c}, Limit: 1500}); err != nil {
					return err
				}
			}
			return nil
		})
		if got := len(f.list(alice, session.Query{})); got != 15 {
			f.Errorf("there are %d records, want 15", got)
		}
	}},
}
