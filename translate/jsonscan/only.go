package jsonscan

import "slices"

// Only returns the members of an object that have one of the names, as they stand, without the braces: Writer.Members takes them.
func Only(object []byte, names ...string) []byte {
	var kept []byte
	c := New(object)
	for name := range c.Members() {
		if !slices.Contains(names, name) {
			continue
		}
		if len(kept) > 0 {
			kept = append(kept, ',')
		}
		kept = append(AppendString(kept, name), ':')
		kept = append(kept, c.Raw()...)
	}
	return kept
}
