// Package sse reads and writes event streams as the HTML standard defines them (server-sent events).
//
// It knows frames and nothing of what is in them.
package sse

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// DefaultMaxEvent is the most bytes that one event may have: enough for a call with a whole file in it, small enough to bound memory.
const DefaultMaxEvent = 32 << 20

// ErrTooLong says that an event is longer than the reader's limit.
var ErrTooLong = errors.New("event is longer than the limit")

// readSize is what one read asks for. HTTP hands out at most 4 KiB at a time, and an idle stream keeps the buffer.
const readSize = 4 << 10

// Event is one event of a stream. Its bytes are the reader's and hold until the next call of Next.
type Event struct {
	Name []byte // of the last event field; empty where there was none
	Data []byte // the data lines, joined by line feeds

	// Partial is set where the body ended before the blank line that closes an event. The standard drops such an event; some
	// providers end their last one like that, so the caller decides.
	Partial bool
}

// Reader splits a body into events. It takes LF, CRLF and CR, a byte order mark, comments, several data lines and fields without a
// space after the colon, wherever reads split them.
type Reader struct {
	src  io.Reader
	max  int
	buf  []byte // what was read and not consumed
	pos  int    // next byte of buf to look at
	seen int    // how much of buf behind pos holds no end of a line
	err  error  // what the source ended with

	started bool // a first byte was seen, so no byte order mark can follow
	skipLF  bool // the last line ended in CR, so a line feed next belongs to it

	single  []byte // the only data line of the event under way, a piece of buf; nil where it is in event
	event   []byte // data lines of the event under way, joined by line feeds
	name    []byte
	hasData bool
}

// NewReader reads events of at most maxEvent bytes from src; zero means DefaultMaxEvent.
func NewReader(src io.Reader, maxEvent int) *Reader {
	if maxEvent <= 0 {
		maxEvent = DefaultMaxEvent
	}
	return &Reader{src: src, max: maxEvent}
}

// Next returns the next event that has data. It returns io.EOF at the end of the body, and any other error of the source after
// the events before it.
func (r *Reader) Next() (Event, error) {
	r.reset()
	for {
		if event, ok, err := r.scan(); ok || err != nil {
			return event, err
		}
		if r.err != nil {
			return r.last()
		}
		r.fill()
	}
}

// Buffered returns the next event if it has been read whole already, so that Next would not wait for the source.
func (r *Reader) Buffered() (Event, bool) {
	r.reset()
	event, ok, err := r.scan()
	return event, ok && err == nil
}

// reset drops the event that the last call returned, if it returned one.
func (r *Reader) reset() {
	if !r.hasData && len(r.event) > 0 {
		r.event = r.event[:0]
	}
}

// scan consumes whole lines until they make an event.
func (r *Reader) scan() (Event, bool, error) {
	for {
		line, ok := r.line()
		if !ok {
			if r.size()+len(r.buf)-r.pos > r.max {
				r.err = ErrTooLong
				return Event{}, false, ErrTooLong
			}
			return Event{}, false, nil
		}
		if len(line) > 0 {
			r.field(line)
			continue
		}
		if r.hasData {
			return r.dispatch(false), true, nil
		}
		r.name = r.name[:0]
	}
}

// line returns the next line without its end, or false where it has not arrived whole.
func (r *Reader) line() ([]byte, bool) {
	rest := r.buf[r.pos:]
	if r.skipLF && len(rest) > 0 {
		r.skipLF = false
		if rest[0] == '\n' {
			r.pos++
			rest = rest[1:]
		}
	}
	unseen := rest[r.seen:]
	end := bytes.IndexByte(unseen, '\n')
	if end >= 0 {
		unseen = unseen[:end]
	}
	if cr := bytes.IndexByte(unseen, '\r'); cr >= 0 {
		end, r.skipLF = cr, true
	}
	if end < 0 {
		r.seen = len(rest)
		return nil, false
	}
	end += r.seen
	r.pos, r.seen = r.pos+end+1, 0
	return rest[:end], true
}

// field takes one line that is not blank.
func (r *Reader) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(name) {
	case "data":
		if r.size()+len(value) > r.max {
			r.err = ErrTooLong
		}
		if !r.hasData {
			r.single, r.hasData = value, true
			return
		}
		r.keep()
		r.event = append(append(r.event, '\n'), value...)
	case "event":
		r.name = append(r.name[:0], value...)
	}
}

// keep copies the data of the event under way out of buf.
func (r *Reader) keep() {
	if r.single != nil {
		r.event = append(r.event[:0], r.single...)
		r.single = nil
	}
}

// size is how much data the event under way has.
func (r *Reader) size() int { return max(len(r.event), len(r.single)) }

func (r *Reader) dispatch(partial bool) Event {
	event := Event{Name: r.name, Data: r.event, Partial: partial}
	if r.single != nil {
		event.Data, r.single = r.single, nil
	}
	r.name = r.name[:0]
	r.hasData = false
	return event
}

// last returns what stands before the end of the body, then the error.
func (r *Reader) last() (Event, error) {
	ended := errors.Is(r.err, io.EOF)
	if ended && r.pos < len(r.buf) {
		r.field(r.buf[r.pos:])
		r.pos, r.seen = len(r.buf), 0
	}
	if ended && r.hasData {
		return r.dispatch(true), nil
	}
	return Event{}, r.err
}

// Release gives the reader's memory back. Nothing may be read any more.
func (r *Reader) Release() {
	if buf := r.buf; cap(buf) > readSize && cap(buf) <= maxKept { // smaller ones serve nobody
		buffers.Put(&buf)
	}
	r.src, r.buf, r.pos, r.err = nil, nil, 0, io.EOF
}

// buffers are those of readers that have ended. Some events hold a whole request, and a buffer grows by steps.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxKept bounds the buffers that are kept, in bytes.
const maxKept = 256 << 10

// grow makes room for more in the buffer.
func (r *Reader) grow() {
	need := max(readSize, 2*cap(r.buf))
	var grown []byte
	if need > readSize {
		grown = (*buffers.Get().(*[]byte))[:0]
	}
	if cap(grown) < need {
		grown = make([]byte, 0, need)
	}
	grown = append(grown, r.buf...)
	r.buf = grown
}

// fill reads once, at least one byte or an error.
func (r *Reader) fill() {
	r.keep()
	if r.pos > 0 {
		r.buf = r.buf[:copy(r.buf, r.buf[r.pos:])]
		r.pos = 0
	}
	if cap(r.buf)-len(r.buf) < readSize/2 {
		r.grow()
	}
	for range 100 {
		n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if err != nil {
			r.err = err
		}
		if n > 0 || err != nil {
			r.skipMark()
			return
		}
	}
	r.err = io.ErrNoProgress
}

// skipMark drops a byte order mark at the start of the body.
func (r *Reader) skipMark() {
	const mark = "\xef\xbb\xbf"
	if r.started {
		return
	}
	if len(r.buf) < len(mark) && r.err == nil && bytes.HasPrefix([]byte(mark), r.buf) {
		return
	}
	r.started = true
	if bytes.HasPrefix(r.buf, []byte(mark)) {
		r.pos, r.seen = len(mark), 0
	}
}
