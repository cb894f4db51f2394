package redis

import "github.com/caddy-codex/responses/session/hub"

// subscription is the wish to hear of a topic.
type subscription struct {
	topic   hub.Topic
	asked   bool          // the server has been asked, on the present connection
	settled chan struct{} // closed when the server has confirmed it, or is found not to be able to
}

// subscription returns the one of a topic. The lock is held.
func (f *feed) subscription(topic hub.Topic) *subscription {
	channel := f.channel(topic.Owner, topic.Name)
	s := f.subscriptions[channel]
	if s == nil {
		s = &subscription{topic: topic, settled: make(chan struct{})}
		f.subscriptions[channel] = s
		if f.down {
			s.settle()
		}
	}
	return s
}

func (s *subscription) isSettled() bool {
	select {
	case <-s.settled:
		return true
	default:
		return false
	}
}

func (s *subscription) settle() {
	if !s.isSettled() {
		close(s.settled)
	}
}

// difference is what the server must be asked for and what it must not send any more.
func (f *feed) difference() (wanted, unwanted []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	watched := make(map[string]bool)
	for _, topic := range f.watched.Topics() {
		watched[f.channel(topic.Owner, topic.Name)] = true
		f.subscription(topic)
	}
	for channel, s := range f.subscriptions {
		switch {
		case !watched[channel]:
			delete(f.subscriptions, channel)
			if s.asked {
				unwanted = append(unwanted, channel)
			}
		case !s.asked:
			s.asked = true
			wanted = append(wanted, channel)
		}
	}
	return wanted, unwanted
}

// confirmed is called for each subscription that the server has made.
func (f *feed) confirmed(channel string) {
	f.mu.Lock()
	if f.down {
		f.down = false
		f.logger().Info("notifications are back")
	}
	s := f.subscriptions[channel]
	missed := s != nil && s.isSettled() // nobody waited for it: something may have been written before
	if s != nil {
		s.settle()
	}
	f.mu.Unlock()
	if missed {
		f.watched.Notify(s.topic.Owner, s.topic.Name)
	}
}

// published is called for each write of a topic.
func (f *feed) published(channel string) {
	f.mu.Lock()
	s := f.subscriptions[channel]
	f.mu.Unlock()
	if s != nil {
		f.watched.Notify(s.topic.Owner, s.topic.Name)
	}
}
