//go:build !linux

package main

import (
	"fmt"
	"runtime"
	"time"
)

func cpuTime(int) (time.Duration, error) {
	return 0, fmt.Errorf("measuring another process is not supported on %s, only on linux", runtime.GOOS)
}

func residentMemory(int) (int64, error) {
	return 0, fmt.Errorf("measuring another process is not supported on %s, only on linux", runtime.GOOS)
}
