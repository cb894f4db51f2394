package codexresponses

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/sse"
)

// serveReplay handles GET /responses/{response}?stream=true: the events of a response in the background, those that are stored and then
// those that follow.
func (h *Handler) serveReplay(w http.ResponseWriter, r *http.Request) error {
	next := int64(0)
	if text := r.URL.Query().Get("starting_after"); text != "" {
		after, err := strconv.ParseInt(text, 10, 64)
		if err != nil || after < 0 || after == math.MaxInt64 {
			f := fault.New(fault.Invalid, "starting_after is the sequence number of an event, not %q", text)
			f.Param = "starting_after"
			return refuse(w, f)
		}
		next = after + 1
	}
	stored, f := h.stored(r)
	if f != nil {
		return refuse(w, f)
	}
	if !stored.Background {
		f := fault.New(fault.Invalid, "only responses in the background can be streamed later; this one was created without background")
		f.Param = "stream"
		return refuse(w, f)
	}
	return h.follow(w, r, owner(r), stored.ID, next)
}

// lookAgain is how long a follower relies on being told of new events. A store may lose a notice.
const lookAgain = 5 * time.Second

// follow writes the events of a response from a sequence number on, as long as there may be more.
func (h *Handler) follow(w http.ResponseWriter, r *http.Request, owner, id string, next int64) error {
	ctx := r.Context()
	changed := h.sessions.Watch(ctx, owner, id)
	out := follower{w: w, next: next}
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for silent := 0; ; silent++ {
		wrote := out.next
		if f := h.forward(ctx, &out, owner, id); f != nil {
			return out.fail(f)
		}
		if out.ended {
			return nil
		}
		if !out.begun {
			out.write(nil) // whoever waits for more knows that it has come to the right place
		}
		if out.next > wrote {
			silent = 0
		}
		if silent > 0 && silent%2 == 0 {
			out.write([]byte(": waiting\n\n")) // for proxies on the way
		}
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// forward writes what there is, and finds the end.
func (h *Handler) forward(ctx context.Context, out *follower, owner, id string) *fault.Fault {
	stored, err := h.settled(ctx, owner, id) // before the events, so that none can come behind its end
	if err != nil {
		return responseFault(id, err)
	}
	events, err := h.sessions.Events(ctx, owner, id, out.next)
	if err != nil {
		return stateFault(err)
	}
	out.events(events)
	if unfinished(stored) || out.ended {
		return nil
	}
	last, number, err := h.sessions.LastEvent(ctx, owner, id)
	if err != nil {
		return stateFault(err)
	}
	out.finish(stored, gjson.GetBytes(last, "type").String(), number)
	return nil
}

// follower is a client that is sent the events of a response.
type follower struct {
	w     http.ResponseWriter
	begun bool
	next  int64
	ended bool
}

func (o *follower) write(p []byte) {
	if !o.begun {
		o.begun = true
		eventStreamHead(o.w.Header())
		o.w.WriteHeader(http.StatusOK)
	}
	_, _ = o.w.Write(p) // whether the client is still there its context tells
	_ = http.NewResponseController(o.w).Flush()
}

// events writes events that follow each other.
func (o *follower) events(all []session.Events) {
	var frames []byte
	for _, events := range all {
		for _, data := range events.Data {
			typ := gjson.GetBytes(data, "type").String()
			frames = sse.AppendEvent(frames, typ, data)
			o.ended = o.ended || isTerminal(typ)
		}
		o.next = events.Next()
	}
	if len(frames) > 0 {
		o.write(frames)
	}
}

// finish ends a stream behind the last event that was stored, which has a type and a number. There may be one more: that the response has
// failed, where what ran it has died and could not say so. That it was cancelled no event says.
func (o *follower) finish(stored *session.Response, last string, number int64) {
	o.ended = true
	if stored.Status() == "cancelled" || isTerminal(last) || o.next > number+1 {
		o.write(nil)
		return
	}
	event := append([]byte(`{"type":"response.`), stored.Status()...)
	event = append(append(event, `","response":`...), whole(stored)...)
	event = append(strconv.AppendInt(append(event, `,"sequence_number":`...), number+1, 10), '}')
	o.events([]session.Events{{First: number + 1, Data: [][]byte{event}}})
}

// fail ends a stream that cannot go on. Before it has begun that is an answer like any other.
func (o *follower) fail(f *fault.Fault) error {
	if !o.begun {
		return refuse(o.w, f)
	}
	return nil // without an end, so that the client comes back for the rest
}

// isTerminal reports whether an event of the type is a response's last.
func isTerminal(typ string) bool {
	return typ == "response.completed" || typ == "response.incomplete" || typ == "response.failed"
}
