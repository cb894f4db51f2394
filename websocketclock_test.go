package codexresponses

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/caddy-codex/responses/fault"
)

func TestWebSocketLastsAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, new(Handler), events(0, 1))
		start := time.Now()
		message, err := b.read()
		if err != nil || message.Get("error.code").Str != "websocket_connection_limit_reached" || message.Get("status").Int() != 400 {
			t.Fatalf("got %s, %v", message.Raw, err)
		}
		if _, err = b.read(); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("got %v", err)
		}
		if lasted := time.Since(start); lasted != time.Hour {
			t.Errorf("it lasted %s", lasted)
		}
		b.ended()
	})
}

func TestWebSocketLastsUntilItsResponsesHaveEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, new(Handler), events(59*time.Second, 5))
		heard := b.hears()
		time.Sleep(59 * time.Minute)
		b.send(create)
		for range 5 {
			if message := <-heard; message.Get("type").Str != "x" {
				t.Errorf("got %s", message.Raw)
			}
		}
		if message := <-heard; message.Get("error.code").Str != "websocket_connection_limit_reached" {
			t.Errorf("got %s", message.Raw)
		}
		if _, more := <-heard; more {
			t.Error("the connection goes on")
		}
		b.ended()
	})
}

func TestWebSocketPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, new(Handler), events(0, 1))
		b.hears()
		time.Sleep(connectionLimit - time.Second)
		select {
		case <-b.served:
			t.Error("a client that answers lost its connection")
		default:
		}
	})
}

func TestWebSocketClientThatDoesNotAnswerPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := make(chan struct{})
		b := newBubble(t, new(Handler), func(_ http.ResponseWriter, r *http.Request, _ *memory) error {
			<-r.Context().Done()
			close(left)
			return nil
		})
		b.send(create)
		go func() { _, _ = io.Copy(io.Discard, b.pipe) }()
		<-left
		if took := b.ended(); took != 0 {
			t.Errorf("it took %s more", took)
		}
	})
}

func TestWebSocketClientWithoutTimeForPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan string, 1)
		b := newBubble(t, new(Handler), func(_ http.ResponseWriter, r *http.Request, _ *memory) error {
			body, err := io.ReadAll(r.Body)
			got <- string(body)
			return err
		})
		go func() { _, _ = io.Copy(io.Discard, b.pipe) }() // pings go unanswered
		text := strings.Repeat("a", 50_000)
		message := `{"type":"response.create","input":"` + text + `"}`
		header := []byte{0x81, 0x80 | 126, byte(len(message) >> 8), byte(len(message)), 0, 0, 0, 0} // masked with zeros
		for piece := range slices.Chunk(append(header, message...), 250) {
			if _, err := b.pipe.Write(piece); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if body := <-got; body != `{"input":"`+text+`","stream":true}` {
			t.Errorf("got %s", body)
		}
	})
}

func TestWebSocketClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := make(chan struct{})
		b := newBubble(t, new(Handler), func(w http.ResponseWriter, r *http.Request, m *memory) error {
			defer close(left)
			return events(time.Second, 1000)(w, r, m)
		})
		b.send(create)
		start := time.Now()
		<-left
		if took := time.Since(start); took < writePatience || took > writePatience+10*time.Second {
			t.Errorf("its response ran for %s", took)
		}
		b.ended()
	})
}

func TestWebSocketClientThatAsksBeforeItReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, new(Handler), events(0, 1))
		b.send(create)
		synctest.Wait() // the event is being written
		ping := []byte{0x89, 0x80, 0, 0, 0, 0}
		if _, err := b.pipe.Write(ping); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second)
		if message, err := b.read(); err != nil || message.Get("type").Str != "x" {
			t.Errorf("got %s, %v", message.Raw, err)
		}
		b.hears()
		b.send(create)
		synctest.Wait()
	})
}

