package codexresponses

import (
	"maps"
	"net/http"
	"slices"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
	"github.com/caddy-codex/responses/translate/dialect"
)

// wire is an upstream format.
type wire struct {
	path    string // added to the base URL
	encode  func(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte
	header  func(h http.Header, req *translate.Request, d *dialect.Dialect)
	decoder func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder
}

// decoder reads one reply. Errors are *fault.Fault.
type decoder interface {
	// Frame handles the data of one event.
	Frame(data []byte, out *translate.Stream) error

	// End handles the end of the body. readErr is what reading ended with, nil at a proper end.
	End(readErr error, out *translate.Stream) error

	// Done reports whether all has been said, so that End can be called before the end of the body.
	Done() bool
}

const chatWire = "chat"

var wires = map[string]*wire{
	chatWire: {
		path:   chat.Path,
		encode: chat.Encode,
		header: chat.Header,
		decoder: func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder {
			return chat.NewDecoder(target, d, out)
		},
	},
}

func wireNames() []string { return slices.Sorted(maps.Keys(wires)) }
