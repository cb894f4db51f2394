package codexresponses

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/sse"
)

const (
	// maxWhole bounds a reply that comes as one document, in bytes.
	maxWhole = 64 << 20

	// maxPending is how many bytes of events are gathered before they are handed on although more has arrived.
	maxPending = 32 << 10

	// drainTime is how long the end of an upstream's body is waited for once all has been said, to keep its connection.
	drainTime = 20 * time.Millisecond
)

// replyReader reads an upstream's reply as a body of Responses events. A read waits for the upstream at most once and takes what has
// arrived whole, so that one write to the client carries all of it.
type replyReader struct {
	exchange *exchange
	payload  *responses
	attempt  *attempt
	decoder  decoder
	body     io.Closer
	events   frames // nil for a reply that came as one document
	whole    io.Reader
	asked    int  // how often the provider was asked to go on
	began    bool // the upstream has sent something
	drained  bool // the upstream's body has been read to its end
}

// open looks at how the reply comes. Some providers send one document where a stream was asked for, or the other way about.
func (rd *replyReader) open(res *http.Response) *fault.Fault {
	rd.body, rd.events, rd.whole = res.Body, nil, nil
	if coding := res.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		f := fault.New(fault.BadReply, "sent its reply in the coding %s, which it was not asked for", coding)
		f.Provider, f.Status = rd.attempt.upstream.name, res.StatusCode
		return f
	}
	body := bufio.NewReaderSize(listening{res.Body, rd.attempt}, 16)
	rd.exchange.setIdle(true)
	first, err := body.Peek(1)
	rd.exchange.setIdle(false)
	if err != nil && !errors.Is(err, io.EOF) {
		return readFault(rd.attempt, err)
	}
	contentType := res.Header.Get("Content-Type")
	switch {
	case len(first) > 0 && first[0] == '<', strings.HasPrefix(contentType, "text/html"):
		f := fault.New(fault.Misaddressed, "sent a page instead of an API answer; its base URL may be wrong, or lack /v1")
		f.Provider, f.Status = rd.attempt.upstream.name, res.StatusCode
		return f
	case rd.attempt.upstream.wire.frames != nil && !strings.HasPrefix(contentType, "application/json"):
		rd.events = rd.attempt.upstream.wire.frames(body)
	case isDocument(first, contentType):
		rd.whole = io.LimitReader(body, maxWhole)
	default:
		rd.events = sse.NewReader(body, 0)
	}
	return nil
}

// isDocument tells a JSON document from an event stream by how it begins, because some providers send the one with the content type of
// the other. That decides where nothing is to be seen yet but white space, which some send while they work.
func isDocument(first []byte, contentType string) bool {
	if len(first) == 0 || strings.IndexByte(" \t\r\n", first[0]) >= 0 {
		return strings.HasPrefix(contentType, "application/json")
	}
	return first[0] == '{' || first[0] == '['
}

// prime reads until something of the answer is there, so that until then an attempt can fail without a trace. The head of the reply
// and response.created do not wait for that: they go out with the upstream's first event.
func (rd *replyReader) prime() *fault.Fault {
	stream := rd.payload.stream
	for !stream.Ended() && (!stream.Committed() || !rd.payload.req.Stream) {
		event, ok := rd.buffered()
		if !ok {
			if rd.began && rd.payload.req.Stream && !rd.exchange.client.begun() {
				stream.Begin()
				rd.payload.events.sendTo(rd.exchange.client)
				rd.exchange.lastWrite = rd.exchange.handler.now()
			}
			if f := rd.wait(); f != nil {
				return f
			}
			continue
		}
		if f := rd.frame(event); f != nil {
			return f
		}
	}
	return nil
}

// Read implements io.Reader.
func (rd *replyReader) Read(p []byte) (int, error) {
	x, sink, stream := rd.exchange, &rd.payload.events, rd.payload.stream
	for sink.pending() == 0 {
		if stream.Ended() {
			rd.drain()
			return 0, io.EOF
		}
		rd.advance()
		if x.request.Context().Err() != nil {
			return 0, io.EOF // the client is gone; nobody reads an ending
		}
	}
	x.lastWrite = x.handler.now()
	return sink.read(p), nil
}

// advance waits for the next event of the upstream and takes all that have come with it.
func (rd *replyReader) advance() {
	f := rd.wait()
	for f == nil && !rd.payload.stream.Ended() && rd.payload.events.pending() < maxPending {
		event, ok := rd.buffered()
		if !ok {
			break
		}
		f = rd.frame(event)
	}
	if f != nil && rd.exchange.request.Context().Err() == nil {
		rd.attempt.redact(f)
		rd.attempt.broken = f
		rd.attempt.log.Cause = f.Brief()
		rd.payload.stream.Fail(f)
		rd.exchange.failedWith(f)
		rd.drained = true // nothing of it is wanted any more
	}
}

func (rd *replyReader) buffered() (sse.Event, bool) {
	if rd.events == nil {
		return sse.Event{}, false
	}
	return rd.events.Buffered()
}

