//go:build unix

package bolt_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/bolt"
)

// processorTime is what the process has used, in nanoseconds.
func processorTime() int64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// BenchmarkWrite reports the processor time of a write beside its wall time, which is that of the disk. With TMPDIR in the memory of the
// machine, the disk has no part in it.
func BenchmarkWrite(b *testing.B) {
	for _, size := range []int{100, 600, 4 << 10, 20 << 10, 200 << 10} {
		for _, writers := range []int{1, 16} {
			b.Run(fmt.Sprintf("bytes=%d/writers=%d", size, writers), func(b *testing.B) { benchmarkWrite(b, size, writers) })
		}
	}
}

func benchmarkWrite(b *testing.B, size, writers int) {
	b.Helper()
	s := open(b, &bolt.Bolt{Path: filepath.Join(b.TempDir(), "sessions.db"), MaxSize: 1 << 30})
	value := make([]byte, size)
	start := time.Now()
	var n atomic.Int64
	put := func(i int64) {
		owner, key := fmt.Sprintf("owner-%d", i%50), fmt.Sprintf("item/%016x", uint64(i)*0x9e3779b97f4a7c15)
		change := session.Change{Key: key, Value: value, Expires: start.Add(time.Hour + time.Duration(i)*time.Millisecond)}
		if err := s.Write(b.Context(), owner, session.Batch{Changes: []session.Change{change}, Limit: 1 << 30}); err != nil {
			b.Error(err)
		}
	}
	for range 5000 { // so that the trees have their depth
		put(n.Add(1))
	}
	runtime.GC()
	before := processorTime()
	b.SetParallelism(writers)
	b.ReportAllocs()
	b.ResetTimer()
	if writers == 1 {
		for b.Loop() {
			put(n.Add(1))
		}
	} else {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				put(n.Add(1))
			}
		})
	}
	b.ReportMetric(float64(processorTime()-before)/float64(b.N)/1000, "cpu-µs/op")
}
