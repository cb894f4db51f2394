// Package replies holds replies as providers send them on the Chat Completions wire, and what is to become of each. It is support for
// tests, which replay them in every way that a network may deliver them.
//
// The files are composed after the documentation of the providers and after oddities that were seen in the field; none is a recording.
// To add one, put its bytes into data and a line about it into data/index.json.
package replies

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

//go:embed data/*.sse data/index.json
var files embed.FS

// Request is the request that all of them answer. It declares every tool that they call, but for one that calls a tool which nobody
// declared.
//
//go:embed request.json
var Request []byte

// Reply is a provider's reply, and what is to become of it.
type Reply struct {
	Name  string                     `json:"name"`  // also of its file
	About string                     `json:"about"` // what is odd about it
	Knobs map[string]json.RawMessage `json:"knobs"` // of the dialect, where its provider has other than the defaults

	Outcome string   `json:"outcome"` // completed, incomplete or failed
	Output  []string `json:"output"`  // the response's items, in the notation of Describe
	Tokens  []int64  `json:"tokens"`  // input, cached, output, reasoning; absent where they are estimated
	Error   string   `json:"error"`   // of a failed one: words of the message

	Body []byte `json:"-"`
}

// All returns the replies in the order of the index. A reply that is not there is a fault of the package and panics.
var All = sync.OnceValue(func() []Reply {
	var all []Reply
	if err := json.Unmarshal(read("index.json"), &all); err != nil {
		panic(fmt.Sprintf("replies: reading index.json: %v", err))
	}
	for i := range all {
		all[i].Body = read(all[i].Name + ".sse")
	}
	return all
})

func read(name string) []byte {
	data, err := files.ReadFile(path.Join("data", name))
	if err != nil {
		panic(fmt.Sprintf("replies: %v", err))
	}
	return data
}

// Describe writes the items of a response object's output as lines: the type and what the item says. Of a call that is its tool, with
// the namespace before a dot, and its arguments or input.
func Describe(response gjson.Result) []string {
	lines := make([]string, 0, len(response.Get("output").Array()))
	for _, item := range response.Get("output").Array() {
		line := item.Get("type").Str + ": "
		switch item.Get("type").Str {
		case "message":
			line += texts(item.Get("content"))
		case "reasoning":
			line += texts(item.Get("summary")) + texts(item.Get("content"))
		case "tool_search_call":
			line += item.Get("arguments").Raw
		default:
			if namespace := item.Get("namespace").Str; namespace != "" {
				line += namespace + "."
			}
			line += item.Get("name").Str + " " + item.Get("arguments").Str + item.Get("input").Str
		}
		lines = append(lines, line)
	}
	return lines
}

func texts(parts gjson.Result) string {
	var all strings.Builder
	for _, part := range parts.Array() {
		all.WriteString(part.Get("text").Str)
	}
	return all.String()
}
