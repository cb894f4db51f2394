// Command testcount reads what `go test -json` prints, shows the part that a person wants to read, and ends with one
// line of totals: "412 passed, 0 failed, 1 skipped". It exits with 1 where a test or a package failed or nothing ran,
// and with -no-skips also where a test was skipped.
//
// It does not run the tests: the caller's pipe does, and its exit code counts as well (set -o pipefail).
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	noSkips := flag.Bool("no-skips", false, "fail where a test was skipped")
	flag.Parse()
	ok, err := run(os.Stdin, os.Stdout, *noSkips)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

// run shows the events of in on out, and reports whether the tests did what was asked of them.
func run(in io.Reader, out io.Writer, noSkips bool) (ok bool, err error) {
	r := newReport(out)
	err = r.read(in)
	ok = r.failed == 0 && r.passed+r.skipped > 0
	if noSkips && r.skipped > 0 {
		ok = false
		fmt.Fprintln(out, "skipped tests are not accepted here (-no-skips)")
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	return ok, err
}
