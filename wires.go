package codexresponses

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/sse"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/chat"
	"github.com/caddy-codex/responses/translate/converse"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/gemini"
	"github.com/caddy-codex/responses/translate/messages"
	"github.com/caddy-codex/responses/translate/ollama"
	responseswire "github.com/caddy-codex/responses/translate/responses"
)

// wire is an upstream format.
type wire struct {
	// path is added to the base URL, {model} in it being the upstream model. A query may follow.
	path string

	// root says that the path begins at the root of the service: a /v1 at the end of the base URL is not for this wire.
	root bool

	encode  func(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte
	header  func(h http.Header, req *translate.Request, d *dialect.Dialect)
	decoder func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder

	// frames takes a streamed reply apart. Nil for event streams, in whose place a whole document may come.
	frames func(body io.Reader) frames
}

// frames are the pieces of a streamed reply.
type frames interface {
	// Next waits for the next piece. It ends in io.EOF.
	Next() (sse.Event, error)

	// Buffered returns the next piece if it has arrived.
	Buffered() (sse.Event, bool)
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

// pauser is a decoder whose provider may stop in the midst of a reply and wants to be asked to go on.
type pauser interface {
	// Paused says at the end of a body whether the reply goes on with another request, and what is to be the continuation of its target.
	// The decoder then reads the answer to that.
	Paused() (continuation []byte, ok bool)
}

const (
	chatWire      = "chat"
	responsesWire = "responses"
	ollamaWire    = "ollama"
)

var wires = map[string]*wire{
	chatWire: {
		path: chat.Path, encode: chat.Encode, header: chat.Header,
		decoder: func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder {
			return chat.NewDecoder(target, d, out)
		},
	},
	responsesWire: {
		path: responseswire.Path, encode: responseswire.Encode, header: responseswire.Header,
		decoder: func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder {
			return responseswire.NewDecoder(target, d, out)
		},
	},
	"messages": {
		path: messages.Path, root: true, encode: messages.Encode, header: messages.Header,
		decoder: func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder {
			return messages.NewDecoder(target, d, out)
		},
	},
	"gemini": {
		path: gemini.Path, encode: gemini.Encode, header: gemini.Header,
		decoder: func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder {
			return gemini.NewDecoder(target, d, out)
		},
	},
	"converse": {
		path: converse.Path, encode: converse.Encode, header: converse.Header,
		decoder: func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder {
			return converse.NewDecoder(target, d, out)
		},
		frames: func(body io.Reader) frames { return converse.NewReader(body) },
	},
	ollamaWire: {
		path: ollama.Path, root: true, encode: ollama.Encode, header: ollama.Header,
		decoder: func(target *translate.Target, d *dialect.Dialect, out *translate.Stream) decoder {
			return ollama.NewDecoder(target, d, out)
		},
		frames: func(body io.Reader) frames { return ollama.NewReader(body) },
	},
}

func wireNames() []string { return slices.Sorted(maps.Keys(wires)) }

// urlPath is what is added to the base URL for a model: the dialect's path, else the wire's.
func (w *wire) urlPath(model string, d *dialect.Dialect) string {
	path := w.path
	if d.Path != "" {
		path = d.Path
	}
	return strings.ReplaceAll(path, "{model}", url.PathEscape(model))
}

// upstreamURL puts an escaped path with its query behind a base URL. One that begins with // stands at the root of the service, as those of
// some wires do.
func (w *wire) upstreamURL(base *url.URL, path string) *url.URL {
	path, query, _ := strings.Cut(path, "?")
	out := &url.URL{RawQuery: base.RawQuery}
	if query != "" {
		out.RawQuery = strings.TrimPrefix(out.RawQuery+"&"+query, "&")
	}
	escaped := strings.TrimRight(base.EscapedPath(), "/")
	root := strings.HasPrefix(path, "//")
	if root {
		path = path[1:]
	}
	if root || w != nil && w.root {
		escaped = strings.TrimSuffix(escaped, "/v1")
	}
	out.RawPath = escaped + path
	out.Path, _ = url.PathUnescape(out.RawPath)
	return out
}
