package codexresponses

import (
	"bytes"
	"slices"

	"github.com/tidwall/gjson"
)

// lane remembers the last response of a WebSocket connection's lane with all before it, so that the next request can go on from it although
// nothing is stored. It is used by one request at a time.
type lane struct {
	id    string   // of the response; empty for none
	parts [][]byte // inputs and outputs, raw
	tools []byte   // raw

	referring [][]byte // inputs that refer to stored items
}

// holds reports whether a response is the one that the lane remembers. The receiver may be nil.
func (l *lane) holds(id string) bool { return l != nil && l.id == id && id != "" }

// keep remembers a response. One that has failed cannot be gone on from, nor what it went on from.
func (l *lane) keep(m *memory, object []byte, failed bool) {
	if failed {
		l.forget()
		return
	}
	input, output := inputOf(m), []byte(gjson.GetBytes(object, "output").Raw)
	l.id, l.parts = gjson.GetBytes(object, "id").String(), append(slices.Clip(m.earlier.Parts), input, output)
	if l.referring = m.referring; len(m.request.State.References) > 0 {
		l.referring = append(slices.Clip(m.referring), input)
	}
	if tools := m.request.RawTools(); tools != nil {
		l.tools = bytes.Clone(tools)
	} else {
		l.tools = m.earlier.Tools
	}
}

// forget drops what the lane remembers.
func (l *lane) forget() { *l = lane{} }

// inputOf is the request's own input. What it refers to is looked up again when it is read.
func inputOf(m *memory) []byte {
	if input := m.request.Input(); input != nil {
		return bytes.Clone(input)
	}
	return []byte("[]")
}
