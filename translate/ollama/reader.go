package ollama

import (
	"io"

	"github.com/caddy-codex/responses/sse"
)

// NewReader takes a reply apart.
func NewReader(body io.Reader) *sse.Reader { return sse.NewReader(body, 0) }
