package routing

import "time"

// Gateways may have a memory of threads in common, to which each adds what it finds out. It is asked through Due and Learn, and told where
// Stay reports news, which Told confirms; by what this does not know of it, Sticky decides when that is worth the way.

const (
	// commonTrust is how long nobody asks the common memory again: by then another gateway may have moved the thread.
	commonTrust = time.Minute

	// commonRenewal is how long before a thread that is in use is told of again, so that it is not forgotten there.
	commonRenewal = ThreadMemory / 6
)

// common is what the common memory has of a thread, by what is known here.
type common struct {
	place   Place // the zero value for nothing
	expires time.Time
	seen    time.Time // when it was asked or told
}

func (c *common) old(now time.Time) bool {
	return c.expires.Before(now.Add(ThreadMemory - commonRenewal))
}

// untold reports that the common memory has another place than this one.
func (s *stay) untold() bool { return s.common == nil || s.place != s.common.place }

// Due reports whether the common memory is to be asked about a thread: it is not known here, or has not been asked about for a while.
func (s *Sticky) Due(route, id string, now time.Time) bool {
	t := s.hash(route, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known(t, now)
	return known == nil || known.common == nil || now.Sub(known.common.seen) >= commonTrust
}

// Learn takes over what the common memory has of a thread: the zero Place for nothing. A move that was made here since that was told, and has
// not been told itself, is newer.
func (s *Sticky) Learn(route, id string, place Place, expires, now time.Time) {
	t := s.hash(route, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known(t, now)
	switch {
	case known == nil && place == Place{}:
		return
	case known == nil:
		known = s.add(t, place, now)
	case place != Place{} && !(known.untold() && known.moved.After(expires.Add(-ThreadMemory))):
		known.place = place
	}
	known.common = &common{place, expires, now}
}

// Told says that the common memory has a place now.
func (s *Sticky) Told(route, id string, place Place, expires, now time.Time) {
	t := s.hash(route, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.known(t, now); known != nil {
		known.common = &common{place, expires, now}
	}
}
