package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/bolt"
)

// killedFile is set in the environment of the process that is killed.
const killedFile = "CODEX_RESPONSES_TEST_KILLED_FILE"

const killedWriters = 6

// TestMain has the process write until it is killed, where it was started for that.
func TestMain(m *testing.M) {
	if path := os.Getenv(killedFile); path != "" {
		fmt.Println("failed", writeUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled has some owners write batch upon batch. It prints the owner and the number of each when it is acknowledged.
func writeUntilKilled(path string) error {
	s, err := (&bolt.Bolt{Path: path}).Open()
	if err != nil {
		return err
	}
	failed := make(chan error)
	for writer := range killedWriters {
		go func() {
			owner := strconv.Itoa(writer)
			for n := lastOf(s, owner) + 1; ; n++ {
				if err := s.Write(context.Background(), owner, session.Batch{Changes: numbered(writer, n)}); err != nil {
					failed <- err
					return
				}
				fmt.Println(owner, n)
			}
		}()
	}
	return <-failed
}

// numbered is the batch of a number: it writes the number, a record of that number alone, and removes an earlier one.
func numbered(writer, n int) []session.Change {
	expires := time.Now().Add(time.Hour)
	return []session.Change{
		{Key: "last", Value: []byte(strconv.Itoa(n)), Expires: expires},
		{Key: fmt.Sprintf("record/%08d", n), Value: valueOf(writer, n), Expires: expires},
		{Key: fmt.Sprintf("record/%08d", n-10), Op: session.Delete},
	}
}

func valueOf(writer, n int) []byte {
	chance := rand.New(rand.NewPCG(uint64(writer), uint64(n)))
	return bytes.Repeat([]byte{byte(n)}, []int{10, 500, 5000, 100_000}[chance.IntN(4)])
}

// lastOf is the number of the last batch that an owner has written.
func lastOf(s session.Store, owner string) int {
	records, err := s.Read(context.Background(), owner, "last")
	if err != nil || records[0].Value == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(records[0].Value))
	return n
}

func TestWhatWasAcknowledgedIsThereWhenTheProcessWasKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	var acknowledged [killedWriters]int
	chance := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for round := range 12 {
		runUntilKilled(t, path, 1+chance.IntN(100), &acknowledged)
		if round%2 == 0 {
			continue // the next process finds the file as this one has left it
		}
		s, err := (&bolt.Bolt{Path: path}).Open()
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for writer := range killedWriters {
			acknowledged[writer] = wantWhole(t, s, writer, acknowledged[writer])
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runUntilKilled has another process write, and kills it after a number of acknowledgments.
func runUntilKilled(t *testing.T, path string, after int, acknowledged *[killedWriters]int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), killedFile+"="+path)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var kill sync.Once
	lines := bufio.NewScanner(output)
	for n := 0; lines.Scan(); n++ {
		var writer, number int
		if _, err := fmt.Sscan(lines.Text(), &writer, &number); err != nil {
			if strings.HasPrefix(lines.Text(), "failed") {
				t.Fatal(lines.Text())
			}
			continue // the last line was cut
		}
		acknowledged[writer] = max(acknowledged[writer], number)
		if n >= after {
			kill.Do(func() { _ = command.Process.Kill() })
		}
	}
	if command.Wait() == nil {
		t.Fatal("the process has ended on its own")
	}
}

// wantWhole compares the records of a writer with what its last batch leaves: the one that was acknowledged, or a later one. Each of the two
// processes before may have written one that it did not acknowledge any more.
func wantWhole(t *testing.T, s session.Store, writer, acknowledged int) (last int) {
	t.Helper()
	owner := strconv.Itoa(writer)
	last = lastOf(s, owner)
	if last < acknowledged || last > acknowledged+2 {
		t.Fatalf("the last of %s is %d; acknowledged were %d", owner, last, acknowledged)
	}
	records, err := s.List(t.Context(), owner, session.Query{Prefix: "record/"})
	if err != nil {
		t.Fatal(err)
	}
	if want := min(last, 10); len(records) != want {
		t.Fatalf("%s has %d records, want %d", owner, len(records), want)
	}
	for i, record := range records {
		n := last - len(records) + 1 + i
		if record.Key != fmt.Sprintf("record/%08d", n) || !bytes.Equal(record.Value, valueOf(writer, n)) {
			t.Fatalf("%s of %s is not what was written", record.Key, owner)
		}
	}
	return last
}
