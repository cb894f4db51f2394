package storetest

import (
	"context"
	"time"

	"github.com/caddy-codex/responses/session"
)

const topic = "resp_1"

// notify writes a batch with a topic.
func (f *fixture) notify(s session.Store, owner, topic string) {
	f.Helper()
	batch := session.Batch{Changes: []session.Change{f.put("key", topic, 1)}, Topic: topic}
	if err := s.Write(f.Context(), owner, batch); err != nil {
		f.Fatalf("writing: %v", err)
	}
}

// watch watches a topic, and returns when the watch is known to work: a store may need a moment until it hears of what others write.
func (f *fixture) watch(ctx context.Context, s session.Store, topic string) <-chan struct{} {
	f.Helper()
	channel := s.Watch(ctx, alice, topic)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for limit := f.within(); ; {
		f.notify(f.a, alice, topic)
		select {
		case <-channel:
			f.settle(channel, s)
			return channel
		case <-again.C:
		case <-limit.Done():
			f.Fatal("nobody was told of a write")
		}
	}
}

// settle waits until all that has been written before has been told.
func (f *fixture) settle(channel <-chan struct{}, s session.Store) {
	f.Helper()
	ctx, cancel := context.WithCancel(f.Context())
	defer cancel()
	marker := s.Watch(ctx, alice, "marker")
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for limit := f.within(); ; {
		f.notify(f.a, alice, "marker")
		select {
		case <-marker:
			select {
			case <-channel:
			default:
			}
			return
		case <-again.C:
		case <-limit.Done():
			f.Fatal("nobody was told of a write")
		}
	}
}

func (f *fixture) wantTold(channel <-chan struct{}) {
	f.Helper()
	select {
	case _, open := <-channel:
		if !open {
			f.Fatal("the channel is closed")
		}
	case <-f.within().Done():
		f.Fatal("nobody was told of a write")
	}
}

var watching = []test{
	{"a write is told to those who watch, by either handle", func(f *fixture) {
		mine, theirs := f.watch(f.Context(), f.a, topic), f.watch(f.Context(), f.b, topic)
		f.settle(mine, f.a)
		for _, s := range []session.Store{f.a, f.b, f.a, f.b} {
			f.notify(s, alice, topic)
			f.wantTold(mine)
			f.wantTold(theirs)
		}
	}},
	{"what was told can be read", func(f *fixture) {
		channel := f.watch(f.Context(), f.b, topic)
		for _, value := range []string{"1", "2", "3", "4", "5"} {
			f.batch(alice, session.Batch{Changes: []session.Change{f.put("value", value, 1)}, Topic: topic})
			f.wantTold(channel)
			f.wantRead(alice, []string{"value"}, value)
		}
	}},
	{"all who watch are told", func(f *fixture) {
		var channels []<-chan struct{}
		for range 5 {
			channels = append(channels, f.watch(f.Context(), f.b, topic))
		}
		for _, channel := range channels {
			f.settle(channel, f.b)
		}
		f.notify(f.a, alice, topic)
		for _, channel := range channels {
			f.wantTold(channel)
		}
	}},
	{"writes that nobody takes note of hold up nobody", func(f *fixture) {
		channel := f.watch(f.Context(), f.b, topic)
		for range 100 {
			f.notify(f.a, alice, topic)
		}
		f.wantTold(channel)
	}},
	{"other topics, other owners and conflicts are not told", func(f *fixture) {
		channel := f.watch(f.Context(), f.b, topic)
		f.notify(f.a, alice, topic+"2")
		f.notify(f.a, bob, topic)
		f.write(alice, f.put("key", "value", 1))
		f.conflict(session.Batch{Changes: []session.Change{{Key: "key", Op: session.Check, If: session.Absent}}, Topic: topic})
		marker := f.watch(f.Context(), f.b, "another")
		f.notify(f.a, alice, "another")
		f.wantTold(marker)
		select {
		case <-channel:
			f.Error("was told of a write that does not concern it")
		default:
		}
	}},
	{"a watch ends with its context", func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		ended := f.watch(ctx, f.b, topic)
		still := f.watch(f.Context(), f.b, topic)
		f.settle(ended, f.b)
		cancel()
		for limit := f.within(); limit.Err() == nil; { // the end may take a moment
			f.notify(f.a, alice, topic)
			f.wantTold(still)
			f.settle(still, f.b)
			select {
			case _, open := <-ended:
				if !open {
					f.Fatal("the channel is closed, which looks like a write")
				}
			default:
				return
			}
		}
		f.Error("still told after the end of the context")
	}},
	{"a watch whose context is over leaves the others", func(f *fixture) {
		ctx, cancel := context.WithCancel(f.Context())
		cancel()
		if f.b.Watch(ctx, alice, topic) == nil {
			f.Error("the channel is nil")
		}
		channel := f.watch(f.Context(), f.b, topic)
		f.notify(f.a, alice, topic)
		f.wantTold(channel)
	}},
}
