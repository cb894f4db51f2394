package codexresponses_test

import (
	"net/http"
	"strings"
	"time"
)

// story is what happens to one exchange. The town's mutex guards it.
type story struct {
	word     string
	want     string // the text of a complete answer
	troubles []*trouble
	asked    []time.Time // when providers were
	began    time.Time
	ended    time.Time // for the gateway
	open     int       // visits that have not ended
	begun    int       // how often an answer has begun
	speaker  *visit    // that has begun one
	finish   string    // as the record has it; empty before it has ended
}

// begin notes an exchange.
func (tw *town) begin(word string) *story {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	s := &story{word: word, want: word, began: time.Now()}
	tw.stories[word] = s
	return s
}

// ended notes that the gateway has ended an exchange.
func (tw *town) ended(r *http.Request, finish string) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	if s := tw.stories[r.Header.Get(wordHeader)]; s != nil {
		s.finish, s.ended = finish, time.Now()
	}
}

// longest is the most that an exchange may take: what its visits have cost, waits at gates, and the time within which the gateway waits for
// another try.
func (s *story) longest() time.Duration {
	const budget, gate, slack = time.Minute, 5 * time.Second, time.Second
	sum := budget + gate + slack
	for _, tr := range s.troubles {
		sum += tr.cost + gate
	}
	return sum
}

// met tells what an exchange has met.
func (s *story) met() string {
	names := make([]string, len(s.troubles))
	for i, tr := range s.troubles {
		names[i] = tr.name
	}
	return "it has met: " + strings.Join(names, "; ")
}
