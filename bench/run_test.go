package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
)

// The test binary is also the upstream that a run starts, as the program itself is.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{"-role", upstreamRole}) {
		if err := runUpstream(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestAQuickRunMeasuresEveryWireAndRouting(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what another process uses is read on linux only")
	}
	if testing.Short() {
		t.Skip("builds Caddy")
	}
	var out bytes.Buffer
	p := quickPlan(wires)
	p.routing = true
	if err := run(t.Context(), p, "", "", true, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	var got report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	rows := map[string]*row{}
	for _, r := range got.Rows {
		rows[r.Label] = r
		for side, values := range r.Rounds {
			if len(values) != 1 || values[0] <= 0 {
				t.Errorf("%s, %s: got %v, want one value above 0", r.Label, sides[side].name, values)
			}
		}
	}
	for _, w := range append(slices.Clone(wires), routedWire) {
		for measure, limit := range map[string]float64{
			"CPU per request, 50 chunks": w.limit, "CPU per request, 2,000 chunks": w.limit,
			"time to first event, median": 1, "time to first event, p95": 1,
		} {
			switch r := rows[w.label(measure)]; {
			case r == nil:
				t.Errorf("%s was not measured", w.label(measure))
			case r.Limit != limit:
				t.Errorf("%s: got the limit %v, want %v", r.Label, r.Limit, limit)
			}
		}
	}
	for _, measure := range []string{"CPU per request, 50 chunks, one every 5 ms", "resident memory, 20 idle streams"} {
		if rows[measure] == nil {
			t.Errorf("%s was not measured", measure)
		}
	}
	if first := got.Rows[0].Label; first != "CPU per request, 50 chunks" {
		t.Errorf("the first row is %q, want one of chat", first)
	}
}
