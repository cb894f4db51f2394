package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/servertest"
)

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	url, _ := parrot(t)
	g := startProcess(t, mockLines(url))
	const wanted, clients = 1000, 16
	var mu sync.Mutex
	acknowledged := make(map[string]string)
	reached := make(chan struct{})
	var working sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for c := range clients {
		working.Go(func() {
			for n := 0; ; n++ {
				word := fmt.Sprintf("word %d of %d", n, c)
				a, err := g.ask(ctx, http.MethodPost, "/responses", `{"model":"m","input":`+quote(word)+`}`)
				if err != nil || a.status != http.StatusOK {
					return // it was killed
				}
				mu.Lock()
				acknowledged[a.Get("id").String()] = word
				if len(acknowledged) == wanted {
					close(reached)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-reached:
	case <-time.After(2 * time.Minute):
		t.Fatal("it stores too slowly")
	}
	g.Kill()
	cancel()
	working.Wait()

	g.Start()
	for id, word := range acknowledged {
		if a, err := g.ask(t.Context(), http.MethodGet, "/responses/"+id, ""); err != nil || a.status != http.StatusOK || textOf(a) != "1 "+word {
			t.Fatalf("of %d responses %s is lost: %d %s %v", len(acknowledged), id, a.status, a.Raw, err)
		}
	}
	for id, word := range acknowledged { // and they can be gone on from
		a := g.require(http.MethodPost, "/responses", `{"model":"m","input":"more","previous_response_id":"`+id+`"}`)
		if textOf(a) != "3 more" {
			t.Fatalf("after %q: %s", word, a.Raw)
		}
		break
	}
}

func TestABackgroundResponseOfAKilledGatewayHasFailed(t *testing.T) {
	url, _ := parrot(t)
	g := startProcess(t, mockLines(url))
	id := g.require(http.MethodPost, "/responses", `{"model":"m","input":"wait","background":true}`).Get("id").String()
	g.until(id, "in_progress")
	g.Kill()
	g.Start()
	a := g.require(http.MethodGet, "/responses/"+id, "")
	if a.Get("status").String() != "failed" || a.Get("error.code").String() != "server_error" {
		t.Fatalf("got %s", a.Raw)
	}
	events := streamOf(t, g, id, 0)
	if last := events[len(events)-1]; last.Get("type").String() != "response.failed" {
		t.Errorf("its stream ends in %s", last.Raw)
	}
}

func TestABackgroundResponseOfAStoppedGatewayHasFailed(t *testing.T) {
	url, _ := parrot(t)
	g := startProcess(t, mockLines(url))
	id := g.require(http.MethodPost, "/responses", `{"model":"m","input":"wait","background":true}`).Get("id").String()
	g.until(id, "in_progress")
	g.stop()
	g.Start()
	if a := g.require(http.MethodGet, "/responses/"+id, ""); a.Get("status").String() != "failed" || !strings.Contains(a.Get("error.message").String(), "stopped") {
		t.Fatalf("got %s", a.Raw)
	}
}

func TestASecondGatewayWaitsForAFileThatAnotherHas(t *testing.T) {
	url, _ := parrot(t)
	file := "store bolt " + filepath.Join(t.TempDir(), "sessions.db")
	seal := sealKey(t)
	first := startProcess(t, mockLines(url), file, seal)
	second := startProcess(t, mockLines(url), file, seal)
	requireUnavailable(t, second, `{"model":"m","input":"one","store":true}`)
	if a := second.require(http.MethodPost, "/responses", `{"model":"m","input":"one"}`); a.Get("store").Bool() {
		t.Errorf("it says that it is stored: %s", a.Raw)
	}
	if output, err := first.run("validate"); err != nil {
		t.Errorf("the configuration of a gateway that runs is not valid: %v\n%s", err, output)
	}
	id := first.require(http.MethodPost, "/responses", `{"model":"m","input":"one"}`).Get("id").String()
	first.stop()
	recovered(t, second, id)
}

// fleetStores are the stores that several gateways can share: the server, which a test can kill, and the lines of the directive.
var fleetStores = map[string]func(t *testing.T) (server restartable, lines string){
	"redis": func(t *testing.T) (restartable, string) {
		server := servertest.Redis(t, "--appendonly", "yes", "--appendfsync", "always")
		return server, "store redis " + server.Addr()
	},
	"postgres": func(t *testing.T) (restartable, string) {
		server := servertest.Postgres(t)
		return server, "store postgres " + server.DSN()
	},
}

type restartable interface {
	Kill()
	Restart()
}

// sealKey is one key for a fleet.
func sealKey(t *testing.T) string {
	t.Setenv("E2E_SEAL_KEY", "a secret that the whole fleet shares")
	return "seal_key {env.E2E_SEAL_KEY}"
}

func TestAFleetSharesItsState(t *testing.T) {
	for name, store := range fleetStores {
		t.Run(name, func(t *testing.T) {
			_, lines := store(t)
			url, release := parrot(t)
			seal := sealKey(t)
			a := startProcess(t, mockLines(url), lines, seal)
			b := startProcess(t, mockLines(url), lines, seal)

			first := a.require(http.MethodPost, "/responses", `{"model":"m","input":"one"}`).Get("id").String()
			second := b.require(http.MethodPost, "/responses", `{"model":"m","input":"two","previous_response_id":"`+first+`"}`)
			if textOf(second) != "3 two" {
				t.Errorf("the other gateway went on with %s", second.Raw)
			}

			id := a.require(http.MethodPost, "/responses", `{"model":"m","input":"wait","background":true}`).Get("id").String()
			b.until(id, "in_progress")
			followed := make(chan []gjson.Result, 1)
			go func() { followed <- streamOf(t, b, id, 0) }()
			close(release)
			events := <-followed
			if last := events[len(events)-1]; last.Get("type").String() != "response.completed" || last.Get("response.output.0.content.0.text").String() != "1 wait" {
				t.Errorf("the other gateway saw it end in %s", last.Raw)
			}
			for i, event := range events {
				if event.Get("sequence_number").Int() != int64(i) {
					t.Fatalf("event %d has the number %s", i, event.Get("sequence_number").Raw)
				}
			}
		})
	}
}

func TestTheOtherGatewayCancels(t *testing.T) {
	for name, store := range fleetStores {
		t.Run(name, func(t *testing.T) {
			_, lines := store(t)
			url, _ := parrot(t)
			seal := sealKey(t)
			a := startProcess(t, mockLines(url), lines, seal)
			b := startProcess(t, mockLines(url), lines, seal)
			id := a.require(http.MethodPost, "/responses", `{"model":"m","input":"wait","background":true}`).Get("id").String()
			a.until(id, "in_progress")
			if got := b.require(http.MethodPost, "/responses/"+id+"/cancel", ""); got.Get("status").String() != "cancelled" {
				t.Errorf("got %s", got.Raw)
			}
		})
	}
}

func TestAStoreThatDiesUnderLoad(t *testing.T) {
	for name, store := range fleetStores {
		t.Run(name, func(t *testing.T) {
			server, lines := store(t)
			url, _ := parrot(t)
			g := startProcess(t, mockLines(url), lines, sealKey(t))
			first := g.require(http.MethodPost, "/responses", `{"model":"m","input":"one"}`).Get("id").String()

			var mu sync.Mutex
			stored := map[string]bool{first: true}
			stop := make(chan struct{})
			var working sync.WaitGroup
			for range 4 {
				working.Go(func() {
					for n := 0; ; n++ {
						select {
						case <-stop:
							return
						default:
						}
						a, err := g.ask(t.Context(), http.MethodPost, "/responses", `{"model":"m","input":"`+strconv.Itoa(n)+`"}`)
						if err != nil || a.status != http.StatusOK {
							t.Errorf("a request that need not be stored got %d %s %v", a.status, a.Raw, err)
							return
						}
						if a.Get("store").Bool() {
							mu.Lock()
							stored[a.Get("id").String()] = true
							mu.Unlock()
						}
					}
				})
			}
			server.Kill()
			requireUnavailable(t, g, `{"model":"m","input":"more","previous_response_id":"`+first+`"}`)
			requireUnavailable(t, g, `{"model":"m","input":"more","store":true}`)
			requireUnavailable(t, g, `{"model":"m","input":"more","background":true}`)
			if a := g.require(http.MethodPost, "/responses", `{"model":"m","input":"more","store":false}`); a.Get("store").Bool() {
				t.Errorf("it says that it is stored: %s", a.Raw)
			}
			server.Restart()
			recovered(t, g, first)
			close(stop)
			working.Wait()
			for id := range stored {
				if a, err := g.ask(t.Context(), http.MethodGet, "/responses/"+id, ""); err != nil || a.status != http.StatusOK {
					t.Fatalf("%s said that it was stored, and is not: %d %s %v", id, a.status, a.Raw, err)
				}
			}
		})
	}
}

// requireUnavailable sends a request that needs the store until it is refused as it should be. The first may meet a connection that does not
// know yet.
func requireUnavailable(t *testing.T, g *gatewayProcess, body string) {
	t.Helper()
	for late := time.Now().Add(processPatience); ; {
		a, err := g.ask(t.Context(), http.MethodPost, "/responses", body)
		if err == nil && a.status == http.StatusServiceUnavailable {
			if a.header.Get("Retry-After") == "" || a.Get("error.message").String() == "" {
				t.Errorf("the refusal says too little: %v %s", a.header, a.Raw)
			}
			return
		}
		if err != nil || time.Now().After(late) {
			t.Fatalf("%s got %d %s %v", body, a.status, a.Raw, err)
		}
	}
}

// recovered waits until the gateway has found its store again.
func recovered(t *testing.T, g *gatewayProcess, id string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(processPatience); ; {
		a, err := g.ask(t.Context(), http.MethodPost, "/responses", `{"model":"m","input":"more","previous_response_id":"`+id+`"}`)
		if err == nil && a.status == http.StatusOK && textOf(a) == "3 more" {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("the store is back, and the gateway answers %d %s %v", a.status, a.Raw, err)
		}
	}
}

// streamOf follows a response from an event on to its end.
func streamOf(t *testing.T, g *gatewayProcess, id string, from int64) []gjson.Result {
	path := g.URL + "/responses/" + id + "?stream=true"
	if from > 0 {
		path += "&starting_after=" + strconv.FormatInt(from-1, 10)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	if err != nil {
		t.Error(err)
		return nil
	}
	request.Header.Set("Authorization", "Bearer client-key")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer response.Body.Close()
	var events []gjson.Result
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			events = append(events, gjson.Parse(data))
		}
	}
	if lines.Err() != nil || len(events) == 0 {
		t.Errorf("the stream of %s has %d events: %v", id, len(events), lines.Err())
		return []gjson.Result{{}}
	}
	return events
}
