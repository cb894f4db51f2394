package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const (
		pass = `{"Action":"pass","Package":"p","Test":"TestA"}`
		skip = `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:9: needs npm\n"}
{"Action":"skip","Package":"p","Test":"TestB"}`
		fail = `{"Action":"output","Package":"p","Test":"TestC","Output":"=== RUN   TestC\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:7: got 1\n"}
{"Action":"fail","Package":"p","Test":"TestC"}
{"Action":"fail","Package":"p"}`
	)
	tests := map[string]struct {
		in      string
		noSkips bool
		ok      bool
		want    string
	}{
		"passing tests are counted and quiet": {
			in: pass + `
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}`,
			ok:   true,
			want: "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n",
		},
		"a package without tests is not a skipped test": {
			in:   pass + "\n" + `{"Action":"skip","Package":"q"}`,
			ok:   true,
			want: "1 passed, 0 failed, 0 skipped\n",
		},
		"a failing test shows its output and fails its package once": {
			in:   pass + "\n" + fail,
			want: "    c_test.go:7: got 1\n1 passed, 1 failed, 0 skipped\n",
		},
		"a skipped test shows its reason": {
			in:   pass + "\n" + skip,
			ok:   true,
			want: "    b_test.go:9: needs npm\n1 passed, 0 failed, 1 skipped\n",
		},
		"a skipped test fails where skips are not accepted": {
			in: pass + "\n" + skip, noSkips: true,
			want: "    b_test.go:9: needs npm\nskipped tests are not accepted here (-no-skips)\n1 passed, 0 failed, 1 skipped\n",
		},
		"a package that does not compile counts as one failure": {
			in: `{"ImportPath":"p","Action":"build-output","Output":"p.go:3:1: syntax error\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"fail","Package":"p","FailedBuild":"p"}`,
			want: "p.go:3:1: syntax error\n0 passed, 1 failed, 0 skipped\n",
		},
		"a test that never ended shows what it wrote": {
			in: `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p"}`,
			want: "panic: test timed out\n0 passed, 1 failed, 0 skipped\n",
		},
		"a line that is no event is shown as it is": {
			in:   "go test ./...\n" + pass,
			ok:   true,
			want: "go test ./...\n1 passed, 0 failed, 0 skipped\n",
		},
		"no tests at all is a failure": {
			want: "0 passed, 0 failed, 0 skipped\n",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			ok, err := run(strings.NewReader(tc.in), &out, tc.noSkips)
			if err != nil {
				t.Fatal(err)
			}
			if ok != tc.ok || out.String() != tc.want {
				t.Errorf("ok = %v, output:\n%s\nwant %v:\n%s", ok, out.String(), tc.ok, tc.want)
			}
		})
	}
}
