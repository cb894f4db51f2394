package codexresponses

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/translate"
)

// run is a response in the background. An exchange without a client writes its events, and the run stores them.
type run struct {
	handler *Handler
	memory  *memory
	stored  *session.Response // as it is stored
	ctx     context.Context   //nolint:containedctx // it is the run's life, which no caller shares
	cancel  context.CancelCauseFunc
	wake    chan struct{} // something is to be stored

	mu       sync.Mutex
	events   session.Events // those that are not stored yet
	progress []byte         // the response object that says it has begun; nil where that is stored
	outcome  []byte         // the response object of the last event
}

// How a run ends without an end of its response.
var (
	errCancelled = errors.New("the response was cancelled")
	errStopped   = errors.New("the gateway was stopped")
	errLost      = errors.New("the lease of the response has run out")
)

const (
	// storePace is how often the events of a run are stored at the most.
	storePace = 100 * time.Millisecond
	// keepTrying is how long the end of a run waits for a store that does not work.
	keepTrying = 10 * time.Minute
)

// background stores a response that begins, answers with it, or with its events where the client wants a stream, and lets it go on.
func (x *exchange) background(p *responses, m *memory) error {
	h, stream := x.handler, p.req.Stream
	if _, f := h.router.plan(p.req.Model); f != nil { // which can be said at once
		return x.fail(f)
	}
	p.req.Stream, p.keep = true, nil
	p.open(x)
	p.stream.Fixed, p.stream.Terse = true, false
	object := p.stream.Object("queued")
	r := &run{handler: h, memory: m, stored: m.stored(object).Clone(), wake: make(chan struct{}, 1)}
	if err := h.sessions.Begin(x.request.Context(), m.owner, r.stored, m.chain); err != nil {
		return x.fail(stateFault(err))
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(x.request.Context()))
	r.ctx, r.cancel = ctx, cancel
	h.runs.add(r)
	taken := x.held
	x.held = held{} // it is the run's from here on
	request := derive(ctx, x.request, nil)
	request.Body = http.NoBody
	x.record.Model, x.record.Finish = p.req.Model, "queued"
	go r.run(p, request, taken) // which has the request to itself
	x.client.silence(false)
	if stream {
		return h.follow(x.client, x.request, m.owner, r.stored.ID, 0)
	}
	x.client.header.Set("Content-Type", "application/json")
	_, err := x.client.Write(object)
	return err
}

// run asks the model, as an exchange whose client is the store.
func (r *run) run(p *responses, request *http.Request, taken held) {
	h := r.handler
	defer h.runs.remove(r)
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.keepBooks(request.Context(), done)
	}()
	r.exchange(p, request, taken)
	close(done)
	<-ended
}

// exchange is all of the run but its books.
func (r *run) exchange(p *responses, request *http.Request, taken held) {
	logged := withRecord(request.Context(), func(record *Record) {
		r.handler.logger.Info("background response ended", zap.String("response", r.stored.ID), zap.Object("codex_responses", record))
	})
	x := r.handler.newExchange(newEventWriter(r.event), request.WithContext(logged), "responses")
	defer x.finish()
	x.held, x.body, x.record.Stream = taken, p, true
	eventStreamHead(x.client.own)
	p.stream.Begin()
	p.events.sendTo(x.client)
	x.startWatch(nil)
	cause := r.handler.contain(func() error { return x.run(p.req.Model) })
	if ended := context.Cause(r.ctx); ended != nil {
		cause = ended
	}
	switch {
	case p.stream.Ended():
	case errors.Is(cause, errCancelled):
		p.stream.Abandon()
		r.mu.Lock()
		r.outcome = p.stream.Object("cancelled") // as long as the request is there, which it looks at
		r.mu.Unlock()
	default:
		p.stream.Fail(fault.New(fault.Internal, "the response ended early: %v", cause))
		p.events.sendTo(x.client)
	}
}

// event takes an event of the exchange.
func (r *run) event(data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data = bytes.Clone(data)
	r.events.Data = append(r.events.Data, data)
	switch typ := gjson.GetBytes(data, "type").String(); typ {
	case "response.in_progress":
		r.progress = []byte(gjson.GetBytes(data, "response").Raw)
	case "response.completed", "response.incomplete", "response.failed":
		r.outcome = []byte(gjson.GetBytes(data, "response").Raw)
		return // all of it is stored at once
	}
	r.rouse()
}

