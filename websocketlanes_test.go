package codexresponses_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

func TestWebSocketLanesRunAtOnce(t *testing.T) {
	steps := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{}), "": make(chan struct{})}
	upstreams := make(map[string]*upstreamtest.Upstream)
	var lines []string
	for lane, step := range steps {
		pieces := []string{upstreamtest.Reasoning("Hm. ")}
		for i := range 5 {
			pieces = append(pieces, upstreamtest.Text(fmt.Sprint(i, lane)))
		}
		u := upstreamtest.New(t, upstreamtest.Stream(append(pieces, upstreamtest.Finish("stop"))...).Hold(step))
		upstreams[lane] = u
		lines = append(lines, provider("p"+lane, u.URL+"/v1"))
	}
	gw := start(t, lines...)
	c := dial(t, gw)
	lanes := []string{"a", "", "b"}
	for _, lane := range lanes {
		stream := ""
		if lane != "" {
			stream = in(lane)
		}
		c.send(`{"type":"response.create",` + stream + `"model":"p` + lane + `/m",` + asks("Hi.") + `}`)
		upstreams[lane].Request(0)
	}
	for range 5 { // a piece of each in turn
		for _, lane := range lanes {
			steps[lane] <- struct{}{}
			c.until(lane, "response.output_text.delta")
		}
	}
	for _, lane := range lanes {
		close(steps[lane])
		want := strings.ReplaceAll("0l1l2l3l4l", "l", lane)
		if got := streamcheck.Text(c.response(lane)); got != want {
			t.Errorf("lane %q said %q", lane, got)
		}
	}
	if turns := slices.Compact(slices.Clone(c.order)); len(turns) < 10 {
		t.Errorf("the lanes came as %q", turns)
	}
}

func TestWebSocketRequestsOfALaneRunInTheirOrder(t *testing.T) {
	const count = 20
	var mu sync.Mutex
	running, most := 0, 0
	replies := make([]upstreamtest.Reply, count)
	for i := range replies {
		replies[i] = upstreamtest.Func(func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			defer func() {
				mu.Lock()
				running--
				mu.Unlock()
			}()
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, frames(upstreamtest.Text(fmt.Sprint(i)), upstreamtest.Finish("stop")))
		})
	}
	upstream := upstreamtest.New(t, replies...)
	gw := start(t, mock(upstream))
	c := dial(t, gw)
	for i := range count {
		c.create(in("a") + asks(fmt.Sprint(i)))
	}
	for i := range count {
		c.completed("a", fmt.Sprint(i))
		requireSpoken(t, upstream.Request(i), fmt.Sprint("user: ", i))
	}
	mu.Lock()
	defer mu.Unlock()
	if most != 1 {
		t.Errorf("%d ran at once", most)
	}
}

func TestWebSocketALaneGoesOnFromAnother(t *testing.T) {
	upstream := upstreamtest.New(t, text("One."), text("Two."), text("Three."), text("Four."))
	gw := start(t, mock(upstream), "store off")
	c := dial(t, gw)
	c.create(in("planner") + asks("Plan."))
	plan := c.completed("planner", "One.")
	c.create(in("critic") + after(plan) + asks("Find gaps."))
	critic := c.completed("critic", "Two.")
	c.create(in("planner") + after(plan) + asks("Go on."))
	c.completed("planner", "Three.")
	c.create(after(critic) + asks("Sum up."))
	c.completed("", "Four.")
	requireSpoken(t, upstream.Request(2), "user: Plan.", "assistant: One.", "user: Go on.")
	requireSpoken(t, upstream.Request(3), "user: Plan.", "assistant: One.", "user: Find gaps.", "assistant: Two.", "user: Sum up.")

	c.create(in("late") + after(plan) + asks("And I?"))
	c.refused(http.StatusBadRequest, "previous_response_not_found")
}

func TestWebSocketNoMoreThanSixteenResponsesRunAtOnce(t *testing.T) {
	const limit, count = 16, 24
	arrived := make(chan struct{}, count)
	release := make(chan struct{})
	upstream := upstreamtest.New(t, upstreamtest.Func(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, frames(upstreamtest.Text("Hello."), upstreamtest.Finish("stop")))
	}))
	gw := start(t, mock(upstream))
	c := dial(t, gw)
	for i := range count {
		c.create(in(fmt.Sprint(i)) + asks("Hi."))
	}
	for range limit {
		<-arrived
	}
	c.send(`{"type":"response.steer"}`) // the answer to which says that all before it has been read
	c.until("", "response.steer.failed")
	if n := len(upstream.Requests()); n != limit {
		t.Errorf("%d run at once", n)
	}
	close(release)
	for i := range count {
		c.completed(fmt.Sprint(i), "Hello.")
	}
}

func TestWebSocketNoMoreThanThirtyTwoNamedLanes(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())))
	c := dial(t, gw)
	c.create(asks("Hi."))
	c.completed("", "Hello.")
	for i := range 32 {
		c.create(in(fmt.Sprint(i)) + asks("Hi."))
		c.completed(fmt.Sprint(i), "Hello.")
	}
	c.create(in("one-more") + asks("Hi."))
	got := c.refused(http.StatusBadRequest, "websocket_stream_limit_reached")
	if got.Get("stream_id").Str != "one-more" || got.Get("error.param").Str != "stream_id" {
		t.Errorf("got %s", got.Raw)
	}
	c.create(in("31") + asks("Hi."))
	c.completed("31", "Hello.")
	c.create(asks("Hi."))
	c.completed("", "Hello.")
}
