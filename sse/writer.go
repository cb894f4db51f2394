package sse

// AppendEvent appends a frame to dst: an event line with the name, one data line, a blank line. data must not hold line breaks,
// which compact JSON never does.
func AppendEvent(dst []byte, name string, data []byte) []byte {
	dst = append(dst, "event: "...)
	dst = append(dst, name...)
	dst = append(dst, "\ndata: "...)
	dst = append(dst, data...)
	return append(dst, '\n', '\n')
}
