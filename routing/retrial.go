package routing

import "time"

// Where every key of a provider is refused, what refuses them may be out of order itself. One of them is tried again after firstRetrial, and
// each time that is in vain it takes twice as long until the next, up to longestRetrial. While one is tried, nobody else tries it for
// retrialHold.
const (
	firstRetrial   = 5 * time.Minute
	longestRetrial = time.Hour
	retrialHold    = time.Minute
)

// due finds a key that may be tried again although it is out, because all are; nil for none.
func (k Keys) due(now time.Time) *pooled {
	var first *pooled
	for i := range k.pool.keys {
		p := &k.pool.keys[i]
		if !p.state.out {
			return nil
		}
		if !now.Before(p.state.retrial.until) && (first == nil || p.state.retrial.until.Before(first.state.retrial.until)) {
			first = p
		}
	}
	return first
}

// retrial is due's key, which nobody else tries for a while.
func (k Keys) retrial(now time.Time) *pooled {
	p := k.due(now)
	if p != nil {
		p.state.retrial.until = now.Add(retrialHold)
	}
	return p
}
