package routing

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	here  = Place{Target{"a", "m"}, "11111111"}
	there = Place{Target{"b", "m"}, "22222222"}
)

func TestThreadsAreRememberedByRouteAndId(t *testing.T) {
	s := NewSticky()
	s.Stay("r", "1", here, noon)
	s.Stay("r", "2", there, noon)
	s.Stay("r1", "", there, noon)
	for _, test := range []struct {
		route, id string
		want      Place
		ok        bool
	}{{"r", "1", here, true}, {"r", "2", there, true}, {"q", "1", Place{}, false}, {"", "r1", Place{}, false}, {"r1", "", there, true}} {
		if got, ok := s.Place(test.route, test.id, noon); got != test.want || ok != test.ok {
			t.Errorf("%s %s: got %+v, %v", test.route, test.id, got, ok)
		}
	}
	s.Stay("r", "1", there, noon)
	if got, _ := s.Place("r", "1", noon); got != there {
		t.Errorf("it has not moved: %+v", got)
	}
}

func TestThreadsAreForgottenAnHourAfterTheirLastUse(t *testing.T) {
	s := NewSticky()
	s.Stay("r", "1", here, noon)
	s.Stay("r", "2", here, noon)
	if _, ok := s.Place("r", "1", after(59*time.Minute)); !ok {
		t.Error("it is forgotten early")
	}
	if _, ok := s.Place("r", "1", after(118*time.Minute)); !ok {
		t.Error("a use does not count")
	}
	if _, ok := s.Place("r", "1", after(178*time.Minute)); ok {
		t.Error("it is not forgotten")
	}
	s.Stay("r", "3", here, after(178*time.Minute)) // which sweeps
	if s.Len() != 1 {
		t.Errorf("%d are remembered", s.Len())
	}
}

func TestTheThreadThatWasUsedTheLongestAgoIsForgottenFirst(t *testing.T) {
	s := NewSticky()
	s.most = 3
	for i := range 3 {
		s.Stay("r", fmt.Sprint(i), here, noon)
	}
	s.Place("r", "0", noon)
	s.Stay("r", strings.Repeat("long", 1000), here, noon)
	for i, want := range []bool{true, false, true} {
		if _, ok := s.Place("r", fmt.Sprint(i), noon); ok != want {
			t.Errorf("thread %d: %v", i, ok)
		}
	}
	if s.Len() != 3 || len(s.threads) != 3 {
		t.Errorf("%d are remembered", s.Len())
	}
}

func TestManyRememberThreadsAtOnce(t *testing.T) {
	s := NewSticky()
	s.most = 50
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 500 {
				id := fmt.Sprint(i % 100)
				s.Stay("r", id, here, after(time.Duration(i)*time.Minute))
				s.Place("r", id, after(time.Duration(i)*time.Minute))
			}
		})
	}
	all.Wait()
	if s.Len() > 50 || s.Len() != len(s.threads) {
		t.Errorf("%d are remembered", s.Len())
	}
}
