package storetest

import (
	"context"
	"errors"

	"github.com/caddy-codex/responses/session"
)

var ending = []test{
	{"a context that is over ends every operation, and nothing is written", func(f *fixture) {
		f.write(alice, f.put("key", "value", 1))
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		if _, err := f.a.Read(ctx, alice, "key"); !errors.Is(err, context.Canceled) {
			f.Errorf("Read gave %v, want context.Canceled", err)
		}
		if _, err := f.a.List(ctx, alice, session.Query{}); !errors.Is(err, context.Canceled) {
			f.Errorf("List gave %v, want context.Canceled", err)
		}
		batch := session.Batch{Changes: []session.Change{f.put("key", "changed", 1), f.put("new", "value", 1)}}
		if err := f.a.Write(ctx, alice, batch); !errors.Is(err, context.Canceled) {
			f.Errorf("Write gave %v, want context.Canceled", err)
		}
		f.wantRead(alice, []string{"key", "new"}, "value", absent)
	}},
	{"contexts that end in the midst of writes leave whole batches", func(f *fixture) {
		f.together(8, func(_ context.Context, i int, s session.Store) error {
			for range 20 {
				ctx, cancel := context.WithCancel(f.Context())
				ended := make(chan struct{})
				go func() {
					cancel()
					close(ended)
				}()
				left, right := f.put("left", string(rune('a'+i)), 1), f.put("right", string(rune('a'+i)), 1)
				err := s.Write(ctx, alice, session.Batch{Changes: []session.Change{left, right}})
				<-ended
				if err != nil && !errors.Is(err, context.Canceled) {
					return err
				}
			}
			return nil
		})
		if values := f.read(alice, "left", "right"); values[0] != values[1] {
			f.Errorf("there is %q", values)
		}
		f.write(alice, f.put("key", "value", 1))
		f.wantRead(alice, []string{"key"}, "value")
	}},
	{"a handle that is closed leaves the other and what is stored", func(f *fixture) {
		f.write(alice, f.put("key", "value", 1))
		if err := f.a.Close(); err != nil {
			f.Fatalf("closing: %v", err)
		}
		f.wantRead(alice, []string{"key"}, "value")
		if err := f.b.Write(f.Context(), alice, session.Batch{Changes: []session.Change{f.put("new", "value", 1)}}); err != nil {
			f.Fatalf("writing: %v", err)
		}
		f.wantRead(alice, []string{"key", "new"}, "value", "value")
	}},
}
