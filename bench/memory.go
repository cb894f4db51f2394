package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// openers is how many idle streams are opened at a time.
const openers = 16

// memory reads the resident memory of a new process of each side, ready for chat alone: before the first request, and with the idle
// streams open.
func (b *bench) memory(ctx context.Context, round int) error {
	for _, i := range order(round) {
		v, err := b.launcher.start(ctx, sides[i], []*wire{chatWire}, false)
		if err != nil {
			return fmt.Errorf("starting the %s side: %w", sides[i].name, err)
		}
		err = b.memoryOf(ctx, v, i)
		v.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) memoryOf(ctx context.Context, v *server, i int) error {
	read := func(label string, limit float64) error {
		bytes, err := residentMemory(v.pid)
		if err != nil {
			return err
		}
		b.report.row(chatWire, label, "MiB", ratio, limit).add(i, float64(bytes)/(1<<20))
		return nil
	}
	if err := read("resident memory, no request yet", 0); err != nil {
		return err
	}
	closeAll := b.openIdle(ctx, v.target(chatWire, idleModel))
	defer closeAll()
	select {
	case <-time.After(b.settle): // until the garbage of opening them has been seen to, where the runtime is going to
	case <-ctx.Done():
		return ctx.Err()
	}
	return read("resident memory, "+plural(b.idleStreams, "idle stream"), 2)
}

// openIdle opens the idle streams and waits for the first bytes of each. It returns a function that closes them.
func (b *bench) openIdle(ctx context.Context, t *target) func() {
	ctx, closeAll := context.WithCancel(ctx)
	timeout := time.AfterFunc(requestTimeout, closeAll)
	defer timeout.Stop()

	places := make(chan struct{}, openers)
	var wg sync.WaitGroup
	for range b.idleStreams {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			response, err := t.open(ctx) // its body closes with ctx
			if err == nil {
				_, err = io.ReadFull(response.Body, make([]byte, 1))
			}
			if err != nil {
				b.failed.add(t, err)
			}
		})
	}
	wg.Wait()
	return closeAll
}

// explainFailures prints what Caddy logged, if a request failed: the logs end with the processes.
func (b *bench) explainFailures(servers both[*server]) {
	if b.failed.total() == 0 {
		return
	}
	for _, v := range servers {
		if log := v.log.String(); log != "" {
			fmt.Fprintf(os.Stderr, "caddy of the %s side wrote last:\n%s\n", v.name, log)
		}
	}
}
