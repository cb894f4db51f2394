package codexresponses_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestExchangesEndWellOnBadDays(t *testing.T) {
	const providers, clients, share = 10, 200, 0.2
	const leak = 4 << 20
	exchanges, reloads := 10_000, 100
	if raced {
		exchanges, reloads = 2_000, 20
	}
	setTownKeys(t, providers)
	start := time.Now()
	synctest.Test(t, func(t *testing.T) {
		deck := slices.Concat(noConnections, noReplies, noAnswers, halfAnswers, refusals, oddities)
		tw := newTown(t, providers, share, deck)
		d := newDays(t, tw, `, "max_concurrent": {"active": 3}`)
		defer d.close()
		d.load(clients, 2*clients, 0, "warm up")
		before := heap()
		began := time.Now()
		d.load(clients, exchanges, reloads, "word")
		span := time.Since(began)
		if after := heap(); after > before+leak {
			t.Errorf("%d bytes are in use, and %d were", after, before)
		} else {
			t.Logf("%d KiB are in use, and %d were", after>>10, before>>10)
		}
		t.Logf("in %s: %v; left while %v", span, d.endings, d.left)
		if d.endings[completed] < exchanges*3/4 {
			t.Errorf("only %d of %d were completed", d.endings[completed], exchanges)
		}
		for _, what := range []string{beforeHead, midStream} {
			if d.left[what] == 0 {
				t.Errorf("no client has left while %s", what)
			}
		}
		tw.requireMet()
	})
	t.Logf("it takes %s", time.Since(start))
}

func TestExchangesEndWellOnTheWorstDays(t *testing.T) {
	const providers, clients, exchanges = 3, 50, 500
	setTownKeys(t, providers)
	synctest.Test(t, func(t *testing.T) {
		tw := newTown(t, providers, 1, slices.Concat(noConnections, noReplies, noAnswers, refusals))
		d := newDays(t, tw, "")
		defer d.close()
		d.load(clients, exchanges, 10, "word")
		t.Log(d.endings, d.left)
		if d.endings[refused] == 0 || d.endings[completed] > 0 || d.endings[cutShort] > 0 {
			t.Errorf("they end like this: %v", d.endings)
		}
		tw.requireMet()
	})
}

func TestAClientHearsHeartbeatsWhileAttemptsFail(t *testing.T) {
	setTownKeys(t, 1)
	synctest.Test(t, func(t *testing.T) {
		tw := newTown(t, 1, 0, nil)
		for range 4 {
			tw.script = append(tw.script, named("the connection hangs"))
		}
		d := newDays(t, tw, "")
		defer d.close()
		s := d.exchange(caller{word: "word"}) // which looks at that
		if len(s.asked) != 5 || d.endings[completed] != 1 {
			t.Errorf("it ends like this: %v; %s", d.endings, s.met())
		}
	})
}

// oneAtATime is a bound for one request at a time, behind which others wait.
const oneAtATime = `, "max_concurrent": {"active": 1}`

func TestWhatHasWaitedAtAGateGoesByWhatIsKnownThen(t *testing.T) {
	const said, left = 2 * time.Second, 4 * time.Second
	for name, refusal := range map[string]*trouble{
		"the provider wants to be left alone": {play: func(v *visit) {
			v.wait(said)
			v.answer(http.StatusServiceUnavailable, `{"error":{"message":"Maintenance."}}`, "Retry-After: 4")
		}},
		"the key has reached its limit": {play: func(v *visit) {
			v.wait(said)
			v.answer(tooMany, limitBody, "Retry-After: 4")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			setTownKeys(t, 1)
			for k := range townKeys { // which makes one of them
				t.Setenv(fmt.Sprint("TOWN_KEY_0_", k), "secret")
			}
			synctest.Test(t, func(t *testing.T) {
				tw := newTown(t, 1, 0, nil)
				tw.script = []*trouble{refusal}
				d := newDays(t, tw, oneAtATime)
				defer d.close()
				var stories [2]*story
				var working sync.WaitGroup
				for i := range stories {
					working.Go(func() { stories[i] = d.exchange(caller{word: fmt.Sprint("word ", i)}) })
					synctest.Wait()
				}
				working.Wait()
				if d.endings[completed] != len(stories) {
					t.Errorf("they end like this: %v", d.endings)
				}
				if sooner := stories[1].asked[0].Sub(stories[0].asked[0]); sooner < said+left {
					t.Errorf("the second one is asked after %s, and %s was to pass", sooner, said+left)
				}
			})
		})
	}
}

