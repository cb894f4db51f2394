package codexresponses

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddy-codex/responses/fault"
)

// maxErrorBody bounds what is read of a provider's error answer.
const maxErrorBody = 64 << 10

// roundTrip sends an attempt to one host of its provider, and where that refuses the key, others with the provider's other keys. It returns
// an answer for the client only once that answer has proven to be one. A failed attempt returns an answer of the provider's status and
// without a body, which the client never sees, so that the reverse proxy's own health checks and retries can go by the status.
//
// The keys change in here so that to the reverse proxy all is one request: what is about a key says nothing about the health of a host.
func (x *exchange) roundTrip(req *http.Request, inner http.RoundTripper) (*http.Response, error) {
	x.attempt.fault = nil // the reverse proxy may have tried another host
	x.client.silence(false)
	for {
		reply, f, err := x.answer(req, inner)
		switch gone := x.request.Context().Err(); {
		case f == nil && err == nil:
			x.attempt.answered = true
			x.served(x.attempt)
			return reply, nil
		case gone != nil:
			return nil, gone // not a failure of the upstream, for its health
		case err != nil:
			return nil, x.unreachable(err)
		case !x.rotate(f):
			return x.failed(req, f), nil
		}
	}
}

// answer asks once. There is a fault where the answer is not one for the client, and an error where none came.
func (x *exchange) answer(req *http.Request, inner http.RoundTripper) (*http.Response, *fault.Fault, error) {
	a := x.attempt
	a.ask = func() (*http.Response, *fault.Fault, error) { return x.ask(req, inner) }
	res, f, err := a.ask()
	if f != nil || err != nil {
		return nil, f, err
	}
	a.log.Status = res.StatusCode
	if f := x.refusal(res); f != nil {
		return nil, f, nil
	}
	reply, f := x.body.reply(x, a, res)
	if f == nil {
		return reply, nil, nil
	}
	res.Body.Close()
	if a.expired != nil {
		f = a.expired
	}
	return nil, f, nil
}

// rotate begins another attempt with another key of the provider, if the fault speaks against the one that was used. An attempt whose time
// has run out cannot go on, whatever its fault.
func (x *exchange) rotate(f *fault.Fault) bool {
	if x.attempt.expired != nil || x.counts() && doesNotCount(f) {
		return false
	}
	x.attempt.redact(f) // before anybody is told of it
	key, ok := x.plan.Rotate(f, x.handler.now())
	if !ok {
		return false
	}
	last := x.attempt
	last.ended(f, x.handler.now())
	x.warn(f)
	next := last.target
	next.key = key
	x.begin(next, last.dialect, last.cancel)
	return true
}

// ask sends the attempt's request. There is a fault where no request could be made or its time has run out, and an error where no answer
// came.
func (x *exchange) ask(req *http.Request, inner http.RoundTripper) (*http.Response, *fault.Fault, error) {
	a := x.attempt
	body, f := x.body.encode(x, a)
	if f != nil {
		return nil, f, nil
	}
	sent := &upstreamBody{data: body}
	defer sent.release()
	out := x.outgoing(req, a, sent)
	x.setIdle(true)
	f = a.prove(out, sent.data)
	var res *http.Response
	var err error
	if f == nil {
		res, err = inner.RoundTrip(out)
	}
	x.setIdle(false)
	if a.expired != nil { // which made the others fail
		if res != nil {
			res.Body.Close()
		}
		return nil, a.expired, nil
	}
	if f != nil {
		return nil, f, nil
	}
	return res, nil, err
}

// refusal reads an answer that is an error.
func (x *exchange) refusal(res *http.Response) *fault.Fault {
	if res.StatusCode >= 200 && res.StatusCode <= 299 {
		return nil
	}
	defer res.Body.Close()
	x.setIdle(true)
	defer x.setIdle(false)
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	return fault.FromResponse(x.attempt.upstream.name, res.StatusCode, res.Header, text, x.handler.now())
}

// outgoing is the request as the provider gets it.
func (x *exchange) outgoing(req *http.Request, a *attempt, body *upstreamBody) *http.Request {
	out := req.Clone(req.Context())
	for _, name := range [...]string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"} {
		out.Header.Del(name)
	}
	out.Header.Set("Accept-Encoding", "identity") // a compressed stream arrives in lumps
	for name, value := range a.dialect.Headers {
		out.Header.Set(name, value)
	}
	x.authorize(out.Header, a)
	x.body.header(out.Header, a)
	for name := range a.upstream.ownHeaders { // header_up has the last word
		if values, ok := req.Header[name]; ok {
			out.Header[name] = values
		}
	}
	a.sent = out.Header
	out.URL = a.upstream.wire.upstreamURL(a.upstream.base, x.body.wirePath(a))
	out.URL.Scheme, out.URL.Host = req.URL.Scheme, req.URL.Host
	out.Body = body.open()
	out.ContentLength = int64(len(body.data))
	out.GetBody = func() (io.ReadCloser, error) { return body.open(), nil }
	return out
}

// prove signs a request for which there is no key, where the provider knows callers by another identity. It comes last: what is signed
// must not change any more.
func (a *attempt) prove(out *http.Request, body []byte) *fault.Fault {
	id, f := a.upstream.identity(a)
	if id == nil && f == nil {
		return nil
	}
	if f == nil {
		err := id.Authorize(out.Context(), out, body)
		if err == nil {
			return nil
		}
		f = asFault(err)
	}
	if f.Kind == fault.Unauthorized && len(a.upstream.wanted) > 0 {
		f.Message += "; there is no key either: " + strings.Join(a.upstream.wanted, ", ") + " is empty"
	}
	f.Provider = a.upstream.name
	return f
}

// authorize sets the key. It does so here and not earlier because Caddy's debug log shows headers that it does not know to be secret.
func (x *exchange) authorize(h http.Header, a *attempt) {
	key := x.clientKey()
	if own := a.secret(); own != "" {
		key = own
	}
	a.keyed = key != "" && (a.dialect.Identity == "none" || !isCredentials(key))
	if !a.keyed {
		return
	}
	setKey(h, a.dialect.Auth, key)
}

// failed keeps the fault and returns an answer that goes nowhere.
func (x *exchange) failed(req *http.Request, f *fault.Fault) *http.Response {
	x.attempt.fault = f
	status := f.HTTPStatus()
	if f.Status >= http.StatusBadRequest {
		status = f.Status
	}
	x.client.silence(true)
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header), Body: http.NoBody, Request: req,
	}
}

// unreachable keeps why no answer came and returns the error for the reverse proxy, which may have another host to try.
func (x *exchange) unreachable(err error) error {
	f := fault.New(fault.Unavailable, "could not be reached: %s", fault.Redact(reason(err)))
	f.Provider, f.Err = x.attempt.upstream.name, err
	if isTimeout(err) {
		f.Kind = fault.TimedOut
	}
	x.attempt.fault = f
	x.client.silence(true) // the reverse proxy may have something to say
	return err
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &netErr) && netErr.Timeout()
}

// reason is what an error says, without the URL.
func reason(err error) string {
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}
	return err.Error()
}
