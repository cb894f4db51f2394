package fresh_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddy-codex/responses/identity/internal/fresh"
)

var errRefused = errors.New("refused")

// issuer gives values that last for a while, and counts them. In a bubble of synctest the clock moves by itself.
type issuer struct {
	life  time.Duration // 0: for ever
	takes time.Duration
	renew time.Duration // 0: no wish
	fails bool
	calls int
}

func (i *issuer) fetch(ctx context.Context) (fresh.Lease[int], error) {
	i.calls++
	call, fails := i.calls, i.fails
	select {
	case <-time.After(i.takes):
	case <-ctx.Done():
		return fresh.Lease[int]{}, ctx.Err()
	}
	if fails {
		return fresh.Lease[int]{}, errRefused
	}
	lease := fresh.Lease[int]{Value: call}
	if i.life > 0 {
		lease.Expires = time.Now().Add(i.life)
	}
	if i.renew > 0 {
		lease.Renew = time.Now().Add(i.renew)
	}
	return lease, nil
}

// bubble runs a test with a clock that moves when all wait.
func bubble(t *testing.T, i *issuer, test func(t *testing.T, get func(want int))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cache := fresh.New(i.fetch, nil)
		test(t, func(want int) {
			t.Helper()
			if got, err := cache.Get(t.Context()); err != nil || got != want {
				t.Errorf("after %d fetches got %d, %v, want %d", i.calls, got, err, want)
			}
			synctest.Wait() // for what was begun in the background, as far as it goes without time
		})
	})
}

func TestAValueIsReplacedBeforeItEndsWithoutAWait(t *testing.T) {
	bubble(t, &issuer{life: time.Hour}, func(_ *testing.T, get func(int)) {
		get(1)
		time.Sleep(time.Hour - fresh.Window - time.Second)
		get(1)
		time.Sleep(time.Second)
		get(1) // and another is fetched meanwhile
		get(2)
	})
}

func TestAValueThatIsLookedAtTooLateIsWaitedFor(t *testing.T) {
	bubble(t, &issuer{life: time.Hour, takes: time.Second}, func(_ *testing.T, get func(int)) {
		get(1)
		time.Sleep(time.Hour - 5*time.Second) // it would not last until it arrives
		get(2)
	})
}

func TestAShortLifeIsReplacedInItsLastQuarter(t *testing.T) {
	bubble(t, &issuer{life: 4 * time.Minute}, func(_ *testing.T, get func(int)) {
		get(1)
		time.Sleep(3*time.Minute - time.Second)
		get(1)
		get(1)
		time.Sleep(time.Second)
		get(1)
		get(2)
	})
}

func TestAWishToRenewEarlierIsHeeded(t *testing.T) {
	bubble(t, &issuer{life: 24 * time.Hour, renew: 12 * time.Hour}, func(_ *testing.T, get func(int)) {
		get(1)
		time.Sleep(12 * time.Hour)
		get(1)
		get(2)
	})
}

func TestAWishToRenewDoesNotMakeAnEndOfItsOwn(t *testing.T) {
	bubble(t, &issuer{renew: 5 * time.Minute}, func(_ *testing.T, get func(int)) {
		get(1)
		time.Sleep(24 * time.Hour)
		get(1)
		get(2)
	})
}

func TestAValueWithoutAnEndIsKept(t *testing.T) {
	bubble(t, &issuer{}, func(_ *testing.T, get func(int)) {
		get(1)
		time.Sleep(365 * 24 * time.Hour)
		get(1)
		get(1)
	})
}

func TestAFailureInTheBackgroundIsRetriedLaterAndHurtsNobody(t *testing.T) {
	i := &issuer{life: time.Hour}
	bubble(t, i, func(t *testing.T, get func(int)) {
		get(1)
		time.Sleep(time.Hour - fresh.Window)
		i.fails = true
		for range 10 {
			get(1)
		}
		if i.calls != 2 {
			t.Errorf("%d fetches, want one failure", i.calls)
		}
		time.Sleep(30 * time.Second)
		i.fails = false
		get(1)
		get(3)
	})
}

func TestAFailureInTheBackgroundIsNotHandedOutAfterTheEnd(t *testing.T) {
	i := &issuer{life: time.Hour}
	bubble(t, i, func(_ *testing.T, get func(int)) {
		get(1)
		time.Sleep(time.Hour - 12*time.Second)
		i.fails = true
		get(1)
		time.Sleep(2 * time.Second)
		i.fails = false
		get(3)
	})
}

func TestAllWhoWaitShareOneFetch(t *testing.T) {
	for name, fails := range map[string]bool{"that succeeds": false, "that fails": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{life: time.Hour, takes: time.Second, fails: fails}
				cache := fresh.New(i.fetch, nil)
				var all sync.WaitGroup
				for range 100 {
					all.Go(func() {
						if _, err := cache.Get(t.Context()); (err != nil) != fails {
							t.Errorf("got error %v", err)
						}
					})
				}
				all.Wait()
				if i.calls != 1 {
					t.Errorf("%d fetches for 100 at a time, want 1", i.calls)
				}
			})
		})
	}
}

func TestAFailureIsHandedOutForASecondAndThenForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, fails: true}
		cache := fresh.New(i.fetch, nil)
		for range 3 {
			if _, err := cache.Get(t.Context()); !errors.Is(err, errRefused) {
				t.Errorf("got error %v", err)
			}
		}
		if i.calls != 1 {
			t.Errorf("%d fetches within a second, want 1", i.calls)
		}
		time.Sleep(time.Second)
		i.fails = false
		if got, err := cache.Get(t.Context()); err != nil || got != 2 {
			t.Errorf("got %d, %v", got, err)
		}
	})
}

func TestWhoStopsWaitingDoesNotStopTheFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, takes: 3 * time.Second}
		cache := fresh.New(i.fetch, nil)
		var all sync.WaitGroup
		all.Go(func() { // who caused it
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := cache.Get(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got error %v", err)
			}
		})
		time.Sleep(2 * time.Second)
		all.Go(func() {
			if got, err := cache.Get(t.Context()); err != nil || got != 1 {
				t.Errorf("got %d, %v", got, err)
			}
		})
		all.Wait()
	})
}

func TestAFetchThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{takes: time.Hour}
		start := time.Now()
		if _, err := fresh.New(i.fetch, nil).Get(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v", err)
		}
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("given up after %v", took)
		}
	})
}
