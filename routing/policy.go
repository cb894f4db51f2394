package routing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// Policy is the order in which the targets of a route are asked.
type Policy string

// The policies.
const (
	First      Policy = "first"       // as configured
	RoundRobin Policy = "round_robin" // each in its turn
	Weighted   Policy = "weighted"    // each in its turn, as often as its weight says
	LeastBusy  Policy = "least_busy"  // the one with the fewest requests under way, by weight
	Fastest    Policy = "fastest"     // the one that was fastest of late
	Cheapest   Policy = "cheapest"    // by price
)

var policies = []string{string(First), string(RoundRobin), string(Weighted), string(LeastBusy), string(Fastest), string(Cheapest)}

// ParsePolicy reads the name of a policy. Empty means First.
func ParsePolicy(name string) (Policy, error) {
	if name == "" {
		return First, nil
	}
	if !slices.Contains(policies, name) {
		return "", fmt.Errorf("policy %q is unknown; there are %s", name, strings.Join(policies, ", "))
	}
	return Policy(name), nil
}

// Choice is a target of a route as one request meets it.
type Choice struct {
	Target
	Weight int         // for the policies that go by it; less than 1 means 1
	Only   []Condition // all of them must hold
	Can    Can
	Price  float64 // for Cheapest, in any unit; 0 or less where it is not known. A target that costs nothing has a tiny price.
	Health *Health // nil for none, which never rests
	Keys   Keys    // the zero value where the key is the client's own
}

func (c *Choice) weight() int { return max(c.Weight, 1) }

// Balancer orders the targets of one route by its policy. It is safe for use by several goroutines.
type Balancer struct {
	policy Policy
	random func() float64

	mu      sync.Mutex
	credits []int // by place in the route
	turn    int
	spare   int // counts the requests of threads that stay
}

// NewBalancer makes the balancer of a route. random gives numbers from 0 up to 1; nil is a source of the standard library.
func NewBalancer(policy Policy, random func() float64) *Balancer {
	if random == nil {
		random = rand.Float64
	}
	return &Balancer{policy: policy, random: random}
}

const (
	// exploration is how often Fastest has a look at another target than the fastest.
	exploration = 0.05

	// TypicalReply is the length in tokens of the replies by which targets are compared, and assumedSpeed the speed of one that has not
	// shown any, in tokens per second.
	TypicalReply = 500
	assumedSpeed = 50

	// leastSuccess bounds how much slower a target counts because it fails.
	leastSuccess = 0.1
)

// rank is where a candidate stands.
type rank struct {
	ready    time.Duration // from now; 0 for now
	score    float64       // lower is better
	tie      int
	unusable bool // for all time
	unlikely bool // the provider does not have the model
}

func (r *rank) usable() bool { return !r.unusable && !r.unlikely && r.ready == 0 }

func (r *rank) before(o *rank) bool {
	switch {
	case r.unusable != o.unusable:
		return o.unusable
	case r.ready != o.ready:
		return r.ready < o.ready
	case r.unlikely != o.unlikely:
		return o.unlikely
	case r.score != o.score:
		return r.score < o.score
	default:
		return r.tie < o.tie
	}
}

// usual is how many targets a route has at the most, usually.
const usual = 16

// standing is a candidate with what is known of its target.
type standing struct {
	*candidate
	view
	rank
}

// order sorts candidates. Those that rest or have no usable key come last, the one that is ready first before the others. The target where
// a thread has been comes first while it is usable, and does not count as a turn.
func (b *Balancer) order(all []candidate, sticky Place, now time.Time) []uint16 {
	var room [usual]standing
	stand, stays := room[:0], false
	for i := range all {
		c := &all[i]
		s := standing{candidate: c, view: c.Health.view(now), rank: rank{tie: c.place}}
		s.rank.ready, s.unusable = c.wait(s.view.ready, now)
		s.unlikely = s.missing
		stays = stays || c.Target == sticky.Target && s.usable()
		stand = append(stand, s)
	}
	b.score(stand, stays)
	order := make([]uint16, len(all))
	for i := range stand {
		s := &stand[i]
		if stays && s.Target == sticky.Target {
			s.score = math.Inf(-1)
		}
		at := i
		for ; at > 0 && s.before(&stand[order[at-1]].rank); at-- { // insertion: routes are short
			order[at] = order[at-1]
		}
		order[at] = uint16(i)
	}
	return order
}

// wait is how long it takes until the target and one of its keys can be used. never says that it has no key.
func (c *Choice) wait(target time.Duration, now time.Time) (wait time.Duration, never bool) {
	if c.Keys.none() {
		return target, false
	}
	key, ok := c.Keys.wait(now)
	return max(target, key), !ok
}

func (b *Balancer) score(all []standing, stays bool) {
	switch b.policy {
	case RoundRobin, Weighted:
		b.rotate(all, stays)
	case LeastBusy:
		turn := b.nextTurn(stays)
		for i := range all {
			s := &all[i]
			s.score, s.tie = float64(s.inFlight)/float64(s.weight()), cyclic(i-turn, len(all))
		}
	case Fastest:
		for i := range all {
			all[i].score = slowness(&all[i].view)
		}
		if !stays && len(all) > 1 && b.random() < exploration {
			all[int(b.random()*float64(len(all)))].score = -1
		}
	case Cheapest:
		for i := range all {
			s := &all[i]
			s.score = math.Inf(1)
			if s.Price > 0 {
				s.score = s.Price
			}
		}
	case First:
	}
}

func cyclic(i, n int) int { return (i%n + n) % n }

func (b *Balancer) nextTurn(stays bool) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !stays {
		b.turn++
	}
	return b.turn
}

// rotate picks the first by smooth weighted round robin over those that are usable: each gains its weight, and who has most pays for all.
// The others follow in a circle.
func (b *Balancer) rotate(all []standing, stays bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if stays { // the others come after it, if it fails, each as often as the next
		b.spare++
		for i := range all {
			all[i].score = float64(cyclic(i-b.spare, len(all)))
		}
		return
	}
	total, best := 0, -1
	for i := range all {
		c := &all[i]
		for len(b.credits) <= c.place {
			b.credits = append(b.credits, 0)
		}
		if !c.usable() {
			continue
		}
		weight := 1
		if b.policy == Weighted {
			weight = c.weight()
		}
		b.credits[c.place] += weight
		total += weight
		if best < 0 || b.credits[c.place] > b.credits[all[best].place] {
			best = i
		}
	}
	if best < 0 {
		return
	}
	b.credits[all[best].place] -= total
	for i := range all {
		all[i].score = float64(cyclic(i-best, len(all)))
	}
}

// slowness is how long a typical reply of a target may take in seconds, longer for one that often fails. One that nobody has measured
// comes first for one request, and behind the measured ones while that is under way.
func slowness(v *view) float64 {
	switch {
	case v.firstEvent.known:
		speed := float64(assumedSpeed)
		if v.speed.known {
			speed = v.speed.value
		}
		success := 1.0
		if v.success.known {
			success = max(v.success.value, leastSuccess)
		}
		return (v.firstEvent.value + TypicalReply/speed) / success
	case v.inFlight == 0 && v.failures == 0:
		return 0
	default:
		return math.MaxFloat64
	}
}