func TestAnExchangeEndsAtOnceWhoseClientLeaves(t *testing.T) {
	maintenance := &trouble{name: "maintenance", play: func(v *visit) {
		v.answer(http.StatusServiceUnavailable, `{"error":{"message":"Maintenance."}}`, "Retry-After: 30")
	}}
	tests := map[string]struct {
		script []*trouble
		more   string
		before int // exchanges that are under way
		asked  int // visits of the one that is left
		after  time.Duration
		at     string
	}{
		"before the head of an answer":           {script: noReplies[:1], asked: 1, after: 3 * time.Second, at: beforeHead},
		"after heartbeats":                       {script: noReplies[:1], asked: 1, after: 33 * time.Second, at: beforeHead},
		"while it is connecting":                 {script: noConnections[1:2], asked: 1, after: 3 * time.Second, at: beforeHead},
		"while its connection is half open":      {script: noConnections[2:3], asked: 1, after: 33 * time.Second, at: beforeHead},
		"after the role":                         {script: []*trouble{named("silence after the role")}, asked: 1, after: 3 * time.Second, at: beforeHead},
		"in the midst of an answer":              {script: halfAnswers[:1], asked: 1, after: 3 * time.Second, at: midStream},
		"in the midst of a refusal":              {script: []*trouble{named("a refusal without an end")}, asked: 1, after: 3 * time.Second, at: beforeHead},
		"while it waits to ask again":            {script: []*trouble{maintenance}, asked: 1, after: 3 * time.Second, at: waiting},
		"while it waits to ask again, and beats": {script: []*trouble{maintenance}, asked: 1, after: 23 * time.Second, at: waiting},
		"while it waits at a gate":               {script: noReplies[:1], more: oneAtATime, before: 1, after: 3 * time.Second, at: waiting},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			setTownKeys(t, 1)
			synctest.Test(t, func(t *testing.T) {
				tw := newTown(t, 1, 0, nil)
				tw.script = test.script
				d := newDays(t, tw, test.more)
				defer d.close()
				var working sync.WaitGroup
				for i := range test.before {
					working.Go(func() { d.exchange(caller{word: fmt.Sprint("other ", i)}) })
					synctest.Wait()
				}
				s := d.abandon(caller{word: "word"}, test.after)
				if d.left[test.at] != 1 {
					t.Errorf("it was left while %v, and should be while %s", d.left, test.at)
				}
				if took := s.ended.Sub(s.began); took != test.after {
					t.Errorf("it ends after %s, and its client left after %s", took, test.after)
				}
				if len(s.asked) != test.asked {
					t.Errorf("it has asked %d times; %s", len(s.asked), s.met())
				}
				working.Wait()
			})
		})
	}
}

func TestALineWithoutAnEndTakesLittleMemory(t *testing.T) {
	const most, sent = 128 << 20, 40 << 20 // of events of at most 32 MiB, in a buffer that doubles
	setTownKeys(t, 1)
	synctest.Test(t, func(t *testing.T) {
		said, peak := 0, uint64(0)
		tw := newTown(t, 1, 0, nil)
		tw.script = []*trouble{{name: "a line without an end", play: func(v *visit) {
			v.head()
			v.chunk("data: ")
			for line := strings.Repeat("x", 1<<20); v.chunk(line); said += len(line) {
				peak = max(peak, collected())
			}
		}}}
		d := newDays(t, tw, "")
		defer d.close()
		before := heap()
		d.exchange(caller{word: "word"})
		t.Logf("%d MiB are said, and at most %d MiB are in use, of which %d were before", said>>20, peak>>20, before>>20)
		if d.endings[completed] != 1 || said > sent || peak > before+most {
			t.Errorf("%d bytes are said, and at most %d in use; %v", said, peak, d.endings)
		}
	})
}

// named is a trouble by its name.
func named(name string) *trouble {
	all := slices.Concat(noConnections, noReplies, noAnswers, halfAnswers, refusals, oddities)
	return all[slices.IndexFunc(all, func(tr *trouble) bool { return tr.name == name })]
}
