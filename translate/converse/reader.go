package converse

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// ErrDamaged says that what the provider sent is no event stream of AWS, or was damaged on its way.
var ErrDamaged = errors.New("not a message of an event stream, or a damaged one")

// The layout of a message, in bytes: its length and that of its headers, a checksum of both, the headers, the payload, a checksum of all
// before it.
const (
	preludeLen  = 12
	checksumLen = 4

	// maxMessage is the most that a message may have. AWS promises less than 16 MiB.
	maxMessage = 16 << 20

	// maxDocument bounds a reply that comes as one document.
	maxDocument = 64 << 20

	// readSize is what one read asks for, in bytes.
	readSize = 4 << 10
)

// Reader splits a body in AWS's binary event stream format into messages. The data of an event is JSON: {"<event type>":<payload>}, or
// for an error {"exception":"<type>","message":"…"}. Its bytes are the reader's and hold until the next call.
//
// The format is small, and the SDK's decoder makes some forty allocations for each message, of which a reply has thousands; so it is
// read here, and the SDK's serves the tests.
type Reader struct {
	src     *bufio.Reader
	err     error  // after which there is nothing more
	begun   bool   // there was a message
	message []byte // the last one
	data    []byte // of its event
}

// NewReader reads messages from body.
func NewReader(body io.Reader) *Reader { return &Reader{src: bufio.NewReaderSize(body, readSize)} }

// Next returns the next event. It returns io.EOF at the end of the body, io.ErrUnexpectedEOF where that cuts a message short, ErrDamaged
// where a checksum is wrong, and any other error of the source after the events before it.
func (r *Reader) Next() (event sse.Event, err error) {
	if r.err != nil {
		return event, r.err
	}
	event.Data, r.err = r.next()
	return event, r.err
}

// Buffered returns the next event if it has been read whole already, so that Next would not wait for the source.
func (r *Reader) Buffered() (sse.Event, bool) {
	arrived := r.src.Buffered()
	if r.err != nil || arrived < preludeLen {
		return sse.Event{}, false
	}
	head, _ := r.src.Peek(preludeLen)
	if length, _, ok := readPrelude(head); !ok || length > arrived {
		return sse.Event{}, false
	}
	event, err := r.Next()
	return event, err == nil
}

func (r *Reader) next() ([]byte, error) {
	head, err := r.src.Peek(preludeLen)
	switch {
	case !r.begun && len(head) > 0 && head[0] == '{':
		return r.document()
	case errors.Is(err, io.EOF) && len(head) > 0:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	r.begun = true
	length, headersLen, ok := readPrelude(head)
	if !ok {
		return nil, ErrDamaged
	}
	r.message = slices.Grow(r.message[:0], length)[:length]
	if _, err := io.ReadFull(r.src, r.message); err != nil {
		return nil, err
	}
	checked := r.message[:length-checksumLen]
	if crc32.ChecksumIEEE(checked) != binary.BigEndian.Uint32(r.message[len(checked):]) {
		return nil, ErrDamaged
	}
	h, ok := readHeaders(checked[preludeLen : preludeLen+headersLen])
	if !ok {
		return nil, ErrDamaged
	}
	r.data = h.appendEvent(r.data[:0], checked[preludeLen+headersLen:])
	return r.data, nil
}

// document reads JSON, as which some gateways send what they were asked to stream. No message is as long as one that begins so would be.
func (r *Reader) document() ([]byte, error) {
	r.begun = true
	return io.ReadAll(io.LimitReader(r.src, maxDocument))
}

// readPrelude reads the lengths of a message and of its headers. False where they cannot be right.
func readPrelude(head []byte) (length, headersLen int, ok bool) {
	const lengths, others = 8, preludeLen + checksumLen
	all, headers := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	ok = crc32.ChecksumIEEE(head[:lengths]) == binary.BigEndian.Uint32(head[lengths:])
	return int(all), int(headers), ok && all >= others && all <= maxMessage && headers <= all-others
}

// headers are those that say what a message is.
type headers struct {
	messageType   []byte // event, exception or error
	eventType     []byte
	exceptionType []byte
	errorCode     []byte
	errorMessage  []byte
}

// valueLens are the lengths of header values by their type, -1 where two bytes before the value say it.
var valueLens = [...]int{0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 6: -1, 7: -1, 8: 8, 9: 16}

const stringValue = 7

// readHeaders reads the headers of a message: for each the length of its name, the name, the type of its value, the value.
func readHeaders(raw []byte) (h headers, ok bool) {
	for len(raw) > 0 {
		nameLen := int(raw[0])
		if len(raw) < 1+nameLen+1 {
			return h, false
		}
		name, typ := raw[1:1+nameLen], raw[1+nameLen]
		raw = raw[1+nameLen+1:]
		if int(typ) >= len(valueLens) {
			return h, false
		}
		n := valueLens[typ]
		if n < 0 {
			if len(raw) < 2 {
				return h, false
			}
			n = int(binary.BigEndian.Uint16(raw))
			raw = raw[2:]
		}
		if len(raw) < n {
			return h, false
		}
		if typ == stringValue {
			h.set(name, raw[:n])
		}
		raw = raw[n:]
	}
	return h, true
}

func (h *headers) set(name, value []byte) {
	switch string(name) {
	case ":message-type":
		h.messageType = value
	case ":event-type":
		h.eventType = value
	case ":exception-type":
		h.exceptionType = value
	case ":error-code":
		h.errorCode = value
	case ":error-message":
		h.errorMessage = value
	}
}

// appendEvent appends a message as JSON. What its type cannot say is left as it is, for the decoder to pass over or to refuse.
func (h *headers) appendEvent(dst, payload []byte) []byte {
	payload = bytes.TrimSpace(payload)
	switch string(h.messageType) {
	case "exception":
		dst = append(dst, `{"exception":`...)
		dst = jsonscan.AppendString(dst, string(h.exceptionType))
		if inside, ok := bytes.CutPrefix(payload, []byte("{")); ok && len(bytes.TrimSpace(inside)) > 1 {
			return append(append(dst, ','), inside...)
		}
		return append(dst, '}')
	case "error":
		dst = append(dst, `{"exception":`...)
		dst = jsonscan.AppendString(dst, string(h.errorCode))
		dst = append(dst, `,"message":`...)
		dst = jsonscan.AppendString(dst, string(h.errorMessage))
		return append(dst, '}')
	default:
		dst = append(dst, '{')
		dst = jsonscan.AppendString(dst, string(h.eventType))
		dst = append(dst, ':')
		if len(payload) == 0 {
			payload = []byte("{}")
		}
		return append(append(dst, payload...), '}')
	}
}
