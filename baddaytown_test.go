package codexresponses_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// town is the providers of a gateway in a bubble. Of what they are asked a share goes wrong, by a schedule.
type town struct {
	t       *testing.T
	name    string
	network bubbleNet
	hosts   []*bubbleListener
	share   float64    // of the visits that go wrong
	deck    []*trouble // what goes wrong, one after the other
	script  []*trouble // how the first visits go
	serving sync.WaitGroup

	mu      sync.Mutex
	chance  *rand.Rand
	asked   int
	dealt   int
	played  map[*trouble]int
	visits  map[string]*visit
	stories map[string]*story
	bans    map[string]*ban      // by host, and by host and key
	bursts  map[string]time.Time // by host: until when it answers with 500
	loaded  time.Time            // when the configuration was loaded last
	early   []string             // requests with a key before its time, or to a host
}

var towns atomic.Int64

// newTown makes providers that listen, each as a host of its own. Their names are new each time: what a gateway knows of providers stays.
func newTown(t *testing.T, providers int, share float64, deck []*trouble) *town {
	tw := &town{
		t: t, name: fmt.Sprint("town", towns.Add(1)), share: share, chance: rand.New(rand.NewPCG(3, 4)), played: make(map[*trouble]int),
		visits: make(map[string]*visit), stories: make(map[string]*story), bans: make(map[string]*ban), bursts: make(map[string]time.Time),
	}
	tw.deck = append(tw.deck, deck...)
	tw.chance.Shuffle(len(tw.deck), func(i, j int) { tw.deck[i], tw.deck[j] = tw.deck[j], tw.deck[i] })
	for i := range providers {
		listener := tw.network.listen(tw.host(i))
		tw.hosts = append(tw.hosts, listener)
		tw.serving.Go(func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				tw.serving.Go(func() { tw.serve(conn.(*bubbleConn)) })
			}
		})
	}
	return tw
}

func (tw *town) host(i int) string { return fmt.Sprintf("provider%d.%s.example:80", i, tw.name) }

// close ends the providers. The connections have to be closed by the gateway.
func (tw *town) close() {
	time.Sleep(connectTime) // connections for which nobody waits any more may still be coming about
	for _, listener := range tw.hosts {
		_ = listener.Close()
	}
	tw.serving.Wait()
}

// townKeys is how many keys each provider has.
const townKeys = 5

// setTownKeys sets the variables that config names.
func setTownKeys(t *testing.T, providers int) {
	t.Helper()
	t.Setenv("TOWN_SEAL", "a secret of sixteen bytes or more")
	for i := range providers {
		for k := range townKeys {
			t.Setenv(fmt.Sprintf("TOWN_KEY_%d_%d", i, k), fmt.Sprintf("secret-%d-%d", i, k))
		}
	}
}

// config is a handler with all the providers, and one route to them. Everything that is about time is as it is by default. more is members
// of the last provider.
func (tw *town) config(more string) string {
	var providers, targets []string
	for i := range tw.hosts {
		var keys []string
		for k := range townKeys {
			keys = append(keys, fmt.Sprintf(`"{env.TOWN_KEY_%d_%d}"`, i, k))
		}
		last := ""
		if i == len(tw.hosts)-1 {
			last = more
		}
		providers = append(providers, fmt.Sprintf(`{"name": "provider%d", "wire": "chat", "base_urls": ["http://%s/v1"], "keys": [%s], "read_models": -1,
			"reverse_proxy": {"transport": {"protocol": "bubble"}}%s}`, i, tw.host(i), strings.Join(keys, ","), last))
		targets = append(targets, fmt.Sprintf(`{"provider": "provider%d"}`, i))
	}
	return fmt.Sprintf(`{"store": {"off": true}, "seal_keys": ["{env.TOWN_SEAL}"], "providers": [%s], "routes": [{"pattern": "m", "policy": "least_busy", "targets": [%s]}]}`,
		strings.Join(providers, ","), strings.Join(targets, ","))
}

// visitHeader tells a provider which visit a request is.
const visitHeader = "X-Visit"

type visitKey struct{}

// send implements bubbleWay.
func (tw *town) send(req *http.Request, transport *http.Transport) (*http.Response, error) {
	v := tw.visit(req)
	req = req.Clone(context.WithValue(req.Context(), visitKey{}, v))
	req.Header.Set(visitHeader, v.id)
	if v.trouble.dial != nil { // which needs a connection of its own
		transport = transport.Clone()
		transport.DisableKeepAlives = true
	}
	res, err := transport.RoundTrip(req)
	if err != nil && !v.served() {
		v.end()
	}
	return res, err
}

// dial implements bubbleWay.
func (tw *town) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok && v.trouble.dial != nil {
		return v.trouble.dial(ctx, v)
	}
	return tw.network.dial(ctx, network, address)
}

// visit notes that a provider is asked, and decides how that goes.
func (tw *town) visit(req *http.Request) *visit {
	now := time.Now()
	tw.mu.Lock()
	defer tw.mu.Unlock()
	word, _ := req.Context().Value(wordKey{}).(string)
	s := tw.stories[word]
	if s == nil {
		tw.t.Errorf("%s has ended, and a provider is asked", word)
		s = new(story)
	}
	v := &visit{town: tw, host: req.URL.Host, key: req.Header.Get("Authorization"), story: s}
	for _, name := range []string{v.host, v.host + v.key} {
		if b := tw.bans[name]; b != nil && b.holds(now, tw.loaded) {
			tw.early = append(tw.early, fmt.Sprintf("%s: %s is asked at %s, and has said at %s: not before %s", word, name, clock(now), clock(b.said), clock(b.until)))
		}
	}
	v.trouble = tw.deal(v.host, now)
	v.pace = time.Duration(tw.chance.Int64N(int64(time.Second)))
	s.troubles, s.asked = append(s.troubles, v.trouble), append(s.asked, now)
	s.open++
	tw.asked++
	v.id = strconv.Itoa(tw.asked)
	tw.visits[v.id] = v
	return v
}

func clock(t time.Time) string { return t.Format("15:04:05.000000") }

// visitOf is the visit that a request is.
func (tw *town) visitOf(req *http.Request, conn *bubbleConn) *visit {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	v := tw.visits[req.Header.Get(visitHeader)]
	v.conn = conn
	return v
}
