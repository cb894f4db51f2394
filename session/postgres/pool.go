package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/session/hub"
)

// pool is what the handles of one configuration share.
type pool struct {
	conns   *pgxpool.Pool
	names   *names
	timeout time.Duration
	now     func() time.Time

	prepared  atomic.Bool   // the database has what it needs
	preparing chan struct{} // held by who sees to that

	hub      hub.Hub
	listened sync.Once
	heard    chan struct{} // closed when the first attempt to listen has ended
	self     string        // in notifications, so that a process passes over its own
	news     news

	mu     sync.Mutex
	lanes  map[string]*lane // of the owners for whom something is being written
	closed bool

	ctx     context.Context // of what runs in the background
	stop    context.CancelFunc
	working sync.WaitGroup
}

// newPool does not connect: that is left to those who need it.
func newPool(s settings, now func() time.Time) (*pool, error) {
	config, err := s.poolConfig()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	conns, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		stop()
		return nil, err
	}
	p := &pool{
		conns: conns, names: newNames(s.table), timeout: s.timeout, now: now,
		preparing: make(chan struct{}, 1),
		heard:     make(chan struct{}), self: rand.Text(), news: news{some: make(chan struct{}, 1)},
		lanes: make(map[string]*lane),
		ctx:   ctx, stop: stop,
	}
	p.run(p.announce)
	p.run(p.clearNowAndThen)
	return p, nil
}

// run has something done in the background, unless the pool is closed.
func (p *pool) run(work func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.working.Go(work)
	}
	return !p.closed
}

// Destruct implements caddy.Destructor.
func (p *pool) Destruct() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.working.Wait()
	p.conns.Close()
	return nil
}

func logger() *zap.Logger { return caddy.Log().Named(moduleID) }

// work is done on a connection that nobody else has meanwhile.
type work func(context.Context, *pgx.Conn) error

// do has work done within the timeout. Work that is repeatable is done again after a connection has broken in the midst of it; other work
// only where it certainly has had no effect.
func (p *pool) do(ctx context.Context, at string, repeatable bool, w work) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout, fmt.Errorf("no answer within %v: %w", p.timeout, context.DeadlineExceeded))
	defer cancel()
	broken, err := p.try(ctx, w)
	switch {
	case err == nil:
		return nil
	case code(err) == undefinedTable, code(err) == undefinedFunction: // somebody has dropped them, or this is another database now
		p.prepared.Store(false)
		_, err = p.try(ctx, w)
	case broken && ctx.Err() == nil:
		p.conns.Reset() // the server is a new one, or another, and all connections are broken
		if repeatable || pgconn.SafeToRetry(err) || code(err) == readOnlyTransaction {
			_, err = p.try(ctx, w)
		}
	}
	return failure(ctx, at, err)
}

// try has work done once, and reports whether the connection is of no use afterwards.
func (p *pool) try(ctx context.Context, w work) (broken bool, err error) {
	if err := p.prepare(ctx); err != nil {
		return false, err
	}
	conn, err := p.conns.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	err = w(ctx, conn.Conn())
	return conn.Conn().IsClosed() || code(err) == readOnlyTransaction, err
}

// prepare sees to it once that the database has what it needs.
func (p *pool) prepare(ctx context.Context) error {
	if p.prepared.Load() {
		return nil
	}
	select {
	case p.preparing <- struct{}{}:
		defer func() { <-p.preparing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.prepared.Load() {
		return nil
	}
	err := p.conns.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return p.names.prepare(ctx, conn.Conn()) })
	p.prepared.Store(err == nil)
	return err
}
