package codexresponses

import (
	"bytes"
	"io"
	"sync"
)

// buffers lends byte slices to what needs one for a short time. Most of what a request allocates is two of them, and thousands of
// exchanges may idle at once.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxLent bounds the slices that are kept for reuse.
const maxLent = 1 << 20

// borrow returns an empty slice with room for n bytes.
func borrow(n int) []byte {
	buf := *buffers.Get().(*[]byte)
	if cap(buf) < n {
		return make([]byte, 0, n)
	}
	return buf[:0]
}

// giveBack takes a slice that nobody will look at again.
func giveBack(buf []byte) {
	if cap(buf) > 0 && cap(buf) <= maxLent {
		buffers.Put(&buf)
	}
}

// upstreamBody is the body of an attempt's request. Its bytes are given back as soon as neither the transport reads them nor a repetition
// may need them: a reply can take minutes.
type upstreamBody struct {
	mu      sync.Mutex
	data    []byte
	readers int
	done    bool
}

// open returns a reader of the whole body.
func (b *upstreamBody) open() io.ReadCloser {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readers++
	return &bodyReader{body: b, rest: bytes.NewReader(b.data)}
}

// release says that the body will not be opened again.
func (b *upstreamBody) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = true
	b.settle()
}

func (b *upstreamBody) settle() {
	if b.done && b.readers == 0 {
		giveBack(b.data)
		b.data = nil
	}
}

// bodyReader reads an upstreamBody. Transports may close it while another goroutine reads.
type bodyReader struct {
	body *upstreamBody
	rest *bytes.Reader // nil once closed
}

// Read implements io.Reader.
func (r *bodyReader) Read(p []byte) (int, error) {
	r.body.mu.Lock()
	defer r.body.mu.Unlock()
	if r.rest == nil {
		return 0, io.ErrClosedPipe
	}
	return r.rest.Read(p)
}

// Close implements io.Closer.
func (r *bodyReader) Close() error {
	r.body.mu.Lock()
	defer r.body.mu.Unlock()
	if r.rest != nil {
		r.rest = nil
		r.body.readers--
		r.body.settle()
	}
	return nil
}
