package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// What storing costs is measured between two gateways, one that stores nothing and one that does, both asked for the same. Each store has
// two rows of each kind: for a client that sends the whole conversation with each request, all of which is stored, and for one that goes on
// from a stored response and sends what is new. The gateway that stores nothing gets the whole conversation in both cases.

// A store is one that responses can be kept in.
type store struct {
	name string
	// begin makes what the store needs, and returns the words that follow its name in the configuration. False where it cannot be had here.
	begin func(ctx context.Context, dir string) (words string, ok bool, err error)
}

var stores = []*store{
	{"bolt", func(context.Context, string) (string, bool, error) { return "", true, nil }},
	{"redis", startRedis},
}

// startRedis runs a server that ends with ctx.
func startRedis(ctx context.Context, dir string) (string, bool, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		fmt.Fprintln(os.Stderr, "redis-server is not installed: storing there is not measured")
		return "", false, nil //nolint:nilerr // it is left out, which is said
	}
	address, err := freeAddress()
	if err != nil {
		return "", false, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", false, err
	}
	cmd := exec.CommandContext(ctx, program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir)
	if err := cmd.Start(); err != nil {
		return "", false, err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait()
	}()
	return address, true, waitForListener(ctx, address, exited)
}

// storeLimit is how much a store keeps for the client: what it measures is a store that is full.
const storeLimit = "512MiB"

// gatewayWith is a gateway with a setting of where it stores.
func gatewayWith(name, setting string, body func(model string) []byte) *side {
	return &side{
		name: name,
		site: func(wires []*wire, upstream string) string {
			return "codex_responses {\n\t\t" + setting + "\n\t\t" + wires[0].block(upstream) + "\n\t}"
		},
		ask: func(_ *wire, model string) *target {
			return &target{url: &url.URL{Path: "/v1/responses"}, body: body(chatWire.provider() + "/" + model), reading: &responsesFormat.reading}
		},
	}
}

// keptBody is the conversation of a client that has it stored.
func keptBody(model string) []byte {
	return bytes.Replace(responsesBody(model), []byte(`"store":false`), []byte(`"store":true`), 1)
}

// turnBody is what such a client sends where all before is stored: its last message.
func turnBody(model, previous string) []byte {
	var whole struct {
		Input []json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(responsesBody(model), &whole); err != nil {
		panic(err) // it was marshalled
	}
	return mustMarshal(object{
		{"model", model},
		{"stream", true},
		{"previous_response_id", previous},
		{"input", whole.Input[len(whole.Input)-1:]},
		{"tools", responsesTools()},
		{"store", true},
		{"prompt_cache_key", sessionID},
	})
}

// storing measures what each store costs.
func (b *bench) storing(ctx context.Context) error {
	for i, s := range stores {
		dir, err := os.MkdirTemp(b.launcher.dir, "store-")
		if err != nil {
			return err
		}
		words, ok, err := s.begin(ctx, dir)
		if err != nil {
			return fmt.Errorf("starting %s: %w", s.name, err)
		}
		if !ok {
			continue
		}
		setting := strings.TrimSpace("store "+s.name+" "+words) + " {\n\t\t\tmax_per_client " + storeLimit + "\n\t\t}"
		if err := b.storingIn(ctx, s, i, setting); err != nil {
			return err
		}
	}
	return nil
}

// storingIn measures one store.
func (b *bench) storingIn(ctx context.Context, s *store, rank int, setting string) error {
	off, err := b.launcher.start(ctx, gatewayWith("off", "store off", keptBody), []*wire{chatWire}, false)
	if err != nil {
		return err
	}
	defer off.stop()
	on, err := b.launcher.start(ctx, gatewayWith(s.name, setting, keptBody), []*wire{chatWire}, b.profiles != "")
	if err != nil {
		return err
	}
	defer on.stop()
	going := *on
	whole := *going.side
	whole.key = "bench-key-of-another-client" // whose responses are not in the way of what is gone on from
	going.side = &whole
	previous, err := storedResponse(ctx, &going)
	if err != nil {
		return fmt.Errorf("storing in %s: %w", s.name, err)
	}
	going.side = gatewayWith(s.name, setting, func(model string) []byte { return turnBody(model, previous) })
	going.key = whole.key
	ways := []struct {
		wire *wire
		on   *server
	}{
		{&wire{name: s.name, limit: 1.15, rank: routedWire.rank + 1 + 2*rank, storing: true, format: chatFormat}, on},
		{&wire{name: s.name + ", going on", limit: 1.15, rank: routedWire.rank + 2 + 2*rank, storing: true, format: chatFormat}, &going},
	}
	for round := range b.rounds {
		fmt.Fprintf(os.Stderr, "storing in %s, round %d of %d\n", s.name, round+1, b.rounds)
		for _, way := range ways {
			servers := both[*server]{off, way.on}
			for _, l := range slices.DeleteFunc(slices.Clone(cpuLoads), func(l cpuLoad) bool { return l.paced }) {
				if err := b.cpu(ctx, servers, round, way.wire, l); err != nil {
					return err
				}
			}
			b.firstEvent(ctx, servers, round, way.wire)
		}
	}
	b.explainFailures(both[*server]{off, on})
	if b.profiles == "" {
		return ctx.Err()
	}
	if err := os.MkdirAll(b.profiles, 0o755); err != nil {
		return err
	}
	for _, way := range ways {
		if err := b.profileCPU(ctx, way.on, way.wire, b.profiles); err != nil {
			return fmt.Errorf("profiling: %w", err)
		}
	}
	return nil
}

// storedResponse has a server store the conversation, and returns the id of the response.
func storedResponse(ctx context.Context, v *server) (string, error) {
	var whole bytes.Buffer
	if _, err := newClient().do(ctx, v.target(chatWire, shortModel), &whole); err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(whole.String(), `"response":{"id":"`)
	id, _, ok := strings.Cut(rest, `"`)
	if !ok {
		return "", fmt.Errorf("no response id in %.200s", whole.String())
	}
	return id, nil
}
