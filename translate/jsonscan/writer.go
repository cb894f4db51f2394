package jsonscan

import "strconv"

// Writer writes a JSON text piece by piece. What it is given is written as it is: whether the pieces make up JSON is the caller's concern.
// Encoders embed it.
type Writer struct {
	Dst []byte // what has been written, for functions that append
}

// Text writes a piece of the text itself.
func (w *Writer) Text(s string) { w.Dst = append(w.Dst, s...) }

// Raw writes a value, or any other piece of the text.
func (w *Writer) Raw(b []byte) { w.Dst = append(w.Dst, b...) }

// String writes s as a string.
func (w *Writer) String(s string) { w.Dst = AppendString(w.Dst, s) }

// Escaped writes a string whose inside is escaped already.
func (w *Writer) Escaped(b []byte) { w.Dst = append(append(append(w.Dst, '"'), b...), '"') }

// Nested writes a string that holds JSON text.
func (w *Writer) Nested(text []byte) {
	w.Dst = append(AppendNested(append(w.Dst, '"'), text), '"')
}

// Int writes a number.
func (w *Writer) Int(n int64) { w.Dst = strconv.AppendInt(w.Dst, n, 10) }

// Separate puts a comma before what is not the first of its list or object.
func (w *Writer) Separate() {
	if last := w.Dst[len(w.Dst)-1]; last != '[' && last != '{' {
		w.Dst = append(w.Dst, ',')
	}
}

// Member begins a member of the object under way.
func (w *Writer) Member(name string) {
	w.Separate()
	w.Dst = append(append(append(w.Dst, '"'), name...), `":`...)
}

// RawMember writes a member, or nothing where there is no value.
func (w *Writer) RawMember(name string, value []byte) {
	if value != nil {
		w.Member(name)
		w.Raw(value)
	}
}

// EscapedMember writes a member that is a string, escaped already, or nothing where that is empty.
func (w *Writer) EscapedMember(name string, text []byte) {
	if len(text) > 0 {
		w.Member(name)
		w.Escaped(text)
	}
}

// Members writes members of the object under way, as they stand between its braces, or nothing where there are none.
func (w *Writer) Members(members []byte) {
	if len(members) > 0 {
		w.Separate()
		w.Raw(members)
	}
}
