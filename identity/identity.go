// Package identity signs requests to providers that know a caller by the identity of the machine rather than by a key.
//
// A kind of identity is a package below this one that registers itself; it is in a build that imports it. Nothing here knows of
// providers or models: what is asked for comes with the Config and the request.
package identity

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Identity proves who asks. It may be used by several requests at a time.
type Identity interface {
	// Authorize adds what proves the caller to a request whose body is body: it sets headers, and may put Host and query in the form in
	// which they are signed. It may wait for a token; ctx bounds the wait. What is signed must not change afterwards: method, Host, path,
	// query, Content-Type, X-Amz-* and the body. Errors are *fault.Fault without a provider, a new one each time.
	Authorize(ctx context.Context, req *http.Request, body []byte) error
}

// Config says which identity to use. Its zero value is what the environment offers.
type Config struct {
	// Secret is credentials that are written down, in the forms that the packages of the kinds describe. Default: what the
	// environment offers.
	Secret string

	// Scope is the OAuth scope, or several with spaces between them; for AWS the name of the service. Default: the kind's own.
	Scope string

	// Region is AWS's. Default: that in the request's host, else that of the environment.
	Region string

	// Client asks for tokens. Default: one that gives up in time.
	Client *http.Client
}

// Maker makes an identity of one kind. It must not need the network.
type Maker func(Config) (Identity, error)

// tags are the kinds there can be, with the build tag that leaves each out.
var tags = map[string]string{"entra": "codex_noazure", "gcp": "codex_nogcp", "sigv4": "codex_noaws"}

var makers = make(map[string]Maker)

// Register makes a kind known. The packages of the kinds call it from init.
func Register(kind string, maker Maker) { makers[kind] = maker }

// Kinds are those in this build, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(makers)) }

// New makes an identity. It returns at once: credentials that the environment offers are looked for by the first Authorize.
func New(kind string, c Config) (Identity, error) {
	maker, ok := makers[kind]
	if !ok {
		if tag, known := tags[kind]; known {
			return nil, fmt.Errorf("identity %s was left out of this build by the build tag %s; build without it", kind, tag)
		}
		return nil, fmt.Errorf("unknown identity %q; there are %s", kind, strings.Join(slices.Sorted(maps.Keys(tags)), ", "))
	}
	id, err := maker(c)
	if err != nil {
		return nil, fmt.Errorf("identity %s: %w", kind, err)
	}
	return &guarded{kind: kind, inner: id}, nil
}