// keepBooks stores what the run has to show for itself until it is done, keeps its lease, and listens for those who want it to stop.
func (r *run) keepBooks(ctx context.Context, done <-chan struct{}) {
	sessions, owner, id := r.handler.sessions, r.memory.owner, r.stored.ID
	books, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	renewal := time.NewTicker(session.LeaseRenewal)
	defer renewal.Stop()
	cancellation := sessions.WatchCancellation(books, owner, id)
	r.obey(books) // who was faster than that
	pace := time.NewTimer(0)
	defer pace.Stop()
	wake := (<-chan struct{})(nil) // until the pace allows
	for {
		select {
		case <-pace.C:
			wake = r.wake
		case <-wake:
			r.lost(r.store(books))
			wake = nil
			pace.Reset(storePace)
		case <-cancellation:
			r.obey(books)
		case <-renewal.C:
			r.lost(sessions.Renew(books, owner, id))
			r.obey(books)
		case <-done:
			r.conclude(books)
			return
		}
	}
}

// obey stops the run where somebody has asked for that.
func (r *run) obey(ctx context.Context) {
	if cancelled, err := r.handler.sessions.Cancelled(ctx, r.memory.owner, r.stored.ID); err == nil && cancelled {
		r.cancel(errCancelled)
	}
}

// lost stops a run that counts as failed already.
func (r *run) lost(err error) {
	if errors.Is(err, session.ErrNotRunning) {
		r.cancel(errLost)
	}
}

// pending takes the events that are to be stored before the end. There are none where it has come: they are stored with the outcome.
func (r *run) pending() (events session.Events, progress []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.outcome != nil {
		return session.Events{}, nil
	}
	return r.take(), r.progress
}

// take takes the events that are not stored yet. The caller has the lock.
func (r *run) take() session.Events {
	events := r.events
	r.events = session.Events{First: events.Next()}
	return events
}

// restore puts events back that could not be stored.
func (r *run) restore(events session.Events) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = session.Events{First: events.First, Data: append(events.Data, r.events.Data...)}
	r.rouse()
}

// rouse has what there is stored.
func (r *run) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// store stores the events so far. The last ones wait for the outcome.
func (r *run) store(ctx context.Context) error {
	if err := r.handler.sessions.Available(); err != nil {
		r.rouse() // to encrypt them all again and again would be in vain
		return err
	}
	events, progress := r.pending()
	if len(events.Data) == 0 {
		return nil
	}
	var begun *session.Response
	if progress != nil && r.stored.Status() == "queued" {
		response := *r.stored
		response.Object = translate.WithoutEcho(progress)
		begun = &response
	}
	if err := r.handler.sessions.Progress(ctx, r.memory.owner, r.stored.ID, &events, begun); err != nil {
		r.restore(events)
		return err
	}
	if begun != nil {
		r.stored.Object = begun.Object
	}
	return nil
}

// conclude stores the outcome with the last events. A store that does not work is given time.
func (r *run) conclude(ctx context.Context) {
	r.mu.Lock()
	events, begun := r.take(), r.stored.Object
	r.mu.Unlock()
	r.stored.Object = translate.WithoutEcho(r.outcome)
	outcome := &session.Outcome{Response: r.stored, Before: r.memory.chain, Leased: true}
	if len(events.Data) > 0 {
		outcome.Events = &events
	}
	if r.stored.Conversation != "" && r.stored.Status() != "failed" && r.stored.Status() != "cancelled" {
		outcome.Items = r.memory.said(r.stored)
	}
	ctx, cancel := context.WithTimeout(ctx, keepTrying)
	defer cancel()
	again := time.NewTicker(session.RetryAfter)
	defer again.Stop()
	for {
		err := r.handler.sessions.Keep(ctx, r.memory.owner, outcome)
		switch {
		case err == nil:
			return
		case errors.Is(err, session.ErrNotRunning):
			r.handler.logger.Info("a background response has ended that was deleted or given up", zap.String("response", r.stored.ID))
			return
		}
		r.handler.logger.Error("storing a background response failed", zap.String("response", r.stored.ID), zap.Error(err))
		if !errors.Is(err, session.ErrUnavailable) {
			r.concede(ctx, begun, err)
			return
		}
		if errors.Is(context.Cause(r.ctx), errStopped) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// concede stores that a response has failed whose outcome the store does not take.
func (r *run) concede(ctx context.Context, begun []byte, cause error) {
	f := fault.New(fault.Internal, "the response could not be stored")
	if errors.Is(cause, session.ErrTooLarge) {
		f.Message = "the response is too large to be stored"
	}
	r.stored.Object = translate.Failed(begun, f)
	if err := r.handler.sessions.Keep(ctx, r.memory.owner, &session.Outcome{Response: r.stored, Before: r.memory.chain, Leased: true}); err != nil {
		r.handler.logger.Error("storing that a background response failed", zap.String("response", r.stored.ID), zap.Error(err))
	}
}
