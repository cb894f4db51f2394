// Package hub tells those who watch a topic within one process that something has been written.
//
// The stores of package session use it for their Watch. It knows neither records nor other processes: a store of a fleet passes on what it
// hears from its server.
package hub

import (
	"context"
	"sync"
)

// Topic is what can be watched: a topic of an owner.
type Topic struct {
	Owner string
	Name  string
}

// Hub keeps the channels of those who watch. The zero value is ready. It may be used by many goroutines.
type Hub struct {
	// Changed, if set before the first use, is called when a topic is watched that was not, and when one is not watched any more. Calls come
	// from any goroutine, also at the same time: Topics says what is watched at the moment.
	Changed func()

	mu       sync.RWMutex
	channels map[Topic]map[chan struct{}]struct{}
}

// Watch returns a channel that is sent to after each Notify of the topic as long as ctx lasts. Several may count as one. It is never closed.
// What is notified after Watch has returned is not missed.
func (h *Hub) Watch(ctx context.Context, owner, name string) <-chan struct{} {
	topic, channel := Topic{owner, name}, make(chan struct{}, 1)
	if ctx.Err() != nil {
		return channel
	}
	if h.add(topic, channel) && h.Changed != nil {
		h.Changed()
	}
	context.AfterFunc(ctx, func() {
		if h.remove(topic, channel) && h.Changed != nil {
			h.Changed()
		}
	})
	return channel
}

// add reports whether it is the first channel of the topic.
func (h *Hub) add(t Topic, channel chan struct{}) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.channels == nil {
		h.channels = make(map[Topic]map[chan struct{}]struct{})
	}
	first := h.channels[t] == nil
	if first {
		h.channels[t] = make(map[chan struct{}]struct{})
	}
	h.channels[t][channel] = struct{}{}
	return first
}

// remove reports whether it was the last channel of the topic.
func (h *Hub) remove(t Topic, channel chan struct{}) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.channels[t], channel)
	last := len(h.channels[t]) == 0
	if last {
		delete(h.channels, t)
	}
	return last
}

// Notify tells all who watch a topic. It does not wait for them.
func (h *Hub) Notify(owner, name string) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	tell(h.channels[Topic{owner, name}])
}

// NotifyAll tells all who watch anything: for a store that may have missed what was written, as its connection was gone.
func (h *Hub) NotifyAll() {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, channels := range h.channels {
		tell(channels)
	}
}

func tell(channels map[chan struct{}]struct{}) {
	for channel := range channels {
		select {
		case channel <- struct{}{}:
		default: // it has not yet taken the one before
		}
	}
}

// Watched reports whether anyone watches a topic.
func (h *Hub) Watched(owner, name string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.channels[Topic{owner, name}] != nil
}

// Topics returns what is watched, in no order.
func (h *Hub) Topics() []Topic {
	h.mu.RLock()
	defer h.mu.RUnlock()
	topics := make([]Topic, 0, len(h.channels))
	for topic := range h.channels {
		topics = append(topics, topic)
	}
	return topics
}
