package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// Writes are told to other processes after they are committed, in a transaction of its own: PostgreSQL commits transactions that notify one
// after the other, all of a database, and each would wait for the disk in that time. Nobody must be told more surely than the contract of
// session.Store says, and the own process is told at once.

// news is what other processes have not been told yet.
type news struct {
	mu       sync.Mutex
	payloads []string
	some     chan struct{} // has a place for one
}

// add notes payloads to be told, before those that are there or behind them.
func (n *news) add(payloads []string, before bool) {
	n.mu.Lock()
	if before {
		n.payloads = slices.Concat(payloads, n.payloads)
	} else {
		n.payloads = append(n.payloads, payloads...)
	}
	n.mu.Unlock()
	select {
	case n.some <- struct{}{}:
	default:
	}
}

// take returns what is to be told. Of several of a kind it is the last, so that nobody hears of a later write and not of an earlier one.
func (n *news) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	seen := make(map[string]bool, len(n.payloads))
	var last []string
	for _, payload := range slices.Backward(n.payloads) {
		if !seen[payload] {
			seen[payload] = true
			last = append(last, payload)
		}
	}
	n.payloads = nil
	slices.Reverse(last)
	return last
}

// tell tells those who watch a topic that it has been written to.
func (p *pool) tell(owner, topic string) {
	if topic == "" {
		return
	}
	p.hub.Notify(owner, topic)
	p.news.add([]string{p.self + " " + owner + "/" + topic}, false)
}

// announce tells other processes what there is, and the rest when the pool is closed.
func (p *pool) announce() {
	for closed := false; !closed; {
		select {
		case <-p.ctx.Done():
			closed = true
		case <-p.news.some:
		}
		payloads := p.news.take()
		if len(payloads) == 0 {
			continue
		}
		err := p.do(context.WithoutCancel(p.ctx), "notifying", true, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", p.names.channel, payloads)
			return err
		})
		if err != nil {
			logger().Warn("telling other gateways of writes", zap.Error(err))
		}
		if err != nil && code(err) == "" { // the server is away: there is time
			p.pause(time.Second)
			p.news.add(payloads, true)
		}
	}
}

// pause waits, but not beyond the end of the pool.
func (p *pool) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.ctx.Done():
	case <-timer.C:
	}
}
