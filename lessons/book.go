package lessons

import (
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// maxKeys bounds for how many models lessons are kept.
	maxKeys = 4096

	// maxLessons bounds how many are kept for one.
	maxLessons = 32
)

// Book keeps lessons for the life of the process. Its zero value is empty. It is safe for use by several goroutines.
type Book struct {
	mu      sync.Mutex
	pages   map[string][]entry
	edition atomic.Int64
}

type entry struct {
	lesson  Lesson
	useless bool // it has been tried, and did not help
}

// Keep takes a lesson for a key. It reports false for one that it has, or has had, and where there is no room.
func (b *Book) Keep(key string, l Lesson) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	page, ok := b.pages[key]
	if find(page, l) >= 0 || len(page) == maxLessons || !ok && len(b.pages) == maxKeys {
		return false
	}
	if b.pages == nil {
		b.pages = make(map[string][]entry)
	}
	b.pages[key] = append(page, entry{lesson: l})
	b.edition.Add(1)
	return true
}

// Strike takes back a lesson that did not help. It will not be kept again. It reports false for one that is not there.
func (b *Book) Strike(key string, l Lesson) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := find(b.pages[key], l)
	if i < 0 || b.pages[key][i].useless {
		return false
	}
	b.pages[key][i].useless = true
	b.edition.Add(1)
	return true
}

// Known reports whether a lesson has been kept for a key, also one that did not help.
func (b *Book) Known(key string, l Lesson) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return find(b.pages[key], l) >= 0
}

// Of returns the lessons for a key in the order in which they were learned.
func (b *Book) Of(key string) []Lesson {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Lesson
	for _, e := range b.pages[key] {
		if !e.useless {
			all = append(all, e.lesson)
		}
	}
	return all
}

// Edition changes with every change of the book.
func (b *Book) Edition() int64 { return b.edition.Load() }

func find(page []entry, l Lesson) int {
	id := l.id()
	return slices.IndexFunc(page, func(e entry) bool { return e.lesson.id() == id })
}
