package codexresponses_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// fleet is providers that have bad days: a fifth of what they are asked goes wrong, in one of many ways.
type fleet struct {
	mu      sync.Mutex
	chance  *rand.Rand
	words   map[string]int // how often an answer to a request has begun
	refused map[string]limited
	early   atomic.Int64 // requests with a key before its time has come
	stop    chan struct{}
}

// limited is when a key has met a rate limit, and until when that holds.
type limited struct{ said, until time.Time }

// onItsWay is how old a request may be that was sent before the gateway knew of a limit.
const onItsWay = 900 * time.Millisecond

// faults are what can go wrong. Each gets a function that writes text of the answer.
var faults = []func(w http.ResponseWriter, r *http.Request, f *fleet, say func(string)){
	func(w http.ResponseWriter, _ *http.Request, _ *fleet, _ func(string)) { reset(w) },
	func(_ http.ResponseWriter, r *http.Request, f *fleet, _ func(string)) { f.stall(r) },
	func(w http.ResponseWriter, _ *http.Request, _ *fleet, _ func(string)) {
		http.Error(w, `{"error":{"message":"Boom."}}`, http.StatusInternalServerError)
	},
	func(w http.ResponseWriter, _ *http.Request, _ *fleet, _ func(string)) {
		http.Error(w, "<html>Bad gateway</html>", http.StatusBadGateway)
	},
	func(w http.ResponseWriter, _ *http.Request, _ *fleet, _ func(string)) {
		http.Error(w, `{"error":{"message":"Overloaded."}}`, 529)
	},
	func(w http.ResponseWriter, r *http.Request, f *fleet, _ func(string)) {
		f.limit(r, 1500*time.Millisecond)
		w.Header().Set("Retry-After-Ms", "1500")
		http.Error(w, `{"error":{"message":"Slow down.","code":"rate_limit_exceeded"}}`, http.StatusTooManyRequests)
	},
	func(w http.ResponseWriter, r *http.Request, f *fleet, _ func(string)) {
		f.limit(r, 1200*time.Millisecond)
		http.Error(w, `{"error":{"message":"Rate limit reached. Please try again in 1.2s.","code":"rate_limit_exceeded"}}`, http.StatusTooManyRequests)
	},
	func(w http.ResponseWriter, _ *http.Request, _ *fleet, _ func(string)) {
		event(w, `{"error":{"message":"The model is overloaded.","type":"overloaded_error"}}`)
	},
	func(w http.ResponseWriter, _ *http.Request, _ *fleet, _ func(string)) {
		event(w, "\x00\xff garbage {]")
	},
	func(w http.ResponseWriter, _ *http.Request, _ *fleet, _ func(string)) {
		fmt.Fprint(w, ": nothing but a comment\n\n")
	},
	func(_ http.ResponseWriter, r *http.Request, f *fleet, say func(string)) { say("half"); f.stall(r) },
	func(http.ResponseWriter, *http.Request, *fleet, func(string)) { panic(http.ErrAbortHandler) },
	func(_ http.ResponseWriter, _ *http.Request, _ *fleet, say func(string)) { say("half") }, // a reset might take it back
}

// stall keeps silent until the gateway gives up.
func (f *fleet) stall(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-f.stop:
	}
}

// limit notes that a key is not to be used for a while.
func (f *fleet) limit(r *http.Request, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.refused[r.Host+r.Header.Get("Authorization")] = limited{now, now.Add(d)}
}

func event(w http.ResponseWriter, data string) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "data: %s\n\n", data)
	_ = http.NewResponseController(w).Flush()
}

// ServeHTTP implements http.Handler.
func (f *fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	word := gjson.GetBytes(body, "messages.@reverse.0.content").String()
	f.mu.Lock()
	if l, ok := f.refused[r.Host+r.Header.Get("Authorization")]; ok && time.Since(l.said) > onItsWay && time.Until(l.until) > 0 {
		f.early.Add(1)
	}
	bad := f.chance.IntN(5) == 0
	fault := faults[f.chance.IntN(len(faults))]
	f.mu.Unlock()
	say := func(text string) {
		f.mu.Lock()
		f.words[word]++
		f.mu.Unlock()
		event(w, upstreamtest.Text(text))
	}
	if bad {
		fault(w, r, f, say)
		return
	}
	say(word)
	for _, data := range []string{upstreamtest.Finish("stop"), upstreamtest.Usage(10, 2, 0), "[DONE]"} {
		event(w, data)
	}
}

