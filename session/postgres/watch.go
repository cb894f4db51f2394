package postgres

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// watch returns a channel that is sent to after writes with a topic.
func (p *pool) watch(ctx context.Context, owner, topic string) <-chan struct{} {
	p.listened.Do(func() { p.run(p.listen) })
	select {
	case <-p.heard:
	case <-ctx.Done():
	case <-p.ctx.Done():
	}
	return p.hub.Watch(ctx, owner, topic)
}

const (
	firstPause = 100 * time.Millisecond
	lastPause  = 10 * time.Second
	// silence is how long a connection may be quiet until it is asked whether it is still one.
	silence = 30 * time.Second
)

// listen hears what other processes write, through a connection that it makes anew whenever it breaks.
func (p *pool) listen() {
	tried := sync.OnceFunc(func() { close(p.heard) })
	defer tried()
	for attempt, pause := 0, firstPause; p.ctx.Err() == nil; attempt++ {
		err := p.hear(func() {
			if attempt > 0 { // something may have been written meanwhile
				p.hub.NotifyAll()
			}
			pause = firstPause
			tried()
		})
		tried()
		if p.ctx.Err() == nil && pause == firstPause { // once, however long it takes
			logger().Warn("not hearing what other gateways write", zap.Error(failure(p.ctx, "listening", err)))
		}
		p.pause(pause)
		pause = min(2*pause, lastPause)
	}
}

// hear tells those who watch what a new connection says, until it breaks.
func (p *pool) hear(connected func()) error {
	conn, err := p.subscribe()
	if err != nil {
		return err
	}
	defer conn.Close(p.ctx)
	connected()
	for {
		quiet, cancel := context.WithTimeout(p.ctx, silence)
		notification, err := conn.WaitForNotification(quiet)
		cancel()
		switch {
		case err == nil:
			p.heardOf(notification.Payload)
		case p.ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return err
		default:
			if err := p.ping(conn); err != nil {
				return err
			}
		}
	}
}

// subscribe makes a connection that listens.
func (p *pool) subscribe() (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(p.ctx, p.timeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, p.conns.Config().ConnConfig)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{p.names.channel}.Sanitize()); err != nil {
		conn.Close(p.ctx)
		return nil, err
	}
	return conn, nil
}

func (p *pool) ping(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(p.ctx, p.timeout)
	defer cancel()
	return conn.Ping(ctx)
}

// heardOf tells those who watch what another process has written.
func (p *pool) heardOf(payload string) {
	from, topic, _ := strings.Cut(payload, " ")
	if from == p.self {
		return // they know
	}
	if owner, name, ok := strings.Cut(topic, "/"); ok {
		p.hub.Notify(owner, name)
	}
}
