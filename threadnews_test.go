package codexresponses

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-codex/responses/routing"
)

// listener hears news, each when it takes it.
type listener struct {
	*news
	heard chan string
}

func newListener() *listener {
	l := &listener{heard: make(chan string)}
	l.news = newNews(func(ctx context.Context, th thread, place routing.Place) {
		select {
		case l.heard <- th.id + " at " + place.Target.Provider:
		case <-ctx.Done():
		}
	})
	return l
}

func (l *listener) say(id, provider string) {
	l.add(thread{id: id}, routing.Place{Target: routing.Target{Provider: provider}})
}

func TestOfAThreadTheNewestPlaceIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener()
		l.say("1", "a")
		synctest.Wait() // until it is being told
		l.say("1", "b")
		l.say("1", "c")
		for _, want := range []string{"1 at a", "1 at c"} {
			if got := <-l.heard; got != want {
				t.Errorf("heard %q, want %q", got, want)
			}
		}
		synctest.Wait()
		if l.ended != nil {
			t.Error("the goroutine is still there")
		}
		l.say("1", "d") // which begins anew
		if got := <-l.heard; got != "1 at d" {
			t.Errorf("heard %q", got)
		}
		l.close()
	})
}

func TestNoMoreNewsWaitThanThereIsRoomFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener()
		for i := range mostNews + 100 {
			l.say(fmt.Sprint(i), "a")
		}
		synctest.Wait()
		if n := len(l.waiting); n > mostNews {
			t.Errorf("%d wait", n)
		}
		l.close()
	})
}

func TestWhatWaitsIsToldBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener()
		l.say("1", "a")
		l.say("2", "a")
		closed := make(chan struct{})
		go func() {
			l.close()
			close(closed)
		}()
		<-l.heard
		<-l.heard
		<-closed
		l.say("3", "a")
		if len(l.waiting) > 0 || l.ended != nil {
			t.Error("it goes on after its end")
		}
	})
}

func TestWhatCannotBeToldIsGivenUpAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener()
		l.say("1", "a")
		l.say("2", "a")
		start := time.Now()
		l.close()
		if took := time.Since(start); took != lastNews || l.ended != nil || len(l.waiting) > 0 {
			t.Errorf("it took %s, and %d wait", took, len(l.waiting))
		}
	})
}
