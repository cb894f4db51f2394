package main

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// childVariable tells the test binary to be the process that is measured.
const childVariable = "BENCH_TEST_CHILD"

// childTime is how much CPU the child uses before it says so.
const childTime = 50 * time.Millisecond

func TestUsageOfAnotherProcess(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		beBusy(t)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestUsageOfAnotherProcess$")
	child.Env = append(os.Environ(), childVariable+"=1")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has done its work
		t.Fatal(err)
	}
	used, err := cpuTime(child.Process.Pid)
	if err != nil {
		t.Error(err)
	}
	resident, err := residentMemory(child.Process.Pid)
	if err != nil {
		t.Error(err)
	}
	_ = in.Close()
	_ = child.Wait()

	// The kernel's own account of the ended process is rounded to its tick, at most 10 ms for each of the two.
	whole := child.ProcessState.UserTime() + child.ProcessState.SystemTime() + 20*time.Millisecond
	if used < childTime || used > whole {
		t.Errorf("CPU time: got %v, want at least %v and at most %v", used, childTime, whole)
	}
	if resident < 1<<20 || resident > 1<<30 {
		t.Errorf("resident memory: got %d bytes", resident)
	}
	if _, err := cpuTime(child.Process.Pid); err == nil {
		t.Error("CPU time of a process that has ended: want an error")
	}
}

// beBusy is the child: it computes, says so, and waits for the end of its input.
func beBusy(t *testing.T) {
	t.Helper()
	for {
		_ = replyText(1000)
		used, err := cpuTime(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if used >= childTime {
			break
		}
	}
	_, _ = os.Stdout.WriteString("x")
	_, _ = os.Stdin.Read(make([]byte, 1))
}
