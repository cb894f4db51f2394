package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json` and `go help buildjson`.
type event struct {
	Action  string
	Package string
	Test    string // empty for what concerns the whole package
	Output  string
}

// test names a test or a subtest. Both count as one.
type test struct {
	pkg, name string
}

// report counts results, and holds a test's output back until it is known whether anybody wants to read it.
type report struct {
	out                     io.Writer
	passed, failed, skipped int

	held   map[test][]string
	broken map[string]bool // packages in which a test failed
}

func newReport(out io.Writer) *report {
	return &report{out: out, held: make(map[test][]string), broken: make(map[string]bool)}
}

// read takes events until the end of in. A line that is no event, such as what make prints, is shown as it is.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading test events: %w", err)
		}
	}
}

func (r *report) line(line []byte) {
	var e event
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &e) != nil || e.Action == "" {
		fmt.Fprintf(r.out, "%s\n", bytes.TrimRight(line, "\r\n"))
		return
	}
	if e.Test == "" {
		r.packageEvent(e)
		return
	}
	r.testEvent(e)
}

func (r *report) testEvent(e event) {
	id := test{e.Package, e.Test}
	switch e.Action {
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			r.held[id] = append(r.held[id], e.Output)
		}
	case "pass":
		r.passed++
		delete(r.held, id)
	case "skip":
		r.skipped++
		r.show(id)
	case "fail":
		r.failed++
		r.broken[e.Package] = true
		r.show(id)
	}
}

func (r *report) packageEvent(e event) {
	switch e.Action {
	case "output", "build-output":
		if e.Output != "PASS\n" {
			fmt.Fprint(r.out, e.Output)
		}
	case "fail":
		r.showUnfinished(e.Package)
		if !r.broken[e.Package] {
			r.failed++ // it did not compile, panicked, timed out or exited
		}
	}
}

// show prints what a test wrote.
func (r *report) show(id test) {
	for _, s := range r.held[id] {
		fmt.Fprint(r.out, s)
	}
	delete(r.held, id)
}

// showUnfinished prints what those tests of a package wrote that never ended, as after a panic.
func (r *report) showUnfinished(pkg string) {
	var ids []test
	for id := range r.held {
		if id.pkg == pkg {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b test) int { return strings.Compare(a.name, b.name) })
	for _, id := range ids {
		r.show(id)
	}
}
