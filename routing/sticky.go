package routing

import (
	"container/list"
	"hash/maphash"
	"sync"
	"time"
)

const (
	// maxThreads bounds how many threads are remembered.
	maxThreads = 65536

	// threadMemory is how long a thread is remembered after its last use. No provider keeps a prompt cache longer by itself.
	threadMemory = time.Hour
)

// Place is where a thread was served: a target, and the key that was used there.
type Place struct {
	Target Target
	Key    Fingerprint
}

// Sticky remembers where threads were served, so that they find their prompt caches and sealed reasoning again.
//
// A thread stays where it is for as long as that works. When it fails there, it is served elsewhere and stays there in turn, until that
// fails or the thread is forgotten: nothing moves it back by itself, for each move costs a cache. The least recently used is forgotten first.
// It is safe for use by several goroutines.
type Sticky struct {
	seeds [2]maphash.Seed
	most  int

	mu      sync.Mutex
	threads map[thread]*list.Element
	recent  list.List // of *stay, the most recently used first
}

// thread is a hash, so that the ids that clients make up take no more room than others.
type thread [2]uint64

type stay struct {
	thread thread
	place  Place
	used   time.Time
}

// NewSticky makes an empty memory.
func NewSticky() *Sticky {
	return &Sticky{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		most:  maxThreads, threads: make(map[thread]*list.Element),
	}
}

func (s *Sticky) hash(route, id string) thread {
	var t thread
	for i, seed := range s.seeds {
		var h maphash.Hash
		h.SetSeed(seed)
		_, _ = h.WriteString(route)
		_ = h.WriteByte(0)
		_, _ = h.WriteString(id)
		t[i] = h.Sum64()
	}
	return t
}

// Place is where a thread was last served within a route. It reports false for one that is not known, or not any more.
func (s *Sticky) Place(route, id string, now time.Time) (Place, bool) {
	t := s.hash(route, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.threads[t]
	if e == nil {
		return Place{}, false
	}
	if known := e.Value.(*stay); now.Sub(known.used) < threadMemory {
		known.used = now
		s.recent.MoveToFront(e)
		return known.place, true
	}
	s.forget(e)
	return Place{}, false
}

// Stay remembers where a thread has been served.
func (s *Sticky) Stay(route, id string, place Place, now time.Time) {
	t := s.hash(route, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.threads[t]; e != nil {
		known := e.Value.(*stay)
		known.place, known.used = place, now
		s.recent.MoveToFront(e)
		return
	}
	s.threads[t] = s.recent.PushFront(&stay{t, place, now})
	for oldest := s.recent.Back(); s.recent.Len() > s.most || now.Sub(oldest.Value.(*stay).used) >= threadMemory; oldest = s.recent.Back() {
		s.forget(oldest)
	}
}

func (s *Sticky) forget(e *list.Element) {
	delete(s.threads, s.recent.Remove(e).(*stay).thread)
}

// Len is how many threads are remembered.
func (s *Sticky) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent.Len()
}
