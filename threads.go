package codexresponses

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/session"
)

// knownThreads is where threads are served. It lives as long as the process: a reload changes nothing about them.
var knownThreads = routing.NewSticky()

// thread is the one that an exchange belongs to, which providers' prompt caches know. The zero value is none.
type thread struct {
	scope  string // the route and the model: another one has another cache
	owner  string
	id     string // begins with the owner
	shared bool   // other gateways are asked and told where it is served
}

// maxSharedThread is the most bytes that scope and id of a shared thread have: those that wait to be told are kept.
const maxSharedThread = 512

// threadOf is the thread of an exchange: by the key that the client has for prompt caches, else by its session, else by its
// conversation.
func (x *exchange) threadOf(plan *plan) thread {
	if !plan.sticks {
		return thread{}
	}
	cacheKey, conversation := x.body.names()
	name := cmp.Or(cacheKey, x.request.Header.Get("Session-Id"), conversation)
	if name == "" {
		return thread{}
	}
	owner := x.belongsTo()
	id := owner + "/" + name
	scope := plan.route
	if x.record.Model != scope {
		scope += "\x00" + x.record.Model
	}
	shared := x.handler.threads.store != nil && plan.chooses() && len(scope)+len(id) <= maxSharedThread
	return thread{scope: scope, owner: owner, id: id, shared: shared}
}

// chooses reports whether there is more than one target or key to choose from.
func (p *plan) chooses() bool { return len(p.targets) > 1 || len(p.targets[0].keys) > 1 }

// name is what the thread is called in the store.
func (t thread) name() string { return t.scope + "\x00" + t.id }

// threads knows where threads are served, and shares that with other gateways where the store is shared with them.
type threads struct {
	memory   *routing.Sticky
	store    *session.Sessions // nil where nothing is shared
	patience time.Duration     // how long a request waits to hear where its thread was
	now      func() time.Time
	logger   *zap.Logger
	news     *news

	mu     sync.Mutex
	failed bool      // the last look-up has
	again  time.Time // when the next one may be made then
}

const (
	lookUpPatience = 100 * time.Millisecond

	// lookUpPause is how long nobody tries after that was in vain.
	lookUpPause = time.Second
)

func (h *Handler) newThreads() *threads {
	t := &threads{memory: knownThreads, patience: lookUpPatience, now: h.now, logger: h.logger}
	if h.sessions != nil && h.sessions.Shared() {
		t.store = h.sessions
		t.news = newNews(t.tell)
	}
	return t
}

// close ends what goes on in the background.
func (t *threads) close() {
	if t != nil && t.news != nil {
		t.news.close()
	}
}

// find is where a thread was last; the zero value where that is not known.
func (t *threads) find(ctx context.Context, th thread) routing.Place {
	if th.id == "" {
		return routing.Place{}
	}
	now := t.now()
	if th.shared && t.memory.Due(th.scope, th.id, now) && t.mayLookUp(now) {
		t.lookUp(ctx, th)
	}
	place, _ := t.memory.Place(th.scope, th.id, now)
	return place
}

// lookUp asks the store where a thread is. Without an answer in time the request goes on with what is known here.
func (t *threads) lookUp(caller context.Context, th thread) {
	ctx, cancel := context.WithTimeout(caller, t.patience)
	defer cancel()
	p, err := t.store.Place(ctx, th.owner, th.name())
	if errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) {
		p, err = session.Place{}, nil
	}
	if caller.Err() != nil { // the client has gone, which says nothing
		return
	}
	now := t.now()
	t.lookedUp(err, now)
	if err == nil {
		place := routing.Place{Target: routing.Target{Provider: p.Provider, Model: p.Model}, Key: routing.Fingerprint(p.Key)}
		t.memory.Learn(th.scope, th.id, place, p.Expires, now)
	}
}

// mayLookUp reports whether it is worth asking the store. After a failure one tries for all, now and then.
func (t *threads) mayLookUp(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.failed {
		return true
	}
	if now.Before(t.again) {
		return false
	}
	t.again = now.Add(lookUpPause)
	return true
}

// lookedUp notes how a look-up went. The operator hears of the first failure.
func (t *threads) lookedUp(err error, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil && !t.failed {
		t.logger.Warn("the session store does not say in time where threads are served; they may lose their prompt caches", zap.Error(err))
	}
	t.failed, t.again = err != nil, now.Add(lookUpPause)
}

// stay remembers where a thread has been served, and has other gateways told of what is new.
func (t *threads) stay(th thread, place routing.Place) {
	if th.id != "" && t.memory.Stay(th.scope, th.id, place, t.now()) && th.shared {
		t.news.add(th, place)
	}
}

// tell writes to the store where a thread is served. What cannot be told is news again when the thread is served next.
func (t *threads) tell(ctx context.Context, th thread, place routing.Place) {
	now := t.now()
	expires := now.Add(routing.ThreadMemory)
	p := session.Place{Provider: place.Target.Provider, Model: place.Target.Model, Key: string(place.Key), Expires: expires}
	if t.store.SetPlace(ctx, th.owner, th.name(), p) == nil { // else the store's guard says so
		t.memory.Told(th.scope, th.id, place, expires, now)
	}
}
