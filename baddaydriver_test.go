package codexresponses_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// heartbeatTime is the longest that a client may hear nothing of a stream: a heartbeat, and a second more where the watch over the exchange has
// met it at work.
const heartbeatTime = 11*time.Second + 100*time.Millisecond

// settleTime is how long a provider whose answer is complete may be listened to.
const settleTime = 50 * time.Millisecond

// goneTime is how long a provider may still be asked after the client has gone.
const goneTime = time.Second

// days are what a gateway goes through whose providers are a town.
type days struct {
	t    *testing.T
	town *town
	gw   *bubbleGateway
	more string // of the configuration

	mu      sync.Mutex
	endings map[ending]int
	left    map[string]int // exchanges that their client has left, by what they were at
}

func newDays(t *testing.T, tw *town, more string) *days {
	d := &days{t: t, town: tw, more: more, endings: make(map[ending]int), left: make(map[string]int)}
	d.gw = startBubble(t, tw.config(more), tw)
	d.gw.ended = tw.ended
	return d
}

// close ends everything. That nothing is left running is proven by the end of the bubble.
func (d *days) close() {
	d.gw.close()
	d.town.close()
}

// reload loads the configuration again.
func (d *days) reload() {
	d.town.mu.Lock()
	d.town.loaded = time.Now()
	d.town.mu.Unlock()
	d.gw.reload(d.town.config(d.more))
}

// exchange makes an exchange to its end, which has to be a right one.
func (d *days) exchange(c caller) *story {
	s := d.town.begin(c.word)
	h := c.call(context.Background(), d.gw.client)
	time.Sleep(settleTime)
	how, err := d.town.judge(c, h, s)
	if err != nil {
		d.t.Errorf("%s: %v; %s", c.word, err, s.met())
	}
	if !c.document && h.silence > heartbeatTime {
		d.t.Errorf("%s hears nothing for %s; %s", c.word, h.silence, s.met())
	}
	d.count(how)
	return s
}

func (d *days) count(how ending) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endings[how]++
}

// abandon makes an exchange that its client leaves after a while, if it has not ended then.
func (d *days) abandon(c caller, after time.Duration) *story {
	s := d.town.begin(c.word)
	ctx, cancel := context.WithCancel(context.Background())
	at := ""
	leave := time.AfterFunc(after, func() {
		at = d.town.leave(s)
		cancel()
	})
	h := c.call(ctx, d.gw.client)
	leave.Stop()
	if ctx.Err() == nil {
		cancel()
		time.Sleep(settleTime)
		how, err := d.town.judge(c, h, s)
		if err != nil {
			d.t.Errorf("%s: %v; %s", c.word, err, s.met())
		}
		d.count(how)
		return s
	}
	time.Sleep(goneTime)
	if err := d.town.judgeLeft(s); err != nil {
		d.t.Errorf("%s, left while %s: %v; %s", c.word, at, err, s.met())
	}
	if err := streamcheck.CheckBegun(h.events); err != nil {
		d.t.Errorf("%s: %v", c.word, err)
	}
	d.count(gone)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left[at]++
	return s
}

// impatience is after how long clients leave that do.
func impatience(n int) time.Duration {
	chance := rand.New(rand.NewPCG(5, uint64(n)))
	most := []time.Duration{50 * time.Millisecond, 2 * time.Second, 30 * time.Second, 5 * time.Minute}[n%4]
	return time.Duration(chance.Int64N(int64(most)))
}

// heap is how much memory is in use, once all that can time out has.
func heap() uint64 {
	time.Sleep(10 * time.Minute)
	runtime.GC()
	return collected()
}

// collected is how much memory is in use after a collection of garbage.
func collected() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// load has clients make exchanges, at once, numbered from 1. Some leave, and the configuration is loaded again from time to time.
func (d *days) load(clients, exchanges, reloads int, name string) {
	var next atomic.Int64
	var working sync.WaitGroup
	for range clients {
		working.Go(func() {
			for {
				n := int(next.Add(1))
				if n > exchanges {
					return
				}
				if reloads > 0 && n%(exchanges/reloads) == 0 {
					d.reload()
				}
				c := caller{word: name + " " + strconv.Itoa(n), codex: n%2 == 0, document: n%8 == 3}
				if n%9 == 0 {
					d.abandon(c, impatience(n))
				} else {
					d.exchange(c)
				}
			}
		})
	}
	working.Wait()
}
