package envelope

import (
	"bytes"
	"encoding/binary"
)

// Payload is what an envelope holds.
type Payload struct {
	Provider string // name of the configured provider that issued it
	Model    string // upstream model
	Field    string // where the provider had it, in the words of its wire: reasoning_content, reasoning, reasoning_details, ...

	// Data is the state in the form that Field implies: JSON, or for a text field the inside of a JSON string, still escaped.
	Data []byte
}

// encode writes the fields with their lengths before them. Binary, so that long reasoning is neither escaped nor scanned.
func (p *Payload) encode() []byte {
	out := make([]byte, 0, len(p.Provider)+len(p.Model)+len(p.Field)+len(p.Data)+16)
	for _, field := range [...]string{p.Provider, p.Model, p.Field} {
		out = binary.AppendUvarint(out, uint64(len(field)))
		out = append(out, field...)
	}
	return append(out, p.Data...)
}

func decode(plain []byte) (*Payload, bool) {
	var p Payload
	for _, field := range [...]*string{&p.Provider, &p.Model, &p.Field} {
		n, size := binary.Uvarint(plain)
		if size <= 0 || n > uint64(len(plain)-size) {
			return nil, false
		}
		plain = plain[size:]
		*field = string(plain[:n])
		plain = plain[n:]
	}
	p.Data = bytes.Clone(plain)
	return &p, true
}
