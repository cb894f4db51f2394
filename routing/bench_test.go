package routing

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// BenchmarkExchange is all that routing does for a request that works at once: ten targets, pools of five keys, and a thread that stays.
func BenchmarkExchange(b *testing.B) {
	for _, policy := range policies {
		b.Run(policy, func(b *testing.B) {
			var r Registry
			all := make([]Choice, 10)
			for i := range all {
				name := string(rune('a' + i))
				target := Target{Provider: name, Model: "m"}
				var keys []string
				for k := range 5 {
					keys = append(keys, fmt.Sprint(name, k))
				}
				all[i] = Choice{Target: target, Weight: i, Price: float64(10 - i), Can: Can{Window: 200_000}, Health: r.Health(name, target, noon), Keys: r.Pool(name, keys, noon).For("m")}
			}
			balancer, sticky, now := NewBalancer(Policy(policy), nil), NewSticky(), noon
			threads := make([]string, 1000)
			for i := range threads {
				threads[i] = "thread-" + strconv.Itoa(i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				now = now.Add(time.Millisecond)
				thread := threads[i%len(threads)]
				place, _ := sticky.Place("r", thread, now)
				p := NewPlan(Setup{Balancer: balancer, Choices: all, Sticky: place, Needs: Needs{Context: 1000}}, now)
				if p.Next(now).Do != Try {
					b.Fatal("nothing to try")
				}
				p.Answered(time.Second, now)
				place, _ = p.Place()
				sticky.Stay("r", thread, place, now)
				p.Ended(100, nil, now)
				p.Close()
			}
		})
	}
}

// BenchmarkGate is going in and out where there is room.
func BenchmarkGate(b *testing.B) {
	g := NewGate(Limits{Active: 10})
	b.ReportAllocs()
	for b.Loop() {
		if g.Enter(b.Context()) != nil {
			b.Fatal("it is full")
		}
		g.Leave()
	}
}

// BenchmarkHealth is finding a target by its name.
func BenchmarkHealth(b *testing.B) {
	var r Registry
	b.ReportAllocs()
	for b.Loop() {
		r.Health("provider https://example.com/v1", Target{"provider", "model"}, noon)
	}
}
