package hub_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session/hub"
)

func told(t *testing.T, channel <-chan struct{}) {
	t.Helper()
	select {
	case _, open := <-channel:
		if !open {
			t.Fatal("the channel is closed")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("not told")
	}
}

func untold(t *testing.T, channel <-chan struct{}) {
	t.Helper()
	select {
	case <-channel:
		t.Fatal("told")
	default:
	}
}

func TestNotifyTellsThoseWhoWatchTheTopic(t *testing.T) {
	var h hub.Hub
	h.Notify("alice", "one") // to nobody
	one, oneToo := h.Watch(t.Context(), "alice", "one"), h.Watch(t.Context(), "alice", "one")
	two, bobs := h.Watch(t.Context(), "alice", "two"), h.Watch(t.Context(), "bob", "one")
	untold(t, one)
	h.Notify("alice", "one")
	told(t, one)
	told(t, oneToo)
	untold(t, two)
	untold(t, bobs)
	h.NotifyAll()
	for _, channel := range []<-chan struct{}{one, oneToo, two, bobs} {
		told(t, channel)
	}
}

func TestSeveralNotificationsCountAsOne(t *testing.T) {
	var h hub.Hub
	channel := h.Watch(t.Context(), "alice", "one")
	for range 10 {
		h.Notify("alice", "one")
	}
	told(t, channel)
	untold(t, channel)
	h.Notify("alice", "one")
	told(t, channel)
}

func TestAWatchEndsWithItsContext(t *testing.T) {
	changed := make(chan struct{}, 10)
	h := hub.Hub{Changed: func() { changed <- struct{}{} }}
	ctx, cancel := context.WithCancel(t.Context())
	first := h.Watch(ctx, "alice", "one")
	told(t, changed)
	again, stop := context.WithCancel(t.Context())
	second := h.Watch(again, "alice", "one")
	untold(t, changed) // it was watched before
	if !h.Watched("alice", "one") || h.Watched("alice", "two") || h.Watched("bob", "one") {
		t.Error("only one topic is watched")
	}
	cancel()
	stop()
	told(t, changed) // by the last to go
	if topics := h.Topics(); len(topics) != 0 {
		t.Errorf("%v are still watched", topics)
	}
	h.Notify("alice", "one")
	untold(t, first)
	untold(t, second)
	over := h.Watch(ctx, "alice", "one")
	h.Notify("alice", "one")
	untold(t, over)
	untold(t, changed)
}

func TestTopicsAreWhatIsWatched(t *testing.T) {
	var h hub.Hub
	h.Watch(t.Context(), "alice", "one")
	h.Watch(t.Context(), "alice", "one")
	h.Watch(t.Context(), "bob", "two")
	topics := h.Topics()
	slices.SortFunc(topics, func(a, b hub.Topic) int { return len(a.Owner) - len(b.Owner) })
	if want := []hub.Topic{{Owner: "bob", Name: "two"}, {Owner: "alice", Name: "one"}}; !slices.Equal(topics, want) {
		t.Errorf("got %v, want %v", topics, want)
	}
}

func TestNoNotificationIsMissed(t *testing.T) {
	var h hub.Hub
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				channel := h.Watch(ctx, "alice", "one")
				h.Notify("alice", "one")
				select {
				case <-channel:
				default:
					t.Error("not told of what was notified after Watch had returned")
				}
				cancel()
			}
		})
	}
	group.Wait()
}
