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

	// ThreadMemory is how long a thread is remembered after its last use. No provider keeps a prompt cache longer by itself.
	ThreadMemory = time.Hour
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
	moved  time.Time // when it began to be served there
	common *common   // nil where it has not been asked or told
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
	known := s.known(t, now)
	if known == nil {
		return Place{}, false
	}
	s.use(known, now)
	return known.place, true
}

// Stay remembers where a thread has been served. It reports whether the common memory does not have that yet; see Learn.
func (s *Sticky) Stay(route, id string, place Place, now time.Time) (news bool) {
	t := s.hash(route, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known(t, now)
	if known == nil {
		known = s.add(t, place, now)
	}
	if known.place != place {
		known.place, known.moved = place, now
	}
	s.use(known, now)
	return known.untold() || known.common.old(now)
}

// known is what is remembered of a thread; nil for nothing.
func (s *Sticky) known(t thread, now time.Time) *stay {
	e := s.threads[t]
	if e == nil {
		return nil
	}
	if known := e.Value.(*stay); now.Sub(known.used) < ThreadMemory {
		return known
	}
	s.forget(e)
	return nil
}

func (s *Sticky) use(known *stay, now time.Time) {
	known.used = now
	s.recent.MoveToFront(s.threads[known.thread])
}

// add remembers another thread.
func (s *Sticky) add(t thread, place Place, now time.Time) *stay {
	known := &stay{thread: t, place: place, used: now, moved: now}
	s.threads[t] = s.recent.PushFront(known)
	for oldest := s.recent.Back(); s.recent.Len() > s.most || now.Sub(oldest.Value.(*stay).used) >= ThreadMemory; oldest = s.recent.Back() {
		s.forget(oldest)
	}
	return known
}

func (s *Sticky) forget(e *list.Element) {
	delete(s.threads, s.recent.Remove(e).(*stay).thread)
}
