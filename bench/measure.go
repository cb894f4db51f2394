package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// A plan says what to measure, and how much.
type plan struct {
	wires       []*wire
	rounds      int           // turns of the two sides
	slice       time.Duration // of one load
	pairs       int           // requests of each side, on each wire, in a round of the time to the first event
	connections []int         // of the throughput measurement, which is of chat only, as is that of the memory
	routing     bool          // what routing costs
	threads     int           // that are routed
	stores      bool          // what storing costs
	profiles    string        // directory for profiles of what is routed or stored; empty for none
	idleStreams int
	idleRounds  int           // processes of each side that hold idle streams
	settle      time.Duration // between opening the idle streams and reading the memory
}

func fullPlan(wires []*wire, rounds int) plan {
	return plan{
		wires: wires, rounds: max(1, rounds), slice: 1500 * time.Millisecond, pairs: 200, connections: []int{1, 16, 64, 256}, threads: 4000,
		idleStreams: 500, idleRounds: 3, settle: 2 * time.Second,
	}
}

func quickPlan(wires []*wire) plan {
	return plan{
		wires: wires, rounds: 1, slice: 100 * time.Millisecond, pairs: 10, connections: []int{1, 16}, threads: 200,
		idleStreams: 20, idleRounds: 1,
	}
}

// A cpuLoad is one of the replies for which CPU per request is measured.
type cpuLoad struct {
	label, model string
	connections  int
	paced        bool // measured on chat only, and without a limit
}

// In the first two the upstream writes as fast as it can, so that a proxy finds several chunks at each read. The pause of the third is
// that of a fast model: each chunk is read, translated and written alone, and system calls weigh more than translation.
var cpuLoads = []cpuLoad{
	{"CPU per request, 50 chunks", "mock-50", 16, false},
	{"CPU per request, 2,000 chunks", "mock-2000", 16, false},
	{"CPU per request, 50 chunks, one every 5 ms", "mock-50-5ms", 64, true},
}

// shortModel is what the time to the first event, and throughput, are measured with.
const shortModel = "mock-50"

// bench is one run.
type bench struct {
	plan
	launcher launcher

	failed failures
	report *report
}

// both holds a pair of things, plain first.
type both[T any] [2]T

var sides = both[*side]{plainSide, gatewaySide}

// order returns the indexes of both in the order of a round: who goes first alternates.
func order(round int) both[int] {
	if round%2 == 0 {
		return both[int]{0, 1}
	}
	return both[int]{1, 0}
}

func (b *bench) run(ctx context.Context) (*report, error) {
	b.report = newReport(b)
	if len(b.wires) > 0 {
		if err := b.proxying(ctx); err != nil {
			return nil, err
		}
	}
	if b.routing {
		if err := b.routed(ctx); err != nil {
			return nil, err
		}
	}
	if b.stores {
		if err := b.storing(ctx); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(b.wires, chatWire) {
		return b.report, nil
	}
	for round := range b.idleRounds {
		fmt.Fprintf(os.Stderr, "idle streams, round %d of %d\n", round+1, b.idleRounds)
		if err := b.memory(ctx, round); err != nil {
			return nil, err
		}
	}
	return b.report, nil
}

// proxying measures the wires.
func (b *bench) proxying(ctx context.Context) error {
	servers, stop, err := b.start(ctx, false)
	if err != nil {
		return err
	}
	defer stop()
	for round := range b.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, b.rounds)
		for _, w := range b.wires {
			if err := b.round(ctx, servers, round, w); err != nil {
				return err
			}
		}
	}
	b.explainFailures(servers)
	return nil
}

// round measures both sides on one wire.
func (b *bench) round(ctx context.Context, servers both[*server], round int, w *wire) error {
	for _, l := range w.loads() {
		if err := b.cpu(ctx, servers, round, w, l); err != nil {
			return err
		}
	}
	b.firstEvent(ctx, servers, round, w)
	if w == chatWire {
		for _, connections := range b.connections {
			b.throughput(ctx, servers, round, connections)
		}
	}
	return ctx.Err()
}

