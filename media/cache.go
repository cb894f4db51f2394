package media

import (
	"container/list"
	"sync"
	"time"
)

const (
	cacheBytes = 64 << 20

	// A document is kept while it is asked for, so that a signed URL may run out within a session; but not for ever, for it may change.
	keepUnused  = 5 * time.Minute
	keepAtMost  = time.Hour
	keepFailure = time.Minute // a dead link shall not cost its time each turn

	entryBytes = 512 // roughly what an entry takes besides its texts
)

// cache keeps documents by their URLs. Those that were not asked for the longest make room for new ones.
type cache struct {
	now func() time.Time

	mu      sync.Mutex
	bytes   int
	entries map[string]*list.Element
	order   *list.List // of *entry, the last used first
}

type entry struct {
	key        string
	doc        document
	until, end time.Time // until when it is kept as it is, and if it is asked for
}

func (e *entry) bytes() int { return len(e.key) + len(e.doc.dataURL) + len(e.doc.why) + entryBytes }

func newCache(now func() time.Time) *cache {
	return &cache{now: now, entries: make(map[string]*list.Element), order: list.New()}
}

func (c *cache) get(key string) (document, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return document{}, false
	}
	e, now := element.Value.(*entry), c.now()
	if !now.Before(e.until) {
		c.remove(element)
		return document{}, false
	}
	if e.doc.dataURL != nil {
		e.until = earlier(now.Add(keepUnused), e.end)
	}
	c.order.MoveToFront(element)
	return e.doc, true
}

func (c *cache) put(key string, doc document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.entries[key]; ok {
		c.remove(element)
	}
	now := c.now()
	e := &entry{key: key, doc: doc, until: now.Add(keepFailure)}
	if doc.dataURL != nil {
		e.until, e.end = now.Add(keepUnused), now.Add(keepAtMost)
	}
	if e.bytes() > cacheBytes {
		return
	}
	c.entries[key] = c.order.PushFront(e)
	c.bytes += e.bytes()
	for c.bytes > cacheBytes {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(element *list.Element) {
	e := c.order.Remove(element).(*entry)
	delete(c.entries, e.key)
	c.bytes -= e.bytes()
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
