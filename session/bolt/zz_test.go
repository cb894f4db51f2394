package bolt_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestZZFlips(t *testing.T) {
	seed := uint64(1)
	for _, closed := range []bool{false, true} {
		content := example(t, closed)
		n := len(bytes.TrimRight(content, "\x00"))
		kinds := map[string]int{}
		for i := range 2000 {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			d := bytes.Clone(content)
			for range 1 + r.IntN(3) {
				p := r.IntN(n/page) * page
				if r.IntN(2) == 0 {
					p += r.IntN(64)
				} else {
					p += r.IntN(page)
				}
				if p < len(d) {
					d[p] = byte(r.Uint32())
				}
			}
			path := filepath.Join(t.TempDir(), "s.db")
			os.WriteFile(path, d, 0o600)
			fmt.Fprintln(os.Stderr, "try", closed, i)
			err := use(t, path)
			if err != nil {
				k := strings.ReplaceAll(err.Error(), path, "FILE")
				if len(k) > 110 {
					k = k[:110]
				}
				kinds[k]++
			}
		}
		for k, v := range kinds {
			t.Log(v, k)
		}
	}
}