// start runs the usual sides with all wires of the plan.
func (b *bench) start(ctx context.Context, withAdmin bool) (both[*server], func(), error) {
	return b.startSides(ctx, sides, b.wires, withAdmin)
}

// startSides runs one Caddy a side, and with each wire checks one reply of each in full and warms both up.
func (b *bench) startSides(ctx context.Context, sides both[*side], wires []*wire, withAdmin bool) (both[*server], func(), error) {
	var servers both[*server]
	stop := func() {
		transport.CloseIdleConnections()
		for _, v := range servers {
			if v != nil {
				v.stop()
			}
		}
	}
	for i, s := range sides {
		v, err := b.launcher.start(ctx, s, wires, withAdmin)
		if err != nil {
			stop()
			return servers, nil, fmt.Errorf("starting the %s side: %w", s.name, err)
		}
		servers[i] = v
		for _, w := range wires {
			if err := b.try(ctx, v.target(w, shortModel)); err != nil {
				log := v.log.String()
				stop()
				return servers, nil, fmt.Errorf("first request (%s, %s): %w; caddy wrote:\n%s", s.name, w.name, err, log)
			}
		}
	}
	return servers, stop, nil
}

// try makes a first request, whose reply has to be the right one to the last word, and some more.
func (b *bench) try(ctx context.Context, t *target) error {
	var whole bytes.Buffer
	if _, err := newClient().do(ctx, t, &whole); err != nil {
		return err
	}
	if err := t.check(whole.Bytes(), replyText(50)); err != nil {
		return err
	}
	load(ctx, t, 16, b.slice, &b.failed)
	return nil
}

func (b *bench) cpu(ctx context.Context, servers both[*server], round int, w *wire, l cpuLoad) error {
	limit := w.limit
	if l.paced {
		limit = 0
	}
	row := b.report.row(w, l.label, "ms", ratio, limit)
	for _, i := range order(round) {
		before, err := cpuTime(servers[i].pid)
		if err != nil {
			return err
		}
		done, _ := load(ctx, servers[i].target(w, l.model), l.connections, b.slice, &b.failed)
		if err := ctx.Err(); err != nil {
			return err
		}
		after, err := cpuTime(servers[i].pid)
		if err != nil {
			return err
		}
		row.add(i, milliseconds(after-before)/float64(max(1, done)))
	}
	return nil
}

// firstEvent makes one request at a time, to either side in turn.
func (b *bench) firstEvent(ctx context.Context, servers both[*server], round int, w *wire) {
	var event, text both[[]float64]
	c := newClient()
	targets := both[*target]{servers[0].target(w, shortModel), servers[1].target(w, shortModel)}
	for n := range b.pairs {
		for _, i := range order(n) {
			r, err := c.do(ctx, targets[i], nil)
			if err != nil {
				b.failed.add(targets[i], err)
				continue
			}
			event[i] = append(event[i], milliseconds(r.first))
			text[i] = append(text[i], milliseconds(r.text))
		}
	}
	for _, i := range order(round) {
		b.report.row(w, "time to first event, median", "ms", added, 1).add(i, quantile(event[i], 0.5))
		b.report.row(w, "time to first event, p95", "ms", added, 1).add(i, quantile(event[i], 0.95))
		if w == chatWire {
			b.report.row(w, "time to first text, median", "ms", added, 0).add(i, quantile(text[i], 0.5))
			b.report.row(w, "time to first text, p95", "ms", added, 0).add(i, quantile(text[i], 0.95))
		}
	}
}

func (b *bench) throughput(ctx context.Context, servers both[*server], round, connections int) {
	row := b.report.row(chatWire, fmt.Sprintf("requests per second, %s", plural(connections, "connection")), "", ratio, 0)
	for _, i := range order(round) {
		done, took := load(ctx, servers[i].target(chatWire, shortModel), connections, b.slice, &b.failed)
		row.add(i, float64(done)/took.Seconds())
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile returns the value below which the share q of the values lies; 0 of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
