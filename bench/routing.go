package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// What routing costs is measured on chat, between a plain proxy and a gateway with many providers and keys for one route, on which many
// threads stay where they have been served. All the providers are the scripted upstream, each under a path of its own.

const (
	routedProviders = 10
	routedKeys      = 5 // of each
)

// routedWire is no wire of its own: its rows stand behind those of the wires.
var routedWire = &wire{name: "routing", limit: chatWire.limit, format: chatFormat, rank: len(wires)}

// routedSides are the two that are compared, each with threads of its own. The plain side's requests bear theirs in their headers.
func routedSides(n int) both[*side] {
	plain := *plainSide
	plain.threads = newThreads(n)
	return both[*side]{&plain, {
		name:    gatewaySide.name,
		site:    routedSite,
		env:     routedEnv(),
		threads: newThreads(n),
		ask: func(_ *wire, model string) *target {
			return &target{url: &url.URL{Path: "/v1/responses"}, body: responsesBody(model), reading: &responsesFormat.reading}
		},
	}}
}

// routedSite is the configuration. The policy is least_busy: it looks at each target for each request, and new threads are spread over
// them all, which first, cheapest and fastest would not do.
func routedSite(_ []*wire, upstream string) string {
	var site, targets strings.Builder
	for p := range routedProviders {
		fmt.Fprintf(&site, "\t\tprovider bench-%d {\n\t\t\twire chat\n\t\t\tbase_url http://%s%s%d/v1\n\t\t\tkey", p, upstream, tallyPath, p)
		for k := range routedKeys {
			fmt.Fprintf(&site, " {env.%s}", keyVariable(p, k))
		}
		site.WriteString("\n\t\t}\n")
		fmt.Fprintf(&targets, " bench-%d", p)
	}
	return "codex_responses {\n" + site.String() +
		"\t\troute " + modelPrefix + "*" + targets.String() + " {\n\t\t\tpolicy least_busy\n\t\t\tsticky on\n\t\t}\n\t}"
}

func keyVariable(provider, key int) string { return fmt.Sprintf("BENCH_KEY_%d_%d", provider, key) }

// routedSeat is what the upstream sees of a key of a provider.
func routedSeat(provider, key int) seat {
	return seat{fmt.Sprint(provider), fmt.Sprintf("bench-key-%d-%d", provider, key)}
}

// routedEnv are the keys.
func routedEnv() []string {
	var env []string
	for p := range routedProviders {
		for k := range routedKeys {
			env = append(env, keyVariable(p, k)+"="+routedSeat(p, k).key)
		}
	}
	return env
}

// routed measures what routing costs.
func (b *bench) routed(ctx context.Context) error {
	servers, stop, err := b.startSides(ctx, routedSides(b.threads), []*wire{routedWire}, b.profiles != "")
	if err != nil {
		return err
	}
	defer stop()
	if err := b.seat(ctx, servers[1].target(routedWire, shortModel)); err != nil {
		return err
	}
	for round := range b.rounds {
		fmt.Fprintf(os.Stderr, "routing, round %d of %d\n", round+1, b.rounds)
		if err := b.round(ctx, servers, round, routedWire); err != nil {
			return err
		}
	}
	b.explainFailures(servers)
	if err := b.checkSpread(ctx); err != nil || b.profiles == "" {
		return err
	}
	if err := os.MkdirAll(b.profiles, 0o755); err != nil {
		return err
	}
	for _, v := range servers {
		if err := b.profileCPU(ctx, v, routedWire, b.profiles); err != nil {
			return fmt.Errorf("profiling: %w", err)
		}
	}
	return nil
}

// seat has each thread served once, and makes sure that it was routed: what is measured later are threads that come back.
func (b *bench) seat(ctx context.Context, t *target) error {
	for !t.threads.seen() && ctx.Err() == nil {
		load(ctx, t, 16, b.slice, &b.failed)
	}
	if err := b.checkSpread(ctx); err != nil {
		return err
	}
	return checkStay(ctx, t, b.launcher.upstream)
}

func (b *bench) checkSpread(ctx context.Context) error {
	counts, err := readTally(ctx, b.launcher.upstream)
	if err != nil {
		return err
	}
	return checkSpread(counts)
}

// checkSpread makes sure that each key of each provider has had its part of the requests, or at least a quarter of it.
func checkSpread(counts map[seat]int) error {
	const seats = routedProviders * routedKeys
	total := 0
	for _, n := range counts {
		total += n
	}
	for p := range routedProviders {
		for k := range routedKeys {
			if n := counts[routedSeat(p, k)]; n == 0 || n < total/seats/4 {
				return fmt.Errorf("routing is not what was measured: of %d requests, %d went to key %d of provider %d", total, n, k, p)
			}
		}
	}
	if len(counts) != seats {
		return fmt.Errorf("routing is not what was measured: %d keys were used, not %d", len(counts), seats)
	}
	return nil
}

// checkStay makes sure that the requests of one thread all go to one key.
func checkStay(ctx context.Context, t *target, upstream string) error {
	before, err := readTally(ctx, upstream)
	if err != nil {
		return err
	}
	const requests = 10
	one := *t
	one.threads = &threads{all: t.threads.all[:1]}
	for c := newClient(); one.threads.turn.Load() < requests; {
		if _, err := c.do(ctx, &one, nil); err != nil {
			return err
		}
	}
	after, err := readTally(ctx, upstream)
	if err != nil {
		return err
	}
	for s, n := range after {
		if n-before[s] == requests {
			return nil
		}
	}
	return fmt.Errorf("routing is not what was measured: %d requests of one thread did not all go to one key", requests)
}
