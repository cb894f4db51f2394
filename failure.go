package codexresponses

import (
	"errors"
	"net/http"
	"strconv"

	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
)

// fail ends an exchange that no target could serve: with an HTTP status where the client has been sent nothing, else within what has
// begun.
//
// Codex repeats what fails up to thirty times, and shows a message at once only for a 400. So what repeating cannot mend becomes one. What
// can get better comes as a failed response in a stream, because Codex shows its message and, for a rate limit, waits as long as it says;
// an HTTP status of 500 or more it repeats in two nested loops, and of a 429 it hides the message.
func (x *exchange) fail(f *fault.Fault) error {
	x.failedWith(f)
	switch {
	case f.Kind == fault.ClientGone:
		x.record.Finish = "client_closed"
		x.client.silence(false)
		x.client.WriteHeader(f.HTTPStatus())
	case x.client.begun():
		x.body.fail(x, f)
	case x.codex && x.record.Stream && !f.Final():
		x.body.fail(x, f)
	case x.codex && f.Final() && f.Kind != fault.UnknownModel && f.Kind != fault.NoSuchModel:
		x.failHTTP(f, http.StatusBadRequest, f.FailedCode())
	default:
		x.failHTTP(f, f.HTTPStatus(), f.ErrorCode())
	}
	return nil
}

// failHTTP answers with a status and an error object.
func (x *exchange) failHTTP(f *fault.Fault, status int, code string) {
	x.client.own = http.Header{"X-Request-Id": {x.record.ID}}
	x.client.header = make(http.Header)
	writeError(x.client, f, status, code)
}

// failedWith notes a failure in the record and the log.
func (x *exchange) failedWith(f *fault.Fault) {
	x.record.Finish = "failed"
	x.record.ErrorCode = f.ErrorCode()
	x.record.Error = f.Brief()
	if f.Provider == "" && !f.AnotherTarget() {
		return // the client's own; the access log has it
	}
	last := x.record.Last()
	x.handler.logger.Error("exchange failed", zap.String("request_id", x.record.ID), zap.String("model", x.record.Model), zap.String("route", x.record.Route),
		zap.Int("attempts", len(x.record.Attempts)), zap.String("provider", last.Provider), zap.String("key", last.Key),
		zap.String("error", f.Brief()), zap.String("code", f.ErrorCode()))
}

// writeFault writes an HTTP error.
func writeFault(w http.ResponseWriter, f *fault.Fault, status int) {
	writeError(w, f, status, f.ErrorCode())
}

func writeError(w http.ResponseWriter, f *fault.Fault, status int, code string) {
	body := append(f.AppendError(nil, code), '\n')
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if delay := f.RetryAfterHeader(); delay != "" {
		h.Set("Retry-After", delay)
	}
	if c, ok := w.(*client); ok {
		c.silence(false)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no error
}

func asFault(err error) *fault.Fault {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.Internal, "%v", err)
}

// clientGone is the fault of a client that nobody answers any more.
func clientGone() *fault.Fault {
	return fault.New(fault.ClientGone, "the client closed its connection")
}
