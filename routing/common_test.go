package routing

import (
	"testing"
	"time"
)

// gateways have a memory in common, which holds one thread.
type gateways struct {
	t       *testing.T
	place   Place
	expires time.Time
	reads   int
	writes  int
}

// ask is what a gateway does before it serves the thread. It returns where the thread has been.
func (g *gateways) ask(s *Sticky, now time.Time) Place {
	if s.Due("r", "1", now) {
		g.reads++
		place := g.place
		if !g.expires.After(now) {
			place = Place{}
		}
		s.Learn("r", "1", place, g.expires, now)
	}
	place, _ := s.Place("r", "1", now)
	return place
}

// serve is what it does afterwards.
func (g *gateways) serve(s *Sticky, place Place, now time.Time) {
	if s.Stay("r", "1", place, now) {
		g.writes++
		g.place, g.expires = place, now.Add(ThreadMemory)
		s.Told("r", "1", place, g.expires, now)
	}
}

func (g *gateways) wantAsked(reads, writes int) {
	g.t.Helper()
	if g.reads != reads || g.writes != writes {
		g.t.Errorf("the common memory was read %d times and written %d times, want %d and %d", g.reads, g.writes, reads, writes)
	}
}

func (g *gateways) wantAt(want, got Place) {
	g.t.Helper()
	if got != want {
		g.t.Errorf("the thread is at %+v, want %+v", got, want)
	}
}

func TestAThreadGoesOnAtAnotherGatewayWhereItWas(t *testing.T) {
	g := &gateways{t: t}
	a, b := NewSticky(), NewSticky()
	g.wantAt(Place{}, g.ask(a, noon))
	g.serve(a, here, noon)
	g.wantAt(here, g.ask(b, after(time.Second)))
	g.serve(b, here, after(time.Second))
	g.wantAsked(2, 1) // there was no news

	g.serve(b, there, after(2*time.Second))
	g.wantAt(here, g.ask(a, after(59*time.Second)))
	g.wantAt(there, g.ask(a, after(61*time.Second)))
	g.serve(a, there, after(61*time.Second))
	g.wantAsked(3, 2)
}

func TestTheCommonMemoryIsAskedOnceAMinuteAndTheThreadToldOfNowAndThen(t *testing.T) {
	g := &gateways{t: t}
	s := NewSticky()
	for second := range 3600 {
		now := after(time.Duration(second) * time.Second)
		g.ask(s, now)
		g.serve(s, here, now)
	}
	g.wantAsked(60, 6)
	late := after(time.Hour + 40*time.Minute)
	g.wantAt(here, g.ask(NewSticky(), late)) // an hour after its last use is not over
}

func TestWhatTheCommonMemoryHasForgottenIsToldAgain(t *testing.T) {
	g := &gateways{t: t}
	s := NewSticky()
	g.serve(s, here, noon)
	g.expires = noon
	g.wantAt(here, g.ask(s, after(time.Minute)))
	g.serve(s, here, after(time.Minute))
	g.wantAsked(1, 2)
	g.wantAt(here, g.ask(NewSticky(), after(time.Minute)))
}

func TestAMoveThatIsNotToldYetIsNewerThanWhatIsLearned(t *testing.T) {
	s := NewSticky()
	if !s.Stay("r", "1", here, noon) {
		t.Error("a new thread is no news")
	}
	s.Told("r", "1", here, noon.Add(ThreadMemory), noon)
	if !s.Stay("r", "1", there, after(70*time.Second)) {
		t.Error("a move is no news")
	}
	s.Learn("r", "1", here, noon.Add(ThreadMemory), after(71*time.Second))
	if place, _ := s.Place("r", "1", after(71*time.Second)); place != there {
		t.Errorf("it has moved back to %+v", place)
	}
	if !s.Stay("r", "1", there, after(72*time.Second)) {
		t.Error("it is not told again")
	}
	s.Learn("r", "1", here, after(130*time.Second).Add(ThreadMemory), after(140*time.Second)) // which another gateway has told since
	if place, _ := s.Place("r", "1", after(140*time.Second)); place != here {
		t.Errorf("it is at %+v", place)
	}
}

func TestAThreadThatIsForgottenIsNotRevived(t *testing.T) {
	s := NewSticky()
	s.Stay("r", "1", here, noon)
	late := after(2 * time.Hour)
	s.Told("r", "1", here, late.Add(ThreadMemory), late)
	if !s.Due("r", "1", late) {
		t.Error("it is still known")
	}
	s.Learn("r", "1", Place{}, time.Time{}, late)
	if place, ok := s.Place("r", "1", late); ok || s.Len() != 0 {
		t.Errorf("it is at %+v, and %d are remembered", place, s.Len())
	}
}
