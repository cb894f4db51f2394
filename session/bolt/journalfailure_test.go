package bolt

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
)

// A system that lost its power may have made a file longer and not have written what stands there.
func TestAJournalWithZerosBehindItsEndIsRead(t *testing.T) {
	content, batches, ends := journaled(t)
	for _, zeros := range []int{1, entryHeader, 4096} {
		number, got, err := readJournal(t, append(bytes.Clone(content), make([]byte, zeros)...))
		if err != nil || number != 7 || len(got) != len(batches) {
			t.Errorf("with %d zeros behind it has %d batches, %v", zeros, len(got), err)
		}
		cut := content[:ends[0]+3]
		if _, got, err = readJournal(t, append(bytes.Clone(cut), make([]byte, zeros)...)); err != nil || len(got) != 1 {
			t.Errorf("cut and with %d zeros behind it has %d batches, %v", zeros, len(got), err)
		}
		if _, got, err = readJournal(t, make([]byte, zeros)); err != nil || len(got) != 0 {
			t.Errorf("as %d zeros it has %d batches, %v", zeros, len(got), err)
		}
	}
}

// at opens the store of a path, which is closed when the test ends.
func at(t *testing.T, path string) *front {
	t.Helper()
	f, err := openStore(path, 1<<30, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, f *front, key, value string) {
	t.Helper()
	b := session.Batch{Changes: []session.Change{{Key: key, Value: []byte(value), Expires: time.Now().Add(time.Hour)}}}
	if err := f.Write(t.Context(), "alice", b); err != nil {
		t.Fatal(err)
	}
}

func requireValue(t *testing.T, f *front, key, want string) {
	t.Helper()
	records, err := f.Read(t.Context(), "alice", key)
	if err != nil || string(records[0].Value) != want {
		t.Errorf("%s is %q, want %q: %v", key, records[0].Value, want, err)
	}
}

// What empties a journal may not have reached the disk when the power fails, while what was put into the file has.
func TestAJournalThatIsInTheFileAlreadyIsNotPutThereAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	f := at(t, path)
	write(t, f, "a", "early")
	name := f.journals[f.active].file.Name()
	early, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, f, "a", "late")
	if err := f.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Destruct(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := os.WriteFile(name, early, 0o600); err != nil {
			t.Fatal(err)
		}
		f = at(t, path)
		requireValue(t, f, "a", "late")
		write(t, f, "b", "new")
		if err := f.Destruct(); err != nil {
			t.Fatal(err)
		}
	}
	f = at(t, path)
	defer f.Destruct()
	requireValue(t, f, "a", "late")
	requireValue(t, f, "b", "new")
}

// What was written while the file could not be is put there with what could not be put there before.
func TestWhatIsWrittenDuringAFailureGetsIntoTheFile(t *testing.T) {
	f := at(t, filepath.Join(t.TempDir(), "sessions.db"))
	defer f.Destruct()
	f.turn <- struct{}{} // nothing is put into the file until it is given back
	write(t, f, "a", "one")
	for moving := false; !moving; {
		nudge(f.hurry)
		f.mu.Lock()
		moving = f.moving != nil
		f.mu.Unlock()
	}
	write(t, f, "b", "two")
	broken := errDamaged
	f.broken.Store(&broken)
	f.mu.Lock()
	moved := f.moved
	f.mu.Unlock()
	<-f.turn
	<-moved
	f.broken.Store(nil)
	for failed := true; failed; {
		f.mu.Lock()
		failed = f.failed != nil
		moved = f.moved
		f.mu.Unlock()
		if failed {
			<-moved
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	records, err := f.List(ctx, "alice", session.Query{})
	keys := make([]string, len(records))
	for i, r := range records {
		keys[i] = r.Key
	}
	if err != nil || !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("there are %q, %v", keys, err)
	}
}
