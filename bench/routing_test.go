package main

import (
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	_ "github.com/caddy-codex/responses"
	"github.com/caddy-codex/responses/internal/gatewaytest"
)

// routedGateway runs the configuration that is measured, with other words put in, and returns the bench and what it asks of the gateway.
func routedGateway(t *testing.T, replace ...string) (*bench, *target) {
	t.Helper()
	upstream := httptest.NewServer(newTally(&upstream{}))
	t.Cleanup(upstream.Close)
	address := strings.TrimPrefix(upstream.URL, "http://")
	s := routedSides(100)[1]
	for _, variable := range s.env {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	site := s.site(nil, address)
	gateway := gatewaytest.Start(t, "http://127.0.0.1:PORT {\n\t"+strings.NewReplacer(replace...).Replace(site)+"\n}\n")
	t.Cleanup(transport.CloseIdleConnections)
	b := &bench{launcher: launcher{upstream: address}, plan: plan{slice: time.Millisecond}}
	return b, (&server{side: s, address: strings.TrimPrefix(gateway.URL, "http://")}).target(routedWire, shortModel)
}

func TestRoutedThreadsAreSpreadOverAllKeysAndStay(t *testing.T) {
	b, asked := routedGateway(t)
	if err := b.seat(t.Context(), asked); err != nil {
		t.Error(err)
	}
	if n := b.failed.total(); n != 0 {
		t.Error(&b.failed)
	}
	if turn, n := asked.threads.turn.Load(), len(asked.threads.all); turn < uint64(n) {
		t.Errorf("%d threads had %d requests", n, turn)
	}
}

func TestRoutingToOneTargetIsNotTakenForRouting(t *testing.T) {
	b, asked := routedGateway(t, "least_busy", "first", "sticky on", "sticky off") // threads may be known from another test
	if err := b.seat(t.Context(), asked); err == nil || !strings.Contains(err.Error(), "routing is not what was measured") {
		t.Errorf("got %v, want an error", err)
	}
}

func TestThreadsThatDoNotStayAreNotTakenForSticky(t *testing.T) {
	b, asked := routedGateway(t, "sticky on", "sticky off")
	if err := b.seat(t.Context(), asked); err == nil || !strings.Contains(err.Error(), "did not all go to one key") {
		t.Errorf("got %v, want an error", err)
	}
}

func TestASpreadIsOneWhereEachKeyHasItsPart(t *testing.T) {
	even := map[seat]int{}
	for p := range routedProviders {
		for k := range routedKeys {
			even[routedSeat(p, k)] = 100
		}
	}
	for name, c := range map[string]struct {
		change func(counts map[seat]int)
		ok     bool
	}{
		"even":                   {func(map[seat]int) {}, true},
		"a key has half":         {func(counts map[seat]int) { counts[routedSeat(3, 2)] = 50 }, true},
		"a key has next to none": {func(counts map[seat]int) { counts[routedSeat(3, 2)] = 5 }, false},
		"a key has none":         {func(counts map[seat]int) { delete(counts, routedSeat(9, 4)) }, false},
		"no requests":            {func(counts map[seat]int) { clear(counts) }, false},
		"a key that none knows":  {func(counts map[seat]int) { counts[seat{"3", "bench-key"}] = 100 }, false},
	} {
		counts := maps.Clone(even)
		c.change(counts)
		if err := checkSpread(counts); (err == nil) != c.ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestRoutingIsMeasuredAgainstTheUsualPlainSide(t *testing.T) {
	plain := routedSides(1)[0]
	if got, want := plain.site(nil, "127.0.0.1:1"), plainSide.site(nil, "127.0.0.1:1"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(plain.ask(routedWire, shortModel).body), string(plainSide.ask(chatWire, shortModel).body); got != want {
		t.Error("its request is not that of chat")
	}
}

func TestTheRowsOfRoutingStandBehindTheWires(t *testing.T) {
	r := newReport(&bench{})
	last := wires[len(wires)-1]
	for _, w := range []*wire{routedWire, last, chatWire} {
		r.row(w, "x", "ms", ratio, 0)
	}
	proxying, _ := r.tables()
	if got := []string{proxying[0].Label, proxying[1].Label, proxying[2].Label}; got[0] != "x" || got[1] != last.label("x") || got[2] != "routing: x" {
		t.Errorf("got %q", got)
	}
}

func TestATallyCountsKeysAndPassesTheRequestOn(t *testing.T) {
	upstream := httptest.NewServer(newTally(&upstream{}))
	defer upstream.Close()
	post := func(path, key string) {
		t.Helper()
		asked := plainSide.ask(chatWire, shortModel)
		asked.header = header()
		asked.header.Set("Authorization", "Bearer "+key)
		asked.url.Scheme, asked.url.Host, asked.url.Path = "http", strings.TrimPrefix(upstream.URL, "http://"), path
		if _, err := newClient().do(t.Context(), asked, nil); err != nil {
			t.Error(err)
		}
	}
	post("/tally/3/v1/chat/completions", "a")
	post("/tally/3/v1/chat/completions", "a")
	post("/tally/4/v1/chat/completions", "b")
	post("/v1/chat/completions", "c")
	got, err := readTally(t.Context(), strings.TrimPrefix(upstream.URL, "http://"))
	if want := (map[seat]int{{"3", "a"}: 2, {"4", "b"}: 1}); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}
