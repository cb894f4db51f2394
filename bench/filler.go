package main

import "strings"

// vocabulary has no word of the streams' own marks (see side), and enough quotes and backslashes to need escapes in JSON.
var vocabulary = strings.Fields(`the a file line of to and reads writes buffer if err != nil return fmt.Errorf("reading: %w", err) func (r *Reader) Next() error {
	} importer large chunk size limit 4096 parser token offset case default: // keeps test passes fails because index range rows := make([]string, 0)
	internal/importer/reader.go the that so which then each value map key path C:\data\in.csv "header" package strings.Builder table schema column`)

// words are the entries of vocabulary that need no escape, for the chunks of the upstream.
var words = func() (plain []string) {
	for _, w := range vocabulary {
		if !strings.ContainsAny(w, `"\<>&`) {
			plain = append(plain, w)
		}
	}
	return plain
}()

// A filler makes text that is the same in each run: the bodies of two runs must compare.
type filler struct{ state uint64 }

func newFiller(seed uint64) *filler { return &filler{state: seed} }

// pick returns a number below n, from a linear congruential generator.
func (f *filler) pick(n int) int {
	f.state = f.state*6364136223846793005 + 1442695040888963407
	return int(f.state >> 33 % uint64(n))
}

func (f *filler) word() string { return words[f.pick(len(words))] }

// text returns n bytes of something like source code and notes, in lines.
func (f *filler) text(n int) string {
	var b strings.Builder
	for column := 0; b.Len() < n; {
		w := vocabulary[f.pick(len(vocabulary))]
		b.WriteString(w)
		if column += len(w) + 1; column < 90 {
			b.WriteByte(' ')
			continue
		}
		b.WriteString("\n\t")
		column = 0
	}
	return b.String()[:n]
}
