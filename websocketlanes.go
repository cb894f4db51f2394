package codexresponses

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
)

const (
	// maxActive is how many responses of a connection run at once. More wait.
	maxActive = 16
	// maxLanes is how many named lanes a connection has.
	maxLanes = 32
	// maxWaiting is how many messages wait in all lanes together. Together they have no more bytes than one may have.
	maxWaiting = 64
)

// lanes are those of a connection. What is asked in one of them is answered in the order in which it was asked; lanes do not wait for each
// other.
type lanes struct {
	mu     sync.Mutex
	byName map[string]*laneQueue
	busy   int           // lanes that have something to do
	closed bool          // nothing more begins
	idle   chan struct{} // closed when nothing will run any more
	slots  chan struct{} // holds a value for each exchange that runs
}

// laneQueue is a lane with what it has to do. The queue and what others may know of it are guarded by the lanes' lock.
type laneQueue struct {
	name    string // empty for the default lane
	memory  lane   // of the exchange that runs
	last    lane   // what the memory was when it last changed, for other lanes to go on from
	waiting []*message
	busy    bool
}

func newLanes() lanes {
	return lanes{byName: make(map[string]*laneQueue), idle: make(chan struct{}), slots: make(chan struct{}, maxActive)}
}

// drain lets no exchange begin any more. The channel is closed when none is left that runs.
func (ls *lanes) drain() <-chan struct{} {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if !ls.closed {
		ls.closed = true
		if ls.busy == 0 {
			close(ls.idle)
		}
	}
	return ls.idle
}

// find is the lane of a name. Nil where there are too many.
func (ls *lanes) find(name string) *laneQueue {
	q := ls.byName[name]
	if q == nil {
		named := len(ls.byName)
		if ls.byName[""] != nil {
			named--
		}
		if name != "" && named >= maxLanes {
			return nil
		}
		q = &laneQueue{name: name}
		ls.byName[name] = q
	}
	return q
}

// next is what a lane is to do next. Nil where there is nothing, and then the lane is not busy any more.
func (ls *lanes) next(ctx context.Context, q *laneQueue) *message {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if len(q.waiting) == 0 || ls.closed || ctx.Err() != nil {
		q.busy = false
		if ls.busy--; ls.busy == 0 && ls.closed {
			close(ls.idle)
		}
		return nil
	}
	m := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	return m
}

// enqueue has a lane answer a message. It waits until there is room for it.
func (s *socket) enqueue(m *message) {
	s.full.Store(true)
	err := s.room.Acquire(s.ctx, s.cost(m))
	s.heard.Store(true) // before it is not full any more, for the answer to a ping may still have to be read
	s.full.Store(false)
	if err == nil && !s.place(m) { // with an error the connection has ended
		s.room.Release(s.cost(m))
		s.send(complain(m.lane, tooManyLanes))
	}
}

// place puts a message into its lane. False where there are too many lanes.
func (s *socket) place(m *message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.find(m.lane)
	if q == nil {
		return false
	}
	q.waiting = append(q.waiting, m)
	if !q.busy {
		q.busy = true
		s.busy++
		s.wg.Go(func() { s.work(q) })
	}
	return true
}

var tooManyLanes = &complaint{
	code: "websocket_stream_limit_reached", param: "stream_id",
	text: fmt.Sprintf("the connection has %d named lanes, which are all that it may have; use one of them, or open another connection", maxLanes),
}

// cost is the room that a message takes.
func (s *socket) cost(m *message) int64 {
	return min(max(int64(len(m.body)), s.handler.MaxBody/maxWaiting), s.handler.MaxBody)
}

// work answers what waits in a lane.
func (s *socket) work(q *laneQueue) {
	for {
		select {
		case s.slots <- struct{}{}:
		case <-s.ctx.Done():
			s.next(s.ctx, q)
			return
		}
		m := s.next(s.ctx, q)
		if m != nil {
			s.room.Release(s.cost(m))
			s.exchange(q, m)
		}
		<-s.slots
		if m == nil {
			return
		}
	}
}

// exchange answers a message.
func (s *socket) exchange(q *laneQueue, m *message) {
	var response string
	var scratch []byte
	w := newEventWriter(func(event []byte) {
		if response == "" {
			response = gjson.GetBytes(event, "response.id").String()
		}
		s.publish(q)
		if q.name != "" {
			scratch = append(scratch[:0], event...)
			event = inLane(scratch, q.name)
			scratch = event
		}
		if s.ctx.Err() == nil {
			s.send(event)
		}
	})
	ctx := withRecord(s.ctx, func(r *Record) {
		s.handler.logger.Info("WebSocket response ended", zap.String("response", response), zap.String("stream_id", q.name),
			zap.Object("codex_responses", r))
	})
	s.fork(q, m.previous)
	s.answer(w, derive(ctx, s.request, m.body), &q.memory)
	refused := w.status >= http.StatusBadRequest
	if refused && q.memory.holds(m.previous) {
		q.memory.forget() // as OpenAI's API has it: the client is to begin anew
	}
	s.publish(q)
	if refused && s.ctx.Err() == nil {
		s.send(errorMessage(w.status, w.body, w.header, q.name))
	}
}

// answer runs an exchange. Where it breaks down, its client gets an error as well.
func (s *socket) answer(w *eventWriter, r *http.Request, l *lane) {
	err := s.handler.contain(func() error { return s.respond(w, r, &memory{lane: l}) })
	if err != nil {
		w.status = http.StatusInternalServerError
		f := fault.New(fault.Internal, "the response broke off")
		w.body = f.AppendError(nil, f.ErrorCode())
	}
}

// publish lets other lanes go on from what a lane remembers, before its client can know of it.
func (s *socket) publish(q *laneQueue) {
	if q.memory.id == q.last.id { // which only this goroutine changes
		return
	}
	s.mu.Lock()
	q.last = q.memory
	s.mu.Unlock()
}

// fork has a lane go on from the last response of another one.
func (s *socket) fork(q *laneQueue, previous string) {
	if previous == "" || q.memory.holds(previous) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.byName {
		if other.last.holds(previous) {
			q.memory = other.last
			return
		}
	}
}
