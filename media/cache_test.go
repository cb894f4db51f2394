package media

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// step is a time that passes, and whether the server is asked after it.
type step struct {
	after time.Duration
	asked bool
}

func TestDocumentsAreKeptForAWhile(t *testing.T) {
	var used []step // every four minutes, so that it is never unused for long
	for passed := 4 * time.Minute; passed < keepAtMost; passed += 4 * time.Minute {
		used = append(used, step{4 * time.Minute, false})
	}
	tests := map[string]struct {
		handle http.HandlerFunc
		steps  []step
	}{
		"a document that is not used": {
			func(w http.ResponseWriter, _ *http.Request) { w.Write(png) },
			[]step{{keepUnused - time.Second, false}, {keepUnused, true}, {0, false}},
		},
		"a document in use, for an hour": {
			func(w http.ResponseWriter, _ *http.Request) { w.Write(png) },
			append(used, step{4 * time.Minute, true}),
		},
		"a failure, shortly": {
			http.NotFound, []step{{keepFailure / 2, false}, {keepFailure/2 - time.Second, false}, {time.Second, true}, {0, false}},
		},
		"a document of no use, shortly": {
			func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("text")) },
			[]step{{keepFailure - time.Second, false}, {time.Second, true}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, test.handle), new(clock)
			f := fetcher(t, Limits{Private: true}, c)
			first := one(t.Context(), f, s.URL)
			for i, step := range test.steps {
				c.advance(step.after)
				before := s.asked.Load()
				r := one(t.Context(), f, s.URL)
				if asked := s.asked.Load() > before; asked != step.asked {
					t.Errorf("step %d: the server was asked: %v", i, asked)
				}
				if string(r.DataURL) != string(first.DataURL) || (r.Err == nil) != (first.Err == nil) {
					t.Errorf("step %d: got %+v, at first %+v", i, r, first)
				}
			}
		})
	}
}

func TestADeadServerCostsItsTimeOnce(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f := local(t, Limits{Timeout: 20 * time.Millisecond})
	for range 3 {
		refusedWith(t, one(t.Context(), f, s.URL), "did not arrive in time")
	}
	f.flights.Do(s.URL, func() (any, error) { return document{}, nil }) // the download has ended
	refusedWith(t, one(t.Context(), f, s.URL), "did not arrive in time")
	if asked := s.asked.Load(); asked > 1 {
		t.Errorf("the server was asked %d times", asked)
	}
}

func TestWaitingForOtherDownloadsIsNoFailureOfADocument(t *testing.T) {
	s := serveBytes(t, png)
	f := local(t, Limits{Timeout: 20 * time.Millisecond})
	for range inAll {
		f.slots <- struct{}{}
	}
	refusedWith(t, one(t.Context(), f, s.URL), "did not arrive in time")
	f.flights.Do(s.URL, func() (any, error) { return document{}, nil }) // the download has ended
	if _, kept := f.cache.get(s.URL); kept || s.asked.Load() > 0 {
		t.Errorf("kept is %v, the server was asked %d times", kept, s.asked.Load())
	}
}

func TestARareTypeIsKeptForThoseWhoTakeIt(t *testing.T) {
	s := serveBytes(t, bmp)
	f := local(t, Limits{})
	refusedWith(t, one(t.Context(), f, s.URL), "is image/bmp")
	if r := one(t.Context(), f, s.URL, "image/bmp"); r.Err != nil || string(r.DataURL) != dataURL("image/bmp", bmp) {
		t.Errorf("got %+v", r)
	}
	if asked := s.asked.Load(); asked != 1 {
		t.Errorf("the document was asked for %d times", asked)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	c := newCache(new(clock).now)
	put := func(key string, size int) { c.put(key, document{typ: "image/png", dataURL: make([]byte, size)}) }
	has := func(key string, want bool) {
		t.Helper()
		if _, ok := c.get(key); ok != want {
			t.Errorf("%s is kept: %v", key, ok)
		}
	}
	const third = cacheBytes/3 - 2*entryBytes
	put("a", third)
	put("b", third)
	put("c", third)
	has("a", true) // and so it is used last
	put("d", third)
	has("b", false)
	has("a", true)
	has("c", true)
	has("d", true)

	put("d", third) // in its own place
	has("c", true)
	put("large", cacheBytes)
	has("large", false)
	has("a", true)

	for i := range 2 * cacheBytes / entryBytes {
		c.put(strconv.Itoa(i), document{why: "failed"})
	}
	if c.bytes > cacheBytes || c.order.Len() != len(c.entries) || len(c.entries) > cacheBytes/entryBytes {
		t.Errorf("%d bytes in %d entries, %d in order", c.bytes, len(c.entries), c.order.Len())
	}
	for c.order.Len() > 0 {
		c.remove(c.order.Front())
	}
	if c.bytes != 0 || len(c.entries) != 0 {
		t.Errorf("an empty cache has %d bytes, %d entries", c.bytes, len(c.entries))
	}
}
