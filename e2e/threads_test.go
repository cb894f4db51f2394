package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// register is a provider that notes by whom it was asked last: under which name, and with which key.
type register struct {
	mu   sync.Mutex
	last string
}

// provider is the block of a provider that notes, with two keys.
func (r *register) provider(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		r.last = name + " " + request.Header.Get("Authorization")
		r.mu.Unlock()
		w.Header().Set("Content-Type", "text/event-stream")
		for _, chunk := range []string{upstreamtest.Text("Hello."), upstreamtest.Finish("stop"), upstreamtest.Usage(10, 5, 0), "[DONE]"} {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", chunk)
		}
	}))
	t.Cleanup(server.Close)
	first, second := "THREAD_KEY_"+name+"_1", "THREAD_KEY_"+name+"_2"
	t.Setenv(first, "secret 1 of "+name)
	t.Setenv(second, "secret 2 of "+name)
	return fmt.Sprintf("provider %s {\nwire chat\nbase_url %s/v1\nkey {env.%s} {env.%s}\n}", name, server.URL, first, second)
}

// places has a gateway serve one request of each of some threads, and returns where.
func (r *register) places(g *gatewayProcess, round int) string {
	g.t.Helper()
	if _, err := g.ask(g.t.Context(), http.MethodGet, "/responses/none", ""); err != nil { // connects to the store, for which threads do not wait
		g.t.Fatal(err)
	}
	var places []string
	for i := range 7 { // an odd number, so that their turns alone would lead them elsewhere
		g.require(http.MethodPost, "/responses", fmt.Sprintf(`{"model":"m","input":"Say hello.","store":false,"prompt_cache_key":"thread %d %d"}`, round, i))
		r.mu.Lock()
		places = append(places, r.last)
		r.mu.Unlock()
	}
	return strings.Join(places, "\n")
}

func TestThreadsGoOnAtTheOtherGatewayAndAfterARestart(t *testing.T) {
	const rounds = 5 // on a busy machine a store may take longer than requests wait for it
	for name, store := range fleetStores {
		t.Run(name, func(t *testing.T) {
			_, store := store(t)
			r := new(register)
			lines := []string{r.provider(t, "x"), r.provider(t, "y"), "route m x/m y/m {\npolicy round_robin\n}", store, sealKey(t)}
			a := startProcess(t, lines...)
			b := startProcess(t, lines...)
			var want, other, restarted string
			for round := range rounds {
				want = r.places(a, round)
				a.stop() // which tells what is not told yet
				other = r.places(b, round)
				a.Start()
				restarted = r.places(a, round)
				if other == want && restarted == want {
					return
				}
			}
			t.Errorf("the threads were at\n%s\nand go on at\n%s\nand after a restart at\n%s", want, other, restarted)
		})
	}
}
