package routing

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// enter goes in, which must be possible at once.
func enter(t *testing.T, g *Gate) {
	t.Helper()
	began := time.Now()
	if err := g.Enter(t.Context()); err != nil || time.Since(began) > 0 {
		t.Fatalf("got %v after %v", err, time.Since(began))
	}
}

func TestAGateWithoutLimitsLetsEveryoneIn(t *testing.T) {
	var g Gate
	for range 1000 {
		if err := g.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFullGateRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(Limits{Active: 2, Wait: time.Hour})
		enter(t, g)
		enter(t, g)
		began := time.Now()
		if err := g.Enter(t.Context()); !errors.Is(err, ErrFull) || time.Since(began) > 0 {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		g.Leave()
		enter(t, g)
	})
}

func TestWaitingIsFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(Limits{Active: 1, Queued: 3, Wait: time.Minute})
		enter(t, g)
		order := make(chan int, 3)
		for i := range 3 {
			go func() {
				if err := g.Enter(t.Context()); err != nil {
					t.Error(err)
				}
				order <- i
			}()
			synctest.Wait()
		}
		if err := g.Enter(t.Context()); !errors.Is(err, ErrFull) {
			t.Errorf("got %v", err)
		}
		if active, queued := g.Load(); active != 1 || queued != 3 {
			t.Errorf("%d are in and %d wait", active, queued)
		}
		for want := range 3 {
			g.Leave()
			if got := <-order; got != want {
				t.Errorf("%d came before %d", got, want)
			}
		}
	})
}

func TestTheWaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(Limits{Active: 1, Queued: 2, Wait: 5 * time.Second})
		enter(t, g)
		began := time.Now()
		if err := g.Enter(t.Context()); !errors.Is(err, ErrWaited) || time.Since(began) != 5*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if active, queued := g.Load(); active != 1 || queued != 0 {
			t.Errorf("%d are in and %d wait", active, queued)
		}
		g.Leave()
		enter(t, g)
	})
}

// Who gives up in the moment in which he is let in takes no room.
func TestGivingUpWhileBeingLetIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(Limits{Active: 1, Queued: 1})
		gaveUp := 0
		for range 200 {
			enter(t, g)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- g.Enter(ctx) }()
			synctest.Wait()
			cancel()
			g.Leave()
			if err := <-done; err == nil {
				g.Leave()
			} else {
				gaveUp++
			}
			if active, queued := g.Load(); active != 0 || queued != 0 {
				t.Fatalf("%d are in and %d wait", active, queued)
			}
		}
		if gaveUp == 0 {
			t.Error("nobody gave up")
		}
	})
}

func TestABoundIsKnownByItsNameAndItsLimits(t *testing.T) {
	var r Registry
	limits := Limits{Active: 1, Queued: 5}
	g := r.Gate("p", limits, noon)
	if err := g.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := r.Gate("p", limits, after(48*time.Hour)); again != g {
		t.Error("those that are in are forgotten")
	}
	for name, other := range map[string]Limits{"q": limits, "p": {Active: 2, Queued: 5}} {
		if r.Gate(name, other, after(48*time.Hour)) == g {
			t.Errorf("%s %+v has the same", name, other)
		}
	}
	if none := r.Gate("p", Limits{}, after(48*time.Hour)); none == g || none == r.Gate("p", Limits{}, after(48*time.Hour)) {
		t.Error("where there is no bound there is a gate all the same")
	}
	g.Leave()
	r.Gate("new", limits, after(96*time.Hour))
	if len(r.gates) != 1 {
		t.Errorf("%d are remembered", len(r.gates))
	}
}

// However clients come, give up and go, no more are in than may be, and at the end nobody is.
func TestAGateKeepsItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bound = 7
		g := NewGate(Limits{Active: bound, Queued: 20, Wait: 300 * time.Millisecond})
		var in, served atomic.Int64
		var all sync.WaitGroup
		for i := range 500 {
			all.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(i)))
				time.Sleep(time.Duration(random.IntN(5000)) * time.Millisecond) // of the bubble's clock
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(600))*time.Millisecond)
				defer cancel()
				if g.Enter(ctx) != nil {
					return
				}
				if in.Add(1) > bound {
					t.Error("too many are in")
				}
				served.Add(1)
				time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
				in.Add(-1)
				g.Leave()
			})
		}
		all.Wait()
		active, queued := g.Load()
		if active != 0 || queued != 0 || served.Load() < 100 {
			t.Errorf("%d are in, %d wait, %d were served", active, queued, served.Load())
		}
	})
}
