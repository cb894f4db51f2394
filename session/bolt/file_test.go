package bolt_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/bolt"
)

// wantRefused opens what is no proper file.
func wantRefused(t *testing.T, path string, want ...string) {
	t.Helper()
	s, err := (&bolt.Bolt{Path: path}).Open()
	if err == nil {
		s.Close()
		t.Fatal("the file was opened")
	}
	for _, part := range append(want, path) {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestAFileThatIsNoneOfSessionsIsRefusedAndLeftAsItIs(t *testing.T) {
	for name, content := range map[string][]byte{
		"a short text": []byte("hello"),
		"a long text":  bytes.Repeat([]byte("hello "), 10_000),
		"zeros":        make([]byte, 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sessions.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			wantRefused(t, path, "it is not a file of sessions, or is damaged; give another path, or move it away to begin anew")
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
				t.Errorf("the file has been changed: %v", err)
			}
		})
	}
}

func TestAFileOfBboltWithOtherContentIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("of another program"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	wantRefused(t, path, "not a file of sessions", "another format")
}

func TestADirectoryIsNoFile(t *testing.T) {
	wantRefused(t, t.TempDir(), "directory")
}

func TestAFileThatAnotherHasLockedIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	db, err := bbolt.Open(path, 0o600, nil) // a lock is of the open file, so that this process may stand for another
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, path, "another process has the store", "give each its own path")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, &bolt.Bolt{Path: path})
}

// example writes a file with short and long records, and returns what it is made of. closed says whether it was closed in order.
func example(t *testing.T, closed bool) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sessions.db")
	s := open(t, &bolt.Bolt{Path: path})
	for i := range 60 {
		write(t, s, fmt.Sprintf("owner-%d", i%3), fmt.Sprintf("key/%03d", i), strings.Repeat("value ", i*10))
	}
	for i := range 3 { // which puts into the file what it lists
		if _, err := s.List(t.Context(), fmt.Sprintf("owner-%d", i), session.Query{}); err != nil {
			t.Fatal(err)
		}
	}
	if closed {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

const page = 4096

// use opens a file, and reads and writes where that is possible. It returns what went wrong; the process must live on.
func use(t *testing.T, path string) error {
	t.Helper()
	s, err := (&bolt.Bolt{Path: path}).Open()
	if err != nil {
		return err
	}
	defer s.Close()
	for i := range 3 {
		owner := fmt.Sprintf("owner-%d", i)
		records, err := s.List(t.Context(), owner, session.Query{})
		if err != nil {
			return err
		}
		var changes []session.Change
		for _, record := range records {
			changes = append(changes, session.Change{Key: record.Key, Op: session.Delete},
				session.Change{Key: record.Key + "x", Value: record.Value, Expires: record.Expires.Add(1)})
		}
		if err := s.Write(t.Context(), owner, session.Batch{Changes: changes}); err != nil {
			return err
		}
		if _, err := s.List(t.Context(), owner, session.Query{}); err != nil {
			return err
		}
	}
	return nil
}

func TestAFileThatHasBeenCutIsRefused(t *testing.T) {
	for _, closed := range []bool{true, false} {
		content := example(t, closed)
		pages := len(bytes.TrimRight(content, "\x00")) / page // the rest has been reserved only
		for cut := page / 2; cut < pages*page; cut += 3 * page / 2 {
			path := filepath.Join(t.TempDir(), "sessions.db")
			if err := os.WriteFile(path, content[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			if err := use(t, path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("cut to %d bytes of %d: %v", cut, len(content), err)
			}
		}
	}
}

// wantKnown writes a damaged file and uses it. What goes wrong must name the file.
func wantKnown(t *testing.T, what string, content []byte) (found bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sessions.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	err := use(t, path)
	if err != nil && !strings.Contains(err.Error(), path) {
		t.Errorf("%s: %v", what, err)
	}
	return err != nil
}

func TestADamagedPageIsAnErrorThatNamesTheFile(t *testing.T) {
	for _, closed := range []bool{true, false} {
		content, found := example(t, closed), 0
		for number := range len(content) / page {
			for _, garbage := range []byte{0, 0xff, 0x55} {
				damaged := bytes.Clone(content)
				copy(damaged[number*page:(number+1)*page], bytes.Repeat([]byte{garbage}, page))
				if wantKnown(t, fmt.Sprintf("page %d of a file, closed: %v", number, closed), damaged) {
					found++
				}
			}
		}
		if found < 20 {
			t.Errorf("only %d damages were found", found)
		}
	}
}

func TestDamagedBytesAreAnErrorThatNamesTheFile(t *testing.T) {
	for _, closed := range []bool{true, false} {
		content, found := example(t, closed), 0
		pages := len(bytes.TrimRight(content, "\x00")) / page
		for seed := range uint64(200) {
			chance, damaged := rand.New(rand.NewPCG(1, seed)), bytes.Clone(content)
			for range 1 + chance.IntN(3) {
				damaged[chance.IntN(pages)*page+chance.IntN(64)] = byte(chance.Uint32()) // among the headers
			}
			if wantKnown(t, fmt.Sprintf("seed %d, closed: %v", seed, closed), damaged) {
				found++
			}
		}
		if found < 20 {
			t.Errorf("only %d damages were found", found)
		}
	}
}
