package codexresponses

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/servertest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/storetest"
)

// threadFleet is two gateways with the same providers and keys, below /a and /b of one server. Each has a memory of its own, as in a
// process of its own.
type threadFleet struct {
	*gatewaytest.Gateway
	t        *testing.T
	a, b     *Handler
	upstream map[string]*upstreamtest.Upstream
	clock    *storetest.Clock // by which a goes
	asked    int
}

// newThreadFleet runs gateways with further lines, whose requests wait so long to hear where their threads were. Their route m leads to the providers x and y in turns, with two keys each, and the route one
// to x with the only key that it has there.
func newThreadFleet(t *testing.T, patience time.Duration, lines ...string) *threadFleet {
	t.Helper()
	f := &threadFleet{t: t, upstream: make(map[string]*upstreamtest.Upstream), clock: storetest.NewClock(time.Now())}
	for _, name := range []string{"x", "y"} {
		f.upstream[name] = upstreamtest.New(t, greeting())
		var keys []string
		for k := range 2 {
			key := fmt.Sprintf("THREAD_KEY_%s_%d", name, k)
			t.Setenv(key, "secret of "+key)
			keys = append(keys, "{env."+key+"}")
		}
		lines = append(lines, fmt.Sprintf("provider %s {\nwire chat\nbase_url %s/v1\nkey %s\n}", name, f.upstream[name].URL, strings.Join(keys, " ")))
	}
	lines = append(lines, "route m x/m y/m {\npolicy round_robin\n}", "route one x/m {\nkey {env.THREAD_KEY_x_0}\n}", "route off x/m y/m {\nsticky off\n}")
	var site strings.Builder
	for _, base := range []string{"/a", "/b"} {
		fmt.Fprintf(&site, "codex_responses %s/* {\nbase_path %[1]s\n%s\n}\n", base, strings.Join(lines, "\n"))
	}
	f.Gateway = gatewaytest.Start(t, ":PORT {\n"+site.String()+"}\n")
	app, err := caddy.ActiveContext().App("http")
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range app.(*caddyhttp.App).Servers {
		for _, h := range handlersOf(server.Routes) {
			h.threads.memory = routing.NewSticky()
			h.threads.patience = patience
			if h.BasePath == "/a" {
				f.a, h.threads.now = h, f.clock.Now
			} else {
				f.b = h
			}
		}
	}
	return f
}

// handlersOf are the handlers of the module in routes, and in those below them.
func handlersOf(routes caddyhttp.RouteList) (found []*Handler) {
	for _, route := range routes {
		for _, handler := range route.Handlers {
			switch handler := handler.(type) {
			case *Handler:
				found = append(found, handler)
			case *caddyhttp.Subroute:
				found = append(found, handlersOf(handler.Routes)...)
			}
		}
	}
	return found
}

func greeting() upstreamtest.Reply {
	return upstreamtest.Stream(upstreamtest.Text("Hello."), upstreamtest.Finish("stop"), upstreamtest.Usage(10, 2, 4))
}

// ask has a gateway serve a request of a thread, and returns by which provider and with which key.
func (f *threadFleet) ask(h *Handler, model, thread string) string {
	f.t.Helper()
	var header []string
	if thread != "" {
		header = append(header, "Session-Id: "+thread)
	}
	got := f.Post(h.BasePath+"/responses", `{"model":"`+model+`","input":"Say hello.","store":false}`, header...)
	if got.Status != http.StatusOK {
		f.t.Fatalf("got %d %s", got.Status, got.Body)
	}
	served := f.AccessLog(f.asked).Get("codex_responses.attempts.@reverse.0")
	f.asked++
	return served.Get("provider").String() + " " + served.Get("key").String()
}