func TestWebSocketBoundsWhatWaits(t *testing.T) {
	for name, test := range map[string]struct{ message, count int }{
		"by its number": {0, 1 + maxWaiting + 1}, // one that runs, those that wait, one that has been read
		"by its size":   {60_000, 1 + 1 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := make(chan struct{})
				answered := 0
				b := newBubble(t, &Handler{MaxBody: 100_000}, func(http.ResponseWriter, *http.Request, *memory) error {
					<-begin
					answered++
					return nil
				})
				sent := 0
				message := strings.Replace(create, "}", `,"input":"`+strings.Repeat("a", test.message)+`"}`, 1)
				const all = 100
				go func() {
					for range all {
						b.send(message)
						sent++
					}
				}()
				b.hears()
				time.Sleep(10 * time.Minute) // and the connection stays, although it cannot hear what the client answers to pings
				synctest.Wait()
				if sent != test.count {
					t.Errorf("%d messages were read, want %d", sent, test.count)
				}
				close(begin)
				synctest.Wait()
				if answered != all {
					t.Errorf("%d messages were answered", answered)
				}
			})
		})
	}
}

func TestWebSocketLeavesWithinItsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(Handler)
		b := newBubble(t, h, events(time.Second, 1<<20))
		b.send(create)
		if _, err := b.read(); err != nil {
			t.Fatal(err)
		}
		released := make(chan struct{})
		h.sockets.leave(func() { close(released) })
		start := time.Now()
		var err error
		for err == nil {
			_, err = b.read()
		}
		if websocket.CloseStatus(err) != websocket.StatusGoingAway || time.Since(start) != leavePatience {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		<-released
		if h.sockets.add(b.socket) {
			t.Error("a handler that is cleaned up takes connections")
		}
	})
}

// A client that knows of a response may go on from it, although its exchange has not been put away.
func TestWebSocketLanesKnowOfAResponseBeforeTheClientDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		holds := make(chan bool, 1)
		b := newBubble(t, new(Handler), func(w http.ResponseWriter, r *http.Request, m *memory) error {
			if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), "resp_1") {
				holds <- m.lane.holds("resp_1")
				return nil
			}
			m.lane.id = "resp_1"
			if err := events(0, 1)(w, r, m); err != nil {
				return err
			}
			<-r.Context().Done()
			return nil
		})
		b.send(create)
		if _, err := b.read(); err != nil {
			t.Fatal(err)
		}
		b.send(`{"type":"response.create","stream_id":"a","previous_response_id":"resp_1"}`)
		if !<-holds {
			t.Error("the other lane does not know of it")
		}
	})
}

func TestWebSocketExchangeThatBreaksDown(t *testing.T) {
	for name, breakDown := range map[string]func() error{
		"with an error":                  func() error { return errors.New("odd") },
		"with a panic":                   func() error { panic("odd") },
		"with the reverse proxy's panic": func() error { panic(http.ErrAbortHandler) },
		"with the panic of an error":     func() error { panic(fault.New(fault.Internal, "odd")) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, new(Handler), func(http.ResponseWriter, *http.Request, *memory) error { return breakDown() })
				for range 2 {
					b.send(create)
					message, err := b.read()
					if err != nil || message.Get("status").Int() != 500 || message.Get("error.code").Str != "server_error" ||
						strings.Contains(message.Raw, "odd") {
						t.Fatalf("got %s, %v", message.Raw, err)
					}
				}
			})
		})
	}
}

func TestRefusalOfUpgrades(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodConnect, "https://gateway.example/v1/responses", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, major := range []int{2, 3} {
		r.ProtoMajor, r.ProtoMinor = major, 0
		w := newEventWriter(nil)
		if err := (&Handler{BasePath: "/v1"}).ServeHTTP(w, r, nil); err != nil || w.status != http.StatusUpgradeRequired {
			t.Errorf("HTTP/%d got %d, %v", major, w.status, err)
		}
	}
}
