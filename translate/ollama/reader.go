package ollama

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// readSize is what one read asks for, in bytes.
const readSize = 4 << 10

// Reader splits a body into lines, each of which is a JSON object and an event. Its bytes are the reader's and hold until the next call.
type Reader struct {
	src  *bufio.Reader
	line []byte // a line that is longer than the buffer, or not whole yet
}

// NewReader reads lines from body.
func NewReader(body io.Reader) *Reader { return &Reader{src: bufio.NewReaderSize(body, readSize)} }

// Next returns the next line that is not blank. It returns io.EOF at the end of the body, and any other error of the source after the
// lines before it. A last line without its end is Partial, unless it is whole all the same.
func (r *Reader) Next() (sse.Event, error) {
	r.line = r.line[:0]
	for {
		piece, err := r.src.ReadSlice('\n')
		whole := piece
		if len(r.line) > 0 || err != nil {
			r.line = append(r.line, piece...)
			whole = r.line
		}
		switch {
		case len(r.line) > sse.DefaultMaxEvent:
			return sse.Event{}, sse.ErrTooLong
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil && blank(whole):
			r.line = r.line[:0]
			continue
		case errors.Is(err, io.EOF) && !blank(whole):
			return sse.Event{Data: whole, Partial: !jsonscan.Valid(whole)}, nil
		case err != nil:
			return sse.Event{}, err
		}
		return sse.Event{Data: whole}, nil
	}
}

func blank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

// Buffered returns the next line if it has been read whole already, so that Next would not wait for the source.
func (r *Reader) Buffered() (sse.Event, bool) {
	for {
		arrived, _ := r.src.Peek(r.src.Buffered())
		end := bytes.IndexByte(arrived, '\n')
		if end < 0 {
			return sse.Event{}, false
		}
		if !blank(arrived[:end]) {
			event, err := r.Next()
			return event, err == nil
		}
		_, _ = r.src.Discard(end + 1)
	}
}
