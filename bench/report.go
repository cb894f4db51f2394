package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
)

// A comparison says how the two sides of a row are set against each other.
type comparison string

const (
	ratio comparison = "ratio" // gateway / plain
	added comparison = "added" // gateway - plain
)

// A row is one measure: a value a round for each side.
type row struct {
	wire     *wire
	Label    string          `json:"label"`
	Unit     string          `json:"unit,omitempty"`
	Compared comparison      `json:"compared"`
	Limit    float64         `json:"limit,omitempty"` // what Compared should not exceed; 0: none
	Rounds   both[[]float64] `json:"rounds"`          // plain first
}

func (r *row) add(side int, value float64) { r.Rounds[side] = append(r.Rounds[side], value) }

// compared returns the median over the rounds of what the row compares, and its extremes.
func (r *row) compared() (median, low, high float64) {
	var values []float64
	for i, plain := range r.Rounds[0] {
		if r.Compared == ratio {
			values = append(values, r.Rounds[1][i]/plain)
		} else {
			values = append(values, r.Rounds[1][i]-plain)
		}
	}
	return quantile(values, 0.5), slices.Min(values), slices.Max(values)
}

// report is what a run has measured.
type report struct {
	Machine  string    `json:"machine"`
	Rows     []*row    `json:"rows"`
	Failures *failures `json:"failures"`
}

func newReport(b *bench) *report {
	return &report{
		Machine:  fmt.Sprintf("%s, %s, %s/%s", processor(), plural(runtime.NumCPU(), "core"), runtime.GOOS, runtime.GOARCH),
		Failures: &b.failed,
	}
}

// row returns the row of a measure on a wire; it is made where it does not exist. Those of a wire stand together, in the order of wires.
func (r *report) row(w *wire, measure, unit string, compared comparison, limit float64) *row {
	label := w.label(measure)
	for _, row := range r.Rows {
		if row.Label == label {
			return row
		}
	}
	made := &row{wire: w, Label: label, Unit: unit, Compared: compared, Limit: limit}
	r.Rows = append(r.Rows, made)
	slices.SortStableFunc(r.Rows, func(a, b *row) int {
		return cmp.Compare(a.wire.place(), b.wire.place())
	})
	return made
}

func (r *report) writeJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// writeTable prints the report as an aligned Markdown table.
func (r *report) writeTable(w io.Writer) error {
	proxying, storing := r.tables()
	var out strings.Builder
	fmt.Fprintf(&out, "%s. Request bodies: plain %s, gateway %s.\n\n", r.Machine,
		kilobytes(len(chatBody(shortModel))), kilobytes(len(responsesBody(shortModel))))
	if len(proxying) > 0 {
		writeAligned(&out, r.cells([]string{"measure", "plain", "gateway", "gateway to plain", "over the rounds", "target"}, proxying))
	}
	if len(storing) > 0 {
		fmt.Fprintf(&out, "\nStoring, between two gateways. A request that goes on from a stored response: %s.\n\n",
			kilobytes(len(turnBody(shortModel, "resp_ABCDEFGHIJKLMNOPQRSTUVWXYZ"))))
		writeAligned(&out, r.cells([]string{"measure", "off", "on", "on to off", "over the rounds", "target"}, storing))
	}
	fmt.Fprintf(&out, "\n%s\n", r.Failures)
	_, err := io.WriteString(w, out.String())
	return err
}

// tables are the rows that compare the gateway with a plain proxy, and those that compare storing with not storing.
func (r *report) tables() (proxying, storing []*row) {
	for _, row := range r.Rows {
		if row.wire.storing {
			storing = append(storing, row)
		} else {
			proxying = append(proxying, row)
		}
	}
	return proxying, storing
}

// cells is a table of rows under a head.
func (r *report) cells(head []string, rows []*row) [][]string {
	cells := [][]string{head}
	for _, row := range rows {
		median, low, high := row.compared()
		target := ""
		if row.Limit > 0 {
			verdict := "met"
			switch {
			case r.Failures.total() > 0:
				verdict = "INVALID"
			case median > row.Limit:
				verdict = "MISSED"
			}
			target = "at most " + row.compare(row.Limit) + ": " + verdict
		}
		cells = append(cells, []string{
			row.Label, row.value(0), row.value(1), row.compare(median), row.compare(low) + " to " + row.compare(high), target,
		})
	}
	return cells
}

func (r *row) value(side int) string {
	return strings.TrimSpace(threeDigits(quantile(r.Rounds[side], 0.5)) + " " + r.Unit)
}

func (r *row) compare(value float64) string {
	if r.Compared == ratio {
		return fmt.Sprintf("%.2fx", value)
	}
	return fmt.Sprintf("%+.2f %s", value, r.Unit)
}

// threeDigits keeps what of a measurement means something.
func threeDigits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// writeAligned writes a Markdown table. The first row is the head; the first column is aligned left, the others right.
func writeAligned(out *strings.Builder, cells [][]string) {
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for n, line := range cells {
		for i, cell := range line {
			if i == 0 {
				fmt.Fprintf(out, "| %-*s |", widths[i], cell)
			} else {
				fmt.Fprintf(out, " %*s |", widths[i], cell)
			}
		}
		out.WriteByte('\n')
		if n > 0 {
			continue
		}
		out.WriteString("|" + strings.Repeat("-", widths[0]+2) + "|")
		for _, width := range widths[1:] {
			out.WriteString(strings.Repeat("-", width+1) + ":|")
		}
		out.WriteByte('\n')
	}
}

// String lists the failures, the most frequent first.
func (f *failures) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.counts) == 0 {
		return "No request failed."
	}
	kinds := slices.SortedFunc(maps.Keys(f.counts), func(a, b string) int { return f.counts[b] - f.counts[a] })
	var out strings.Builder
	out.WriteString("FAILED requests:")
	for _, kind := range kinds[:min(10, len(kinds))] {
		fmt.Fprintf(&out, "\n%6d  %s", f.counts[kind], kind)
	}
	return out.String()
}

// MarshalJSON writes the failures as an object of counts.
func (f *failures) MarshalJSON() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(f.counts)
}

// processor names the CPU, where the system tells.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

func kilobytes(n int) string { return fmt.Sprintf("%.1f kB", float64(n)/1000) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
