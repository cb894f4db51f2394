package codexresponses_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// trouble is how a visit goes.
type trouble struct {
	name string
	cost time.Duration // the longest that the gateway may spend with it
	most int           // how often it happens at the most; 0 for any number

	// What the client is to get. By default another visit makes up for it.
	whole bool // the answer is complete
	cut   bool // the answer has begun, and cannot be completed

	dial func(ctx context.Context, v *visit) (net.Conn, error) // what becomes of the connection; nil for a good one
	play func(v *visit)                                        // what the provider says
}

const (
	// connectTime, firstTime and idleTime are the default timeouts, with how late the watch over an exchange may look.
	connectTime = 5 * time.Second
	firstTime   = 2*time.Minute + 10*time.Second
	idleTime    = 5*time.Minute + 20*time.Second

	goodTime  = 3 * time.Second
	burstSpan = 30 * time.Second
)

// fine is a good day.
var fine = trouble{name: "nothing is wrong", cost: goodTime, whole: true, play: func(v *visit) {
	if !v.wait(2 * v.pace) {
		return
	}
	v.head()
	v.event(role)
	word := v.story.word
	v.text(word[:1])
	if !v.wait(v.pace) {
		return
	}
	v.text(word[1:])
	v.finish()
	v.done()
}}

// burst is that a provider fails for a while, whoever asks.
var burst = trouble{name: "500, for half a minute", play: func(v *visit) { v.answer(http.StatusInternalServerError, `{"error":{"message":"Boom."}}`) }}

// noConnections are those that do not come about.
var noConnections = []*trouble{
	{name: "the connection is refused", dial: func(context.Context, *visit) (net.Conn, error) { return nil, refusedDial() }},
	{name: "the connection hangs", cost: connectTime, dial: func(ctx context.Context, _ *visit) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}},
	{name: "the connection is half open", cost: firstTime, dial: func(_ context.Context, v *visit) (net.Conn, error) {
		ours, theirs := newBubbleConns()
		theirs.in.lose()
		v.through(theirs)
		v.town.serving.Go(func() {
			defer v.end()
			v.stall()
		})
		return ours, nil
	}},
}

// noReplies are connections on which no reply comes.
var noReplies = []*trouble{
	{name: "silence before the head", cost: firstTime, play: (*visit).stall},
	{name: "closed before the head", play: func(*visit) {}},
	{name: "reset before the head", play: (*visit).reset},
	{name: "closed in the midst of the head", play: func(v *visit) { v.raw("HTTP/1.1 200 OK\r\nContent-Ty") }},
	{name: "reset in the midst of the head", play: func(v *visit) { v.raw("HTTP/1.1 200 OK\r\nContent-Ty"); v.reset() }},
	{name: "silence in the midst of the head", cost: firstTime, play: func(v *visit) { v.raw("HTTP/1.1 200 OK\r\n"); v.stall() }},
	{name: "no HTTP", play: func(v *visit) { v.raw("SSH-2.0-OpenSSH_9.9\r\n\x00\xff\x01") }},
	{name: "a head without an end", most: 2, play: func(v *visit) {
		v.raw("HTTP/1.1 200 OK\r\n")
		v.flood(v.raw, "X-More: "+strings.Repeat("x", 1<<10)+"\r\n")
	}},
}

// noAnswers are replies that say nothing of the answer.
var noAnswers = []*trouble{
	{name: "silence after the head", cost: firstTime, play: func(v *visit) { v.head(); v.stall() }},
	{name: "closed after the head", play: (*visit).head},
	{name: "reset after the head", play: func(v *visit) { v.head(); v.reset() }},
	{name: "closed after a comment", play: func(v *visit) { v.head(); v.chunk(": working\n\n") }},
	{name: "silence after a comment", cost: idleTime, play: func(v *visit) { v.head(); v.chunk(": working\n\n"); v.stall() }},
	{name: "closed in the midst of the first event", play: func(v *visit) { v.head(); v.chunk(`data: {"choices":[{"ind`) }},
	{name: "closed after the role", play: func(v *visit) { v.head(); v.event(role) }},
	{name: "silence after the role", cost: idleTime, play: func(v *visit) { v.head(); v.event(role); v.stall() }},
	{name: "an end after the role", play: func(v *visit) { v.head(); v.event(role); v.keep = v.raw("0\r\n\r\n") }},
	{name: "an empty body", play: func(v *visit) { v.answer(http.StatusOK, "", "Content-Type: text/event-stream") }},
	{name: "nothing but the end", play: func(v *visit) { v.head(); v.done() }},
	{name: "garbage for an event", play: func(v *visit) { v.head(); v.event("\x00\xff garbage {]"); v.done() }},
	{name: "garbage for JSON", play: func(v *visit) { v.head(); v.event(`{"choices":[{"delta":{"content"`); v.done() }},
	{name: "wrong chunks", play: func(v *visit) { v.head(); v.raw("zz\r\nwhat\r\n") }},
	{name: "a page", play: func(v *visit) { v.answer(http.StatusOK, "<html>Welcome</html>", "Content-Type: text/html") }},
	{name: "a compressed reply", play: func(v *visit) {
		v.answer(http.StatusOK, "\x1f\x8b\x08\x00", "Content-Type: text/event-stream", "Content-Encoding: gzip")
	}},
	{name: "a line without an end", most: 2, play: func(v *visit) {
		v.head()
		v.flood(v.chunk, strings.Repeat("x", 1<<15))
	}},
}

// halfAnswers are answers that have begun and do not end well.
var halfAnswers = []*trouble{
	{name: "silence after half of the answer", cost: idleTime, cut: true, play: func(v *visit) { v.half(); v.stall() }},
	{name: "closed after half of the answer", cut: true, play: (*visit).half},
	{name: "reset after half of the answer", cost: time.Millisecond, cut: true, play: func(v *visit) { v.half(); v.reset() }},
	{name: "closed in an event after half of the answer", cut: true, play: func(v *visit) { v.half(); v.chunk(`data: {"choices":[{"ind`) }},
	{name: "an end after half of the answer", cut: true, play: func(v *visit) { v.half(); v.keep = v.raw("0\r\n\r\n") }},
	{name: "garbage after half of the answer", cut: true, play: func(v *visit) { v.half(); v.event(`{"choices":[{"delta":{"content"`) }},
	{name: "wrong chunks after half of the answer", cut: true, play: func(v *visit) { v.half(); v.raw("zz\r\nwhat\r\n") }},
	{name: "an error after half of the answer", cut: true, play: func(v *visit) {
		v.half()
		v.event(upstreamtest.ErrorBody("overloaded_error", "", "The model is overloaded."))
	}},
	{name: "a length that is too long", cut: true, play: func(v *visit) {
		v.raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\n")
		v.speaks()
		v.raw("data: " + upstreamtest.Text(halfOf(v.story.word)) + "\n\n")
	}},
}
