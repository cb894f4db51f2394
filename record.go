package codexresponses

import (
	"context"
	"time"

	"github.com/caddy-codex/responses/translate"
)

// Record is what happened in one exchange. It is written along the way, once, and handed to the observers when the exchange ends, in
// whatever manner. Nothing else measures on its own.
type Record struct {
	ID       string // of the request, as the client sees it in X-Request-Id
	Endpoint string // responses, compact, input_tokens or chat_completions
	Stream   bool

	Model    string // as the client asked for it
	Route    string // pattern of the route, empty where the model was found without one
	Attempts []Attempt

	Usage        translate.Usage
	Repairs      int      // places where the history was mended
	Truncated    int      // messages of the history that were left out because it did not fit
	ToolsDropped []string // types of hosted tools that the upstream was not told of

	Start      time.Time
	FirstEvent time.Time // when the first event of the upstream's reply arrived; zero without one
	End        time.Time

	Finish    string // completed, incomplete, failed, queued or client_closed
	ErrorCode string // of a failed exchange
	Error     string // of a failed exchange
}

// Attempt is one request to one target.
type Attempt struct {
	Provider string
	Model    string // upstream model
	Key      string // fingerprint of the key; empty without one
	Status   int    // HTTP status of the answer, 0 without one
	Cause    string // why the attempt failed, empty for the one that served the client
	Start    time.Time
	End      time.Time
}

// Last is the attempt that served the client, or failed last.
func (r *Record) Last() *Attempt {
	if len(r.Attempts) == 0 {
		return &Attempt{}
	}
	return &r.Attempts[len(r.Attempts)-1]
}

// observer learns of an exchange when it has ended. The context is that of the client's request.
type observer interface {
	observe(ctx context.Context, r *Record)
}
