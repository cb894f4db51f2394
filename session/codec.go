package session

import (
	"encoding/binary"
	"slices"
)

// Objects are stored as fields with their lengths before them, in an order that only grows: what an older version did not write reads as
// empty, and what a newer one writes besides is passed over.

// fields appends each field with its length.
func appendFields(dst []byte, fields ...[]byte) []byte {
	size := 0
	for _, field := range fields {
		size += len(field) + binary.MaxVarintLen32
	}
	dst = slices.Grow(dst, size)
	for _, field := range fields {
		dst = binary.AppendUvarint(dst, uint64(len(field)))
		dst = append(dst, field...)
	}
	return dst
}

// fieldReader reads fields one after the other. Behind the last one they are empty.
type fieldReader struct {
	rest   []byte
	broken bool // a length reaches beyond the end
}

func (r *fieldReader) next() []byte {
	if len(r.rest) == 0 {
		return nil
	}
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)-size) {
		r.rest, r.broken = nil, true
		return nil
	}
	field := r.rest[size : size+int(n) : size+int(n)]
	r.rest = r.rest[size+int(n):]
	if len(field) == 0 {
		return nil
	}
	return field
}

func (r *fieldReader) text() string { return string(r.next()) }

func (r *fieldReader) int() int64 {
	n, _ := binary.Varint(r.next())
	return n
}

func encodeBool(b bool) []byte {
	if b {
		return encodeInt(1)
	}
	return encodeInt(0)
}

func encodeInt(n int64) []byte { return binary.AppendVarint(nil, n) }
