package codexresponses_test

import "time"

// deal decides how a visit goes. The mutex must be held.
func (tw *town) deal(host string, now time.Time) *trouble {
	tr := &fine
	switch {
	case len(tw.script) > 0:
		tr, tw.script = tw.script[0], tw.script[1:]
	case now.Before(tw.bursts[host]):
		return &burst
	case tw.chance.Float64() < tw.share:
		tr = tw.next()
	}
	tw.played[tr]++
	if tr == &burst {
		tw.bursts[host] = now.Add(burstSpan)
	}
	return tr
}

// next is the next card of the deck.
func (tw *town) next() *trouble {
	for {
		tr := tw.deck[tw.dealt%len(tw.deck)]
		tw.dealt++
		if tr.most == 0 || tw.played[tr] < tr.most {
			return tr
		}
	}
}

// ban is that a key or a host is to be left alone.
type ban struct {
	said, until time.Time
	out         time.Time // since when it is to be left alone until the configuration is loaded again; zero for not
}

// holds reports whether a request that is made now comes too early. One that is made at the moment at which the ban was said may not know of it.
func (b *ban) holds(now, loaded time.Time) bool {
	return now.After(b.said) && now.Before(b.until) || !b.out.IsZero() && now.After(b.out) && loaded.Before(b.out)
}

// forbid notes that a key or a host is to be left alone for a while, or if that is zero until the configuration is loaded again.
func (tw *town) forbid(name string, wait time.Duration) {
	now := time.Now()
	tw.mu.Lock()
	defer tw.mu.Unlock()
	b := tw.bans[name]
	if b == nil {
		b = new(ban)
		tw.bans[name] = b
	}
	if wait == 0 {
		b.out = now
	} else if until := now.Add(wait); until.After(b.until) {
		b.said, b.until = now, until
	}
}

// requireMet fails the test unless everything that can go wrong has, and nobody was asked too early.
func (tw *town) requireMet() {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	for _, tr := range tw.deck {
		if tw.played[tr] == 0 {
			tw.t.Errorf("never has it been: %s", tr.name)
		}
	}
	for _, what := range tw.early {
		tw.t.Errorf("too early: %s", what)
	}
}
