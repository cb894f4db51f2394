package redis

import (
	"time"

	"github.com/caddy-codex/responses/session"
)

// OpenAt opens a handle with a clock of its own.
func (b *Backend) OpenAt(now func() time.Time) (session.Store, error) { return b.open(now) }

// Place is what is made of an address.
func Place(text, port string) (string, error) {
	a, err := parseAddress(text, port)
	return a.place, err
}

// SetPulse sets how often the handle's connection for notifications is tried where nothing is heard.
func SetPulse(s session.Store, pulse time.Duration) { s.(*handle).feed.pulse = pulse }
