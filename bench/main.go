// Command bench measures what codex_responses costs on top of a plain reverse_proxy.
//
// Both run in the same Caddy binary, each in a process of its own, in front of the same scripted upstream, which is a third process;
// the load comes from this one. The sides take turns, round by round, so that a drift of the machine meets both alike. The gateway is
// asked for the Responses API and translates it to each of its wires; the plain side is asked for what the wire's upstream serves, and
// passes it on untouched.
//
// What is printed: CPU per request of the Caddy process alone and the time to the first event, for each wire; for chat, whose rows come
// first, also CPU with a slow upstream, requests per second, and resident memory with idle streams open. The rows of routing are those of a
// gateway with many providers, keys and threads. A second table says what it costs to store responses, in bolt and in Redis. A reply that is
// not whole counts as a failure, and any failure makes the exit code 1.
//
//	go run ./bench                      about nine minutes, after building Caddy
//	go run ./bench -wire gemini         one wire only; chat alone takes about two minutes
//	go run ./bench -quick               about ten seconds: does everything work? its numbers mean little
//	go run ./bench -profile /tmp/prof   CPU and heap profiles of both sides as well, on chat unless -wire says another
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

// What -wire says for no wire at all.
const (
	routingAlone = "routing"
	storingAlone = "storing"
)

const caddyPackage = "github.com/caddy-codex/responses/cmd/caddy"

// errFailures is returned when the measurements are complete but some of the replies were not.
var errFailures = errors.New("some requests failed")

func main() {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// start reads the flags and plays the part that they ask for.
func start() error {
	role := flag.String("role", "", "for the program's own use: the part that this process plays")
	quick := flag.Bool("quick", false, "make few requests: a check that everything works, not a measurement")
	rounds := flag.Int("rounds", 5, "how often the two sides take turns")
	caddy := flag.String("caddy", "", "the Caddy binary to measure; default: built from "+caddyPackage)
	asJSON := flag.Bool("json", false, "print JSON instead of a table")
	profiles := flag.String("profile", "", "directory to write CPU and heap profiles of both sides to")
	wireName := flag.String("wire", "", "the only wire to measure, of "+wireNames()+", or "+routingAlone+" or "+storingAlone+" for what these cost; default: all of them, with -profile chat")
	flag.Parse()

	if *role == upstreamRole {
		return runUpstream(os.Stdin, os.Stdout)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *profiles != "" && *wireName == "" {
		*wireName = chatWire.name
	}
	var measured []*wire
	if *wireName != routingAlone && *wireName != storingAlone {
		var err error
		if measured, err = selectWires(*wireName); err != nil {
			return err
		}
	}
	p := fullPlan(measured, *rounds)
	if *quick {
		p = quickPlan(measured)
	}
	p.routing = *wireName == "" || *wireName == routingAlone
	p.stores = *wireName == "" || *wireName == storingAlone
	if (p.routing || p.stores) && *profiles != "" {
		p.profiles, *profiles = *profiles, ""
	}
	return run(ctx, p, *caddy, *profiles, *asJSON, os.Stdout)
}

// run measures everything that p asks for and writes the report to out.
func run(ctx context.Context, p plan, caddy, profiles string, asJSON bool, out io.Writer) error {
	dir, err := os.MkdirTemp("", "codex-responses-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	ctx, cancel := context.WithCancel(ctx) // ends the child processes
	defer cancel()

	if caddy == "" {
		caddy = filepath.Join(dir, "caddy")
		fmt.Fprintln(os.Stderr, "building", caddyPackage)
		build := exec.CommandContext(ctx, "go", "build", "-o", caddy, caddyPackage)
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("building caddy: %w", err)
		}
	}

	upstream, err := startUpstream(ctx)
	if err != nil {
		return fmt.Errorf("starting the upstream: %w", err)
	}
	b := &bench{plan: p, launcher: launcher{caddy: caddy, upstream: upstream, dir: dir}}
	report, err := b.run(ctx)
	if err != nil {
		return err
	}
	if profiles != "" {
		if err := b.profile(ctx, b.wires[0], profiles); err != nil {
			return fmt.Errorf("profiling: %w", err)
		}
	}

	if asJSON {
		err = report.writeJSON(out)
	} else {
		err = report.writeTable(out)
	}
	if err != nil {
		return err
	}
	if report.Failures.total() > 0 {
		return errFailures
	}
	return nil
}
