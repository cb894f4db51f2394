package messages

import (
	"testing"

	"github.com/caddy-codex/responses/translate"
)

// Parts are copied once, and those of the request stay as they are.
func TestJoiningManyPartsIsCheap(t *testing.T) {
	request := []byte("one two")
	parts := []translate.Part{{Text: request[:3]}}
	for range 1000 {
		parts = append(parts, translate.Part{Text: []byte("more")})
	}
	if n := testing.AllocsPerRun(10, func() { joined(parts) }); n > 40 {
		t.Errorf("it takes %v allocations", n)
	}
	if string(request) != "one two" {
		t.Errorf("the request has become %q", request)
	}
}
