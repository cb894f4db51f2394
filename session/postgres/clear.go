package postgres

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

const (
	// clearInterval is about how often a gateway looks for records that have expired.
	clearInterval = time.Minute
	// clearStep is how many records go at once, so that writers do not have to wait for long.
	clearStep = 200
)

// clearNowAndThen clears records that have expired, in the background.
func (p *pool) clearNowAndThen() {
	for {
		// The gateways of a fleet are not to start at the same moment.
		pause := time.NewTimer(clearInterval/2 + rand.N(clearInterval)) //nolint:gosec // no secret
		select {
		case <-p.ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
		if err := p.clear(p.ctx); err != nil && p.ctx.Err() == nil {
			logger().Warn("clearing expired sessions", zap.Error(err))
		}
	}
}

// clear removes all records that have expired, unless another gateway is at it.
func (p *pool) clear(ctx context.Context) error {
	for cleared := 1; cleared > 0; {
		err := p.do(ctx, "clearing", true, func(ctx context.Context, conn *pgx.Conn) error {
			return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
				return tx.QueryRow(ctx, p.names.clear, p.now(), clearStep).Scan(&cleared)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
