package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// threads are conversations that go on side by side. Each request belongs to the next of them; after the last comes the first again.
type threads struct {
	all  []thread
	turn atomic.Uint64
}

// A thread is what tells the requests of one conversation from those of another. It is made before anything is measured.
type thread struct {
	id     []byte // as long as sessionID
	header http.Header
}

func newThreads(n int) *threads {
	t := &threads{all: make([]thread, n)}
	for i := range t.all {
		id := fmt.Sprintf("00000000-0000-7000-9000-%012d", i)
		h := header()
		for _, values := range h {
			values[0] = strings.ReplaceAll(values[0], sessionID, id)
		}
		t.all[i] = thread{[]byte(id), h}
	}
	return t
}

func (t *threads) next() *thread {
	return &t.all[int((t.turn.Add(1)-1)%uint64(len(t.all)))]
}

// seen reports whether each thread has had a request.
func (t *threads) seen() bool { return t.turn.Load() >= uint64(len(t.all)) }

// vary makes each request one of a thread: its id then stands wherever sessionID does.
func (t *target) vary(threads *threads) {
	t.threads, t.pieces = threads, bytes.Split(t.body, []byte(sessionID))
}

// put makes a request one of the thread. The pieces of the body are shared by all requests; nothing is searched or copied.
func (t *thread) put(r *http.Request, pieces [][]byte) {
	body := make(net.Buffers, 0, 2*len(pieces))
	for _, piece := range pieces {
		body = append(body, piece, t.id)
	}
	body = body[:len(body)-1] // the last piece is the end
	r.Header, r.Body = t.header, io.NopCloser(&body)
}
