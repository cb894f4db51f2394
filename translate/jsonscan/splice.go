package jsonscan

import "bytes"

// Splicer copies a JSON text with some stretches of it replaced or left out. They are named in the order of the text; what stands between
// them is copied in one piece each.
type Splicer struct {
	dst   []byte
	start int // where in dst the copy begins
	src   []byte
	pos   int // what is before it has been copied
}

// NewSplicer begins a copy of src behind dst.
func NewSplicer(dst, src []byte) *Splicer {
	return &Splicer{dst: dst, start: len(dst), src: src}
}

// Replace puts text in the place of src[from:to]. With from equal to the end it is an insertion.
func (s *Splicer) Replace(from, to int, text ...[]byte) {
	s.dst = append(s.dst, s.src[s.pos:from]...)
	for _, piece := range text {
		s.dst = append(s.dst, piece...)
	}
	s.pos = to
}

// Remove leaves src[from:to] out, which is a member of an object or an element of a list, and one of the commas beside it.
func (s *Splicer) Remove(from, to int) {
	s.Replace(from, to)
	s.pos = skipSpace(s.src, s.pos)
	if s.pos < len(s.src) && s.src[s.pos] == ',' {
		s.pos = skipSpace(s.src, s.pos+1)
		return
	}
	if kept := bytes.TrimRight(s.dst[s.start:], " \n\r\t"); bytes.HasSuffix(kept, []byte{','}) {
		s.dst = s.dst[:s.start+len(kept)-1]
	}
}

// Bytes is the copy with the rest of the text.
func (s *Splicer) Bytes() []byte {
	s.Replace(len(s.src), len(s.src))
	return s.dst
}

func skipSpace(text []byte, pos int) int {
	for pos < len(text) && (text[pos] == ' ' || text[pos] == '\n' || text[pos] == '\r' || text[pos] == '\t') {
		pos++
	}
	return pos
}

// MemberStart is where the member of an object begins whose value begins at value: the opening quote of its name.
func MemberStart(text []byte, value int) int {
	i := bytes.LastIndexByte(text[:value], ':')
	i = bytes.LastIndexByte(text[:i], '"') - 1
	for text[i] != '"' || escaped(text, i) {
		i--
	}
	return i
}

// escaped reports whether the byte at i stands behind an odd number of backslashes.
func escaped(text []byte, i int) bool {
	n := 0
	for i--; i >= 0 && text[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}