// lines are the providers of the fleet, with five keys each, and one route to all of them.
func (f *fleet) lines(t *testing.T, providers int) string {
	var lines, targets []string
	for i := range providers {
		server := httptest.NewServer(f)
		t.Cleanup(server.Close)
		var keys []string
		for k := range 5 {
			name := fmt.Sprintf("FLEET_KEY_%d_%d", i, k)
			t.Setenv(name, fmt.Sprintf("secret-%d-%d", i, k))
			keys = append(keys, "{env."+name+"}")
		}
		name := fmt.Sprint("provider", i)
		lines = append(lines, provider(name, server.URL, "key "+strings.Join(keys, " "), "timeouts {\nfirst_event 3s\nidle 3s\n}"))
		targets = append(targets, name)
	}
	lines = append(lines, "store off", "route m {\nto "+strings.Join(targets, " ")+"\npolicy least_busy\nretry within 30s attempts 30\n}")
	return strings.Join(lines, "\n")
}

func TestAFleetWithBadDays(t *testing.T) {
	const providers, clients = 10, 200
	exchanges, reloads := 10_000, 100
	const slack = 30 // goroutines, of connections and of the runtime's own
	if raced {
		exchanges, reloads = 2_000, 20
	}
	f := &fleet{
		chance: rand.New(rand.NewPCG(1, 2)), words: make(map[string]int), refused: make(map[string]limited), stop: make(chan struct{}),
	}
	lines := f.lines(t, providers)
	t.Cleanup(func() { close(f.stop) })
	gw := start(t, lines)
	requireEnds(t, gw.URL, gw.Client, "warm up")
	before := runtime.NumGoroutine()

	var completed, failed, next atomic.Int64
	due := make(chan struct{}, reloads) // of reloads, which come spread over the load
	var working sync.WaitGroup
	for range clients {
		working.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(exchanges) {
					return
				}
				if n%int64(exchanges/reloads) == 0 {
					due <- struct{}{}
				}
				if requireEnds(t, gw.URL, gw.Client, fmt.Sprint("word ", n)) {
					completed.Add(1)
				} else {
					failed.Add(1)
				}
			}
		})
	}
	for i := range reloads {
		<-due
		gw.Reload(site(lines, fmt.Sprint("heartbeat ", 10+i, "s")))
	}
	working.Wait()
	t.Logf("%d completed, %d failed after their beginning", completed.Load(), failed.Load())
	if completed.Load() < int64(exchanges)*9/10 {
		t.Errorf("only %d of %d were completed", completed.Load(), exchanges)
	}
	if n := f.early.Load(); n > 0 {
		t.Errorf("%d requests came with a key before its time", n)
	}
	f.mu.Lock()
	for word, n := range f.words {
		if n > 1 && word != "warm up" {
			t.Errorf("%q was answered %d times", word, n)
		}
	}
	f.mu.Unlock()
	gw.Reload(site(lines)) // which closes the connections to the fleet
	gw.Client.CloseIdleConnections()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(30 * time.Second); runtime.NumGoroutine() > before+slack; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("there are %d goroutines, and were %d", runtime.NumGoroutine(), before)
		}
	}
}

// requireEnds makes an exchange, whose stream has to be a good one. It reports whether it was completed, with the right answer.
func requireEnds(t *testing.T, url string, client *http.Client, word string) bool {
	ask := func() (*http.Response, error) {
		return client.Post(url+"/v1/responses", "application/json", strings.NewReader(`{"model":"m","stream":true,"store":false,"input":"`+word+`"}`))
	}
	response, err := ask()
	for tries := 0; err != nil && tries < 20; tries++ { // a server that is replaced closes connections on which nothing runs
		response, err = ask()
	}
	if err != nil {
		t.Errorf("%s: %v", word, err)
		return false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("%s: %d %s %v", word, response.StatusCode, body, err)
		return false
	}
	events, err := streamcheck.Parse(body)
	if err == nil {
		err = streamcheck.CheckEvents(events)
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", word, err, body)
		return false
	}
	last := events[len(events)-1]
	switch text := streamcheck.Text(events); {
	case last.Type == "response.completed" && text == word:
		return true
	case last.Type == "response.failed" && text == "half":
		return false
	default:
		t.Errorf("%s: it ends in %s with the text %q", word, last.Data, text)
		return false
	}
}
