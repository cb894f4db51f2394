package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/caddy-codex/responses/session"
)

// lane is where the batches of one owner wait while others of it are on their way. They could not overtake those, for an owner's batches are
// made one after the other, and what waits in the database holds a connection.
type lane struct {
	waiting []*write
}

// write is a batch on its way.
type write struct {
	*arguments
	ctx     context.Context
	topic   string
	written bool       // its conditions were met
	done    chan error // is sent to once
}

// Bounds of what is committed together.
const (
	mostWrites     = 64
	mostWriteBytes = 4 << 20
)

// errClosed says that the last handle is closed.
var errClosed = errors.New("store postgres: closed")

// write makes a batch, and returns when it is committed.
func (p *pool) write(ctx context.Context, owner string, b *session.Batch) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*p.timeout, errors.New("too many writes are waiting"))
	defer cancel()
	if ctx.Err() != nil {
		return failure(ctx, "writing", ctx.Err())
	}
	w := &write{arguments: newArguments(b), ctx: ctx, topic: b.Topic, done: make(chan error, 1)}
	if !p.enter(owner, w) {
		return errClosed
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done(): // it may still be written
		return failure(ctx, "writing", ctx.Err())
	}
}

// enter puts a batch into the lane of its owner. The first one opens it.
func (p *pool) enter(owner string, w *write) bool {
	p.mu.Lock()
	l := p.lanes[owner]
	first := l == nil
	if first {
		l = new(lane)
		p.lanes[owner] = l
	}
	l.waiting = append(l.waiting, w)
	p.mu.Unlock()
	return !first || p.run(func() { p.drain(owner, l) })
}

// drain commits what is in a lane until nothing is.
func (p *pool) drain(owner string, l *lane) {
	for group := p.next(owner, l); len(group) > 0; group = p.next(owner, l) {
		err := p.commit(owner, group)
		if len(group) > 1 && strings.HasPrefix(code(err), dataException) { // one of them holds what the server refuses
			for i := range group {
				p.finish(owner, group[i:i+1], p.commit(owner, group[i:i+1]))
			}
			continue
		}
		p.finish(owner, group, err)
	}
}

// next takes batches that go together out of a lane, which is closed where there are none.
func (p *pool) next(owner string, l *lane) (group []*write) {
	p.mu.Lock()
	defer p.mu.Unlock()
	size, taken := 0, 0
	for _, w := range l.waiting {
		size += w.size
		if len(group) > 0 && (size > mostWriteBytes || len(group) == mostWrites) {
			break
		}
		taken++
		if w.ctx.Err() == nil { // else nobody waits for it any more
			group = append(group, w)
		}
	}
	l.waiting = l.waiting[taken:]
	if len(group) == 0 {
		delete(p.lanes, owner)
	}
	return group
}

// commit makes the changes of batches of one owner, one after the other, in one transaction. It goes on although who waits for it may not.
func (p *pool) commit(owner string, group []*write) error {
	return p.do(context.WithoutCancel(p.ctx), "writing", false, func(ctx context.Context, conn *pgx.Conn) error {
		now, begun := p.now(), false
		batch := new(pgx.Batch)
		batch.Queue("BEGIN ISOLATION LEVEL READ COMMITTED").Exec(func(pgconn.CommandTag) error { // each statement must see what came before it
			begun = true
			return nil
		})
		for _, w := range group {
			batch.Queue(p.names.write, w.list(owner, now)...).QueryRow(func(row pgx.Row) error { return row.Scan(&w.written) })
		}
		batch.Queue("COMMIT")
		err := conn.SendBatch(ctx, batch).Close()
		if !begun && code(err) == adminShutdown {
			return &unbegun{err}
		}
		return err
	})
}

// finish tells those who wait for batches, and those who watch.
func (p *pool) finish(owner string, group []*write, err error) {
	for _, w := range group {
		switch {
		case err != nil:
			w.done <- err
		case !w.written:
			w.done <- session.ErrConflict
		default:
			p.tell(owner, w.topic)
			w.done <- nil
		}
	}
}
