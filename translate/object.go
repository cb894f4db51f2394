package translate

import (
	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// A response object is changed on its way into a store and out of it.

// WithoutEcho is a response object without what it repeats of its request at length: null for the instructions, and no tools.
func WithoutEcho(object []byte) []byte {
	splicer := jsonscan.NewSplicer(nil, object)
	c := jsonscan.New(object)
	for key := range c.Members() {
		start := c.Offset()
		switch key {
		case "instructions":
			c.Skip()
			splicer.Replace(start, c.Offset(), []byte("null"))
		case "tools":
			c.Skip()
			splicer.Replace(start, c.Offset(), []byte("[]"))
		}
	}
	return splicer.Bytes()
}

// WithEcho puts back what WithoutEcho has taken out, raw and as it was in the request; nil for what was not there.
func WithEcho(object, instructions, tools []byte) []byte {
	splicer := jsonscan.NewSplicer(nil, object)
	c := jsonscan.New(object)
	for key := range c.Members() {
		start := c.Offset()
		switch {
		case key == "instructions" && instructions != nil:
			c.Skip()
			splicer.Replace(start, c.Offset(), jsonscan.AppendCompact(nil, instructions))
		case key == "tools" && tools != nil:
			c.Skip()
			splicer.Replace(start, c.Offset(), appendTools(nil, tools))
		}
	}
	return splicer.Bytes()
}

// Failed is the object of a response that will not go on, with why.
func Failed(object []byte, f *fault.Fault) []byte {
	splicer := jsonscan.NewSplicer(nil, object)
	c := jsonscan.New(object)
	for key := range c.Members() {
		start := c.Offset()
		switch key {
		case "status":
			c.Skip()
			splicer.Replace(start, c.Offset(), []byte(`"failed"`))
		case "error":
			c.Skip()
			splicer.Replace(start, c.Offset(), appendFailure(nil, f))
		}
	}
	return splicer.Bytes()
}