// told waits until a gateway has nothing to tell.
func (f *threadFleet) told(h *Handler) {
	n := h.threads.news
	n.mu.Lock()
	ended := n.ended
	n.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

func TestAThreadGoesOnAtAnotherGateway(t *testing.T) {
	f := newThreadFleet(t, time.Minute, "store redis "+servertest.Redis(t).Addr())
	at := make(map[string]string)
	var places []string
	for i := range 7 { // an odd number, so that their turns alone would lead them elsewhere
		thread := fmt.Sprint("thread ", i)
		at[thread] = f.ask(f.a, "m", thread)
		places = append(places, at[thread])
	}
	if slices.Sort(places); len(slices.Compact(places)) != 4 {
		t.Fatalf("the threads are at %v", at)
	}
	f.told(f.a)
	for range 2 {
		for thread, want := range at {
			if got := f.ask(f.b, "m", thread); got != want {
				t.Errorf("%s goes on at %s, was at %s", thread, got, want)
			}
		}
	}
}

func TestAThreadThatHasMovedIsFollowed(t *testing.T) {
	f := newThreadFleet(t, time.Minute, "store redis "+servertest.Redis(t).Addr())
	before := f.ask(f.a, "m", "thread")
	f.told(f.a)
	name, _, _ := strings.Cut(before, " ")
	f.upstream[name].Script(upstreamtest.Error(500, "server_error", "", "Boom."))
	after := f.ask(f.b, "m", "thread")
	if after == before || len(f.upstream[name].Requests()) != 2 {
		t.Fatalf("it goes on at %s, was at %s, which was asked %d times", after, before, len(f.upstream[name].Requests()))
	}
	f.told(f.b)
	f.upstream[name].Script(greeting())
	if got := f.ask(f.b, "m", "thread"); got != after {
		t.Errorf("it has moved back to %s", got)
	}
	f.clock.Advance(59 * time.Second)
	if got := f.ask(f.a, "m", "thread"); got != before {
		t.Errorf("before a minute is over it is at %s", got)
	}
	f.clock.Advance(2 * time.Second)
	for range 3 {
		if got := f.ask(f.a, "m", "thread"); got != after {
			t.Errorf("a minute later it is at %s, and not at %s", got, after)
		}
	}
}

func TestAPlaceThatAGatewayDoesNotHaveIsNoHindrance(t *testing.T) {
	f := newThreadFleet(t, time.Minute, "store redis "+servertest.Redis(t).Addr())
	owner := session.Owner("key", "")
	for name, test := range map[string]struct {
		place session.Place
		want  string // how the place begins where it is served
	}{
		"another provider": {session.Place{Provider: "z", Model: "m", Key: "11111111"}, ""},
		"another model":    {session.Place{Provider: "y", Model: "n", Key: "11111111"}, ""},
		"another key":      {session.Place{Provider: "y", Model: "m", Key: "11111111"}, "y "},
	} {
		th := thread{scope: "m", owner: owner, id: owner + "/" + name}
		test.place.Expires = time.Now().Add(routing.ThreadMemory)
		if err := f.a.sessions.SetPlace(t.Context(), owner, th.name(), test.place); err != nil {
			t.Fatal(err)
		}
		got := f.ask(f.a, "m", name)
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: it is served at %s", name, got)
		}
		f.told(f.a)
		if again := f.ask(f.b, "m", name); again != got {
			t.Errorf("%s: it goes on at %s, was at %s", name, again, got)
		}
	}
}

// deafRedis accepts connections and never answers. It counts them.
func deafRedis(t *testing.T) (address string, connections *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	connections = new(atomic.Int64)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			t.Cleanup(func() { connection.Close() })
		}
	}()
	return listener.Addr().String(), connections
}

// threadedInTime has a gateway whose store does not answer serve many new threads.
func (f *threadFleet) threadedInTime() {
	f.t.Helper()
	start := time.Now()
	for i := range 50 {
		f.ask(f.a, "m", fmt.Sprint("thread ", i))
	}
	if took := time.Since(start); took > 3*time.Second { // which one look-up with the store's own patience would take
		f.t.Errorf("50 requests took %s", took)
	}
	at := f.ask(f.a, "m", "thread 0")
	if again := f.ask(f.a, "m", "thread 0"); again != at {
		f.t.Errorf("the gateway has forgotten what it knows itself: the thread was at %s and goes on at %s", at, again)
	}
}

func TestAStoreThatHangsHoldsNobodyUp(t *testing.T) {
	address, connections := deafRedis(t)
	f := newThreadFleet(t, lookUpPatience, "store redis "+address+" {\ntimeout 3s\n}")
	f.threadedInTime()
	if connections.Load() == 0 {
		t.Error("the store was not asked")
	}
	start := time.Now()
	f.a.threads.close()
	if took := time.Since(start); took > 10*time.Second || f.a.threads.news.ended != nil {
		t.Errorf("it took %s to give up what was not told", took)
	}
}

func TestAStoreThatIsGoneHoldsNobodyUp(t *testing.T) {
	server := servertest.Redis(t)
	f := newThreadFleet(t, lookUpPatience, "store redis "+server.Addr())
	before := f.ask(f.a, "m", "thread")
	server.Kill()
	f.threadedInTime()
	f.clock.Advance(2 * time.Minute)
	if got := f.ask(f.a, "m", "thread"); got != before {
		t.Errorf("the thread has moved from %s to %s", before, got)
	}
}

func TestTheStoreIsLeftAloneWhereThereIsNothingToShare(t *testing.T) {
	for name, test := range map[string]struct{ model, thread string }{
		"no thread":              {"m", ""},
		"a route without":        {"off", "thread"},
		"one target and one key": {"one", "thread"},
		"a thread with a name that is too long to keep": {"m", strings.Repeat("long", 200)},
	} {
		t.Run(name, func(t *testing.T) {
			address, connections := deafRedis(t)
			f := newThreadFleet(t, lookUpPatience, "store redis "+address)
			f.ask(f.a, test.model, test.thread)
			f.ask(f.a, test.model, test.thread)
			if f.told(f.a); connections.Load() != 0 {
				t.Errorf("the store was asked on %d connections", connections.Load())
			}
		})
	}
	t.Run("a store of one gateway", func(t *testing.T) {
		f := newThreadFleet(t, lookUpPatience, "store memory")
		if at := f.ask(f.a, "m", "thread"); f.a.threads.store != nil || f.ask(f.a, "m", "thread") != at {
			t.Error("it is shared, or the thread does not stay")
		}
	})
}
