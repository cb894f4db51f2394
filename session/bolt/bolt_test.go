package bolt_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/bolt"
	"github.com/caddy-codex/responses/session/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) (a, b session.Store) {
		t.Helper()
		backend := &bolt.Bolt{Path: filepath.Join(t.TempDir(), "sessions.db")}
		backend.SetClock(now, nil)
		return open(t, backend), open(t, backend)
	})
}

func open(t testing.TB, b *bolt.Bolt) session.Store {
	t.Helper()
	s, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