// wait reads from the upstream and handles one event, or the end.
func (rd *replyReader) wait() *fault.Fault {
	if rd.events == nil {
		return rd.readWhole()
	}
	rd.exchange.setIdle(true)
	event, err := rd.events.Next()
	rd.exchange.setIdle(false)
	switch {
	case err == nil:
		return rd.frame(event)
	case errors.Is(err, io.EOF):
		rd.drained = true
		return rd.end(nil)
	case rd.exchange.request.Context().Err() != nil:
		rd.drained = true
		return clientGone() // which is no end of the reply, though it may look like one
	default:
		rd.drained = true
		if f := rd.end(err); f == nil || rd.attempt.expired == nil {
			return f
		}
		return rd.attempt.expired
	}
}

// frame handles one event.
func (rd *replyReader) frame(event sse.Event) *fault.Fault {
	if !rd.began {
		rd.began = true
		if rd.exchange.record.FirstEvent.IsZero() {
			rd.exchange.record.FirstEvent = rd.exchange.handler.now()
		}
	}
	err := rd.decoder.Frame(event.Data, rd.payload.stream)
	if err != nil && event.Partial {
		return rd.end(io.ErrUnexpectedEOF) // half a frame at the end of the body
	}
	if err != nil {
		return asFault(err)
	}
	if rd.decoder.Done() {
		return rd.end(nil)
	}
	return nil
}

func (rd *replyReader) readWhole() *fault.Fault {
	rd.exchange.setIdle(true)
	text, err := io.ReadAll(rd.whole)
	rd.exchange.setIdle(false)
	rd.drained = true
	if err != nil {
		return readFault(rd.attempt, err)
	}
	asked := rd.asked
	if f := rd.frame(sse.Event{Data: text}); f != nil || rd.payload.stream.Ended() || rd.asked != asked {
		return f
	}
	return rd.end(nil)
}

// end lets the decoder decide how the reply ended.
func (rd *replyReader) end(readErr error) *fault.Fault {
	if errors.Is(readErr, sse.ErrTooLong) {
		f := fault.New(fault.BadReply, "sent an event of more than %d MiB", sse.DefaultMaxEvent>>20)
		f.Provider = rd.attempt.upstream.name
		return f
	}
	if f, resumed := rd.resume(readErr); resumed {
		return f
	}
	if err := rd.decoder.End(readErr, rd.payload.stream); err != nil {
		return asFault(err)
	}
	if stream := rd.payload.stream; stream.Over() && !stream.Ended() {
		return rd.answer()
	}
	return nil
}

// maxPauses bounds how often one reply goes on with another request.
const maxPauses = 10

// resume asks a provider that has paused its reply to go on with it, and makes its answer the one that is read.
func (rd *replyReader) resume(readErr error) (f *fault.Fault, resumed bool) {
	p, ok := rd.decoder.(pauser)
	if ok = ok && readErr == nil && rd.attempt.pauses < maxPauses; !ok {
		return nil, false
	}
	if rd.attempt.continuation, ok = p.Paused(); !ok {
		return nil, false
	}
	rd.attempt.pauses++
	_ = rd.body.Close()
	return rd.proceed(), true
}

// proceed sends the request that goes on with a reply.
func (rd *replyReader) proceed() *fault.Fault {
	rd.asked++
	rd.attempt.restart(rd.exchange.handler.now())
	res, f, err := rd.attempt.ask()
	switch {
	case f != nil:
		return f
	case err != nil:
		return readFault(rd.attempt, err)
	}
	if f := rd.exchange.refusal(res); f != nil {
		return f
	}
	rd.drained = false
	return rd.open(res)
}

func readFault(a *attempt, err error) *fault.Fault {
	if a.expired != nil {
		return a.expired
	}
	f := fault.New(fault.Truncated, "broke off its reply: %s", fault.Redact(reason(err)))
	f.Provider, f.Err = a.upstream.name, err
	return f
}

// settle notes in the record what came of the response, once nothing more will. What was said before a failure, or before the client went
// away, has cost tokens as well.
func (rd *replyReader) settle() {
	stream, record := rd.payload.stream, &rd.exchange.record
	record.Usage = stream.Tokens()
	if stream.Ended() && record.Finish == "" {
		record.Finish = strings.TrimPrefix(stream.Outcome(), "response.")
	}
}

// drain reads on to the end of the upstream's body, for a while, so that its connection can serve another request.
func (rd *replyReader) drain() {
	if rd.drained || rd.events == nil {
		return
	}
	rd.drained = true
	timer := time.AfterFunc(drainTime, rd.attempt.cancel)
	defer timer.Stop()
	for {
		if _, err := rd.events.Next(); err != nil {
			return
		}
	}
}

// Close implements io.Closer.
func (rd *replyReader) Close() error {
	rd.settle()
	if !rd.payload.req.Stream {
		rd.drain()
	}
	if events, ok := rd.events.(interface{ Release() }); ok {
		events.Release()
	}
	return rd.body.Close()
}
