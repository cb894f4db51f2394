package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the user and system time that a process has used, all of its threads together.
//
// It reads the process's CPU clock, which counts in nanoseconds; /proc/<pid>/stat counts the same in hundredths of a second, too coarse
// for a slice of a second or two.
func cpuTime(pid int) (time.Duration, error) {
	const scheduler = 2 // CPUCLOCK_SCHED; see clock_getcpuclockid(3)
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &t); err != nil {
		return 0, fmt.Errorf("reading the CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// residentMemory returns VmRSS of a process, in bytes.
func residentMemory(pid int) (int64, error) {
	name := fmt.Sprintf("/proc/%d/status", pid)
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			var kilobytes int64
			if _, err := fmt.Sscanf(value, "%d kB", &kilobytes); err != nil {
				return 0, fmt.Errorf("reading %s: %w", name, err)
			}
			return kilobytes << 10, nil
		}
	}
	return 0, fmt.Errorf("reading %s: no VmRSS", name)
}
