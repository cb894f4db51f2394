package bolt

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
)

// journaled is the content of a journal with some batches, and where each of them ends.
func journaled(t *testing.T) (content []byte, batches []session.Batch, ends []int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.file.Close()
	if err := j.begin(7); err != nil {
		t.Fatal(err)
	}
	expires := time.Unix(1_800_000_000, 5)
	batches = []session.Batch{
		{Changes: []session.Change{{Key: "a", Value: []byte("one"), Expires: expires}}, Limit: 1 << 40},
		{Changes: []session.Change{{Key: "a", Op: session.Touch, Expires: expires.Add(1)}, {Key: "b", Op: session.Delete}}},
		{Changes: []session.Change{{Key: "", Value: []byte{}, Expires: expires}, {Key: "c", Value: bytes.Repeat([]byte{7}, 3000), Expires: expires}}},
	}
	for i := range batches {
		if err := j.append(fmt.Sprint("owner", i), &batches[i]); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, j.size)
	}
	if content, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return content, batches, ends
}

// readJournal reads a journal with a content.
func readJournal(t *testing.T, content []byte) (uint64, []owned, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.file.Close()
	return j.read()
}

func TestAJournalHoldsWhatWasAppended(t *testing.T) {
	content, batches, _ := journaled(t)
	number, got, err := readJournal(t, content)
	if err != nil || number != 7 || len(got) != len(batches) {
		t.Fatalf("got the number %d and %d batches, %v", number, len(got), err)
	}
	for i, want := range batches {
		if got[i].owner != fmt.Sprint("owner", i) || got[i].batch.Limit != want.Limit || len(got[i].batch.Changes) != len(want.Changes) {
			t.Fatalf("batch %d is %+v", i, got[i])
		}
		for n, c := range want.Changes {
			g := got[i].batch.Changes[n]
			if g.Key != c.Key || g.Op != c.Op || !bytes.Equal(g.Value, c.Value) || c.Op != session.Delete && !g.Expires.Equal(c.Expires) {
				t.Errorf("change %d of batch %d is %+v, want %+v", n, i, g, c)
			}
		}
	}
}

func TestAJournalThatWasCutHoldsWhatIsWhole(t *testing.T) {
	content, _, ends := journaled(t)
	for cut := range content {
		_, got, err := readJournal(t, content[:cut])
		if err != nil {
			t.Fatalf("cut to %d bytes: %v", cut, err)
		}
		want := 0
		for _, end := range ends {
			if int64(cut) >= end {
				want++
			}
		}
		if len(got) != want {
			t.Fatalf("cut to %d bytes it has %d batches, want %d", cut, len(got), want)
		}
	}
}

func TestADamagedEntryAndWhatFollowsIsLeftOut(t *testing.T) {
	content, _, ends := journaled(t)
	for i := journalHeader; i < len(content); i += 11 {
		damaged := bytes.Clone(content)
		damaged[i] ^= 0x10
		_, got, err := readJournal(t, damaged)
		want := 0
		for _, end := range ends {
			if int64(i) >= end {
				want++
			}
		}
		if err != nil || len(got) != want {
			t.Fatalf("with byte %d changed it has %d batches, want %d: %v", i, len(got), want, err)
		}
	}
}

func TestAFileThatIsNoJournalIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	if err := os.WriteFile(path+".journal1", []byte("something that somebody may want to keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := openStore(path, 1<<30, time.Now, nil)
	if err == nil || !strings.Contains(err.Error(), path+".journal1") {
		t.Fatalf("got %v", err)
	}
	if content, err := os.ReadFile(path + ".journal1"); err != nil || !strings.HasPrefix(string(content), "something") {
		t.Errorf("it was changed: %q %v", content, err)
	}
}

func TestManyLongBatchesAreAllThere(t *testing.T) {
	now := time.Now()
	f := opened(t, 1<<30, &now, nil)
	const long = maxYoung / 4
	for i := range 12 {
		if err := f.Write(t.Context(), "alice", session.Batch{Changes: []session.Change{put(fmt.Sprint("key", i), long, now.Add(time.Hour))}}); err != nil {
			t.Fatal(err)
		}
	}
	records, err := f.List(t.Context(), "alice", session.Query{})
	if err != nil || len(records) != 12 {
		t.Errorf("got %d records, %v", len(records), err)
	}
}

func FuzzParseBatch(f *testing.F) {
	f.Add(appendBatch(nil, "owner", &session.Batch{Changes: []session.Change{{Key: "a", Value: []byte("x"), Expires: time.Unix(1, 0)}, {Key: "b", Op: session.Delete}}}))
	f.Fuzz(func(t *testing.T, text []byte) {
		owner, b, ok := parseBatch(text)
		if !ok {
			return
		}
		again, b2, ok := parseBatch(appendBatch(nil, owner, b))
		if !ok || again != owner || len(b2.Changes) > len(b.Changes) {
			t.Errorf("%q comes back as %q, %+v as %+v", owner, again, b, b2)
		}
	})
}
