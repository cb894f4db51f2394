package bolt_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

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

func write(t *testing.T, s session.Store, owner, key, value string) {
	t.Helper()
	change := session.Change{Key: key, Value: []byte(value), Expires: time.Now().Add(time.Hour)}
	if err := s.Write(t.Context(), owner, session.Batch{Changes: []session.Change{change}}); err != nil {
		t.Fatal(err)
	}
}

func wantRead(t *testing.T, s session.Store, owner, key, want string) {
	t.Helper()
	records, err := s.Read(t.Context(), owner, key)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(records[0].Value); got != want {
		t.Errorf("%s of %s is %.20q, want %.20q", key, owner, got, want)
	}
}

func TestTheFileOutlivesItsHandles(t *testing.T) {
	backend := &bolt.Bolt{Path: filepath.Join(t.TempDir(), "sessions.db")}
	long := strings.Repeat("long", 10_000)
	before := open(t, backend)
	write(t, before, "alice", "key", "value")
	write(t, before, "alice", "long", long)

	after := open(t, &bolt.Bolt{Path: backend.Path, MaxSize: 1 << 30}) // as a reload does
	for range 2 {                                                      // a second call of Close does nothing
		if err := before.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantRead(t, after, "alice", "key", "value")
	write(t, after, "alice", "key", "changed")
	if err := after.Close(); err != nil {
		t.Fatal(err)
	}

	again := open(t, backend) // as a restart does
	wantRead(t, again, "alice", "key", "changed")
	wantRead(t, again, "alice", "long", long)
}

func TestAHandleThatIsClosedSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	s := open(t, &bolt.Bolt{Path: path})
	s.Close()
	_, read := s.Read(t.Context(), "alice", "key")
	write := s.Write(t.Context(), "alice", session.Batch{Changes: []session.Change{{Key: "key", Expires: time.Now().Add(time.Hour)}}})
	for _, err := range []error{read, write} {
		if err == nil || !strings.Contains(err.Error(), path+": the store has been closed") {
			t.Errorf("got %v", err)
		}
	}
}

func TestOnePathIsOneFileWhateverItIsCalled(t *testing.T) {
	directory := t.TempDir()
	link := filepath.Join(directory, "link")
	if err := os.Symlink(directory, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	t.Chdir(directory)
	one := open(t, &bolt.Bolt{Path: filepath.Join(directory, "sub", "sessions.db")})
	write(t, one, "alice", "key", "value")
	wantRead(t, open(t, &bolt.Bolt{Path: filepath.Join("sub", "..", "sub", "sessions.db")}), "alice", "key", "value")
	wantRead(t, open(t, &bolt.Bolt{Path: filepath.Join(link, "sub", "sessions.db")}), "alice", "key", "value")
}

func TestTheFileIsForItsUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "directory", "sessions.db")
	open(t, &bolt.Bolt{Path: path})
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Dir(filepath.Dir(path)): 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has the mode %o, want %o", name, got, want)
		}
	}
}

func TestABatchThatCannotFitIsRefused(t *testing.T) {
	s := open(t, &bolt.Bolt{Path: filepath.Join(t.TempDir(), "sessions.db"), MaxSize: 1 << 20})
	big := session.Change{Key: "key", Value: make([]byte, 2<<20), Expires: time.Now().Add(time.Hour)}
	err := s.Write(t.Context(), "alice", session.Batch{Changes: []session.Change{big}})
	if err == nil || !strings.Contains(err.Error(), "max_size of the store is 1.0 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestAnOwnerHasNoSlash(t *testing.T) {
	s := open(t, &bolt.Bolt{Path: filepath.Join(t.TempDir(), "sessions.db")})
	for _, owner := range []string{"", "a/b"} {
		if err := s.Write(t.Context(), owner, session.Batch{}); err == nil {
			t.Errorf("%q was taken for an owner", owner)
		}
	}
}

func TestCaddyfile(t *testing.T) {
	for name, test := range map[string]struct {
		text, err string
		want      bolt.Bolt
	}{
		"no block":             {text: "bolt"},
		"a path":               {text: "bolt /data/sessions.db", want: bolt.Bolt{Path: "/data/sessions.db"}},
		"a block":              {text: "bolt {\npath /x\nmax_size 1GiB\n}", want: bolt.Bolt{Path: "/x", MaxSize: 1 << 30}},
		"a path and a block":   {text: "bolt /x {\nmax_size 1GiB\n}", want: bolt.Bolt{Path: "/x", MaxSize: 1 << 30}},
		"two arguments":        {text: "bolt /x /y", err: "the form is: bolt [<path>] { path <path>; max_size <size> }"},
		"two paths":            {text: "bolt /x {\npath /y\n}", err: "the path is given twice"},
		"a path that is none":  {text: "bolt {\npath\n}", err: "the form is: path <path>"},
		"an unknown line":      {text: "bolt {\nfile /x\n}", err: "unrecognized subdirective file; bolt takes path and max_size"},
		"a size that is none":  {text: "bolt {\nmax_size much\n}", err: "much is not a size from 1 byte to 1TiB, such as 64MiB"},
		"a size too small":     {text: "bolt {\nmax_size 1KiB\n}", err: "max_size is less than 1MiB"},
		"a path of two tokens": {text: "bolt {\npath /x /y\n}", err: "the form is: path <path>"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bolt.Bolt
			err := b.UnmarshalCaddyfile(caddyfile.NewTestDispenser(test.text))
			switch {
			case test.err != "":
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got the error %v, want %q", err, test.err)
				}
			case err != nil:
				t.Error(err)
			case b.Path != test.want.Path || b.MaxSize != test.want.MaxSize:
				t.Errorf("got %q and %d", b.Path, b.MaxSize)
			}
		})
	}
}

func TestModule(t *testing.T) {
	info, err := caddy.GetModule("codex_responses.stores.bolt")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_DATA_HOME", filepath.FromSlash("/data"))
	b := info.New().(*bolt.Bolt)
	if err := errors.Join(b.Provision(caddy.Context{}), b.Validate()); err != nil {
		t.Fatal(err)
	}
	if want := filepath.FromSlash("/data/caddy/codex_responses/sessions.db"); b.Path != want || b.MaxSize != 4<<30 {
		t.Errorf("got %q and %d, want %q", b.Path, b.MaxSize, want)
	}

	t.Setenv("SESSIONS", "/elsewhere")
	b = &bolt.Bolt{Path: "{env.SESSIONS}/x.db", MaxSize: 1 << 20}
	if err := errors.Join(b.Provision(caddy.Context{}), b.Validate()); err != nil || b.Path != "/elsewhere/x.db" {
		t.Errorf("got %q and %v", b.Path, err)
	}
	if err := (&bolt.Bolt{Path: "{env.NOT_SET_AT_ALL}"}).Provision(caddy.Context{}); err == nil {
		t.Error("a path without a value is accepted")
	}
	if err := (&bolt.Bolt{MaxSize: 100}).Validate(); err == nil {
		t.Error("a size of 100 bytes is accepted")
	}
}
