package codexresponses

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/caddy-codex/responses/contentcoding"
	"github.com/caddy-codex/responses/fault"
)

// readBody reads the client's whole body, once the gateway has room for the exchange. It is given back when the exchange ends; nothing that
// outlives it may point into it.
func (x *exchange) readBody() (body []byte, f *fault.Fault) {
	if f := x.admit(); f != nil {
		return nil, f
	}
	body, f = x.handler.readBody(x.request)
	x.lent = append(x.lent, body)
	return body, f
}

// readBody reads a whole body and decodes it. The limit holds for what is sent and for what it decodes to. All of it is read before
// anything is written, for HTTP/1 clients that send before they listen. The body is the caller's to give back.
func (h *Handler) readBody(r *http.Request) ([]byte, *fault.Fault) {
	room := borrow(int(min(max(r.ContentLength, 0), maxLent/2)) + bytes.MinRead)
	body, err := contentcoding.Decode(room, r.Body, r.Header.Values("Content-Encoding"), r.ContentLength, h.MaxBody)
	var maxBytes *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.Is(err, contentcoding.ErrTooLarge):
		return nil, fault.New(fault.TooLarge, "the body is larger than the limit of %d bytes", h.MaxBody)
	case errors.As(err, &maxBytes): // of Caddy's request_body
		return nil, fault.New(fault.TooLarge, "the body is larger than the limit of %d bytes", maxBytes.Limit)
	case errors.Is(err, contentcoding.ErrUnknown):
		return nil, fault.New(fault.UnsupportedCoding, "%v", err)
	case r.Context().Err() != nil:
		return nil, clientGone()
	default:
		return nil, fault.New(fault.Invalid, "the body cannot be read: %v", err)
	}
}
