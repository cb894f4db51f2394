package main

import (
	"fmt"
	"slices"
	"strings"
)

// A wire is one way on which the gateway is measured: a provider of its own, in front of the scripted upstream.
type wire struct {
	name  string
	lines []string // of the provider's block, besides its base URL
	base  string   // path of the base URL
	limit float64  // of CPU per request, as a multiple of plain
	*format

	storing bool // it is no wire but a way of storing, measured between two gateways
	rank    int  // its place in the report, where it is none of wires
}

// place is where the wire's rows stand in the report.
func (w *wire) place() int {
	if i := slices.Index(wires, w); i >= 0 {
		return i
	}
	return w.rank
}

var chatWire = &wire{name: "chat", lines: []string{"wire chat"}, base: "/v1", limit: 3, format: chatFormat}

// wires are all of them; chat, which is measured in most ways, comes first.
var wires = []*wire{
	chatWire,
	// As good as nothing is translated here.
	{name: "responses-native", lines: []string{"wire responses", "set profile native"}, base: "/v1", limit: 1.5, format: responsesFormat},
	{name: "responses-rewrite", lines: []string{"wire responses", "set profile rewrite"}, base: "/v1", limit: 3, format: responsesFormat},
	{name: "messages", lines: []string{"wire messages"}, base: "/v1", limit: 3, format: messagesFormat},
	{name: "gemini", lines: []string{"wire gemini"}, base: "/v1beta", limit: 3, format: geminiFormat},
	{name: "converse", lines: []string{"wire converse"}, limit: 3, format: converseFormat},
	{name: "ollama", lines: []string{"wire ollama"}, limit: 3, format: ollamaFormat},
}

// selectWires returns the wires that a value of -wire names: one, or all where it is empty.
func selectWires(name string) ([]*wire, error) {
	if name == "" {
		return wires, nil
	}
	i := slices.IndexFunc(wires, func(w *wire) bool { return w.name == name })
	if i < 0 {
		return nil, fmt.Errorf("unknown wire %q; there are %s", name, wireNames())
	}
	return wires[i : i+1], nil
}

func wireNames() string {
	var names []string
	for _, w := range wires {
		names = append(names, w.name)
	}
	return strings.Join(names, ", ")
}

// provider is the name of the wire's provider, of which no preset knows.
func (w *wire) provider() string { return "bench-" + w.name }

// block is the provider's configuration.
func (w *wire) block(upstream string) string {
	lines := append(slices.Clone(w.lines), "base_url http://"+upstream+w.base)
	return "provider " + w.provider() + " {\n\t\t\t" + strings.Join(lines, "\n\t\t\t") + "\n\t\t}"
}

// loads are those of cpuLoads that are measured on the wire.
func (w *wire) loads() []cpuLoad {
	return slices.DeleteFunc(slices.Clone(cpuLoads), func(l cpuLoad) bool { return l.paced && w != chatWire })
}

// label is what a measure is called for the wire. Those of chat bear no name, as ever: tables of older versions compare.
func (w *wire) label(measure string) string {
	if w == chatWire {
		return measure
	}
	return w.name + ": " + measure
}
