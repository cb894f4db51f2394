//go:build !codex_nogcp

package codexresponses

import _ "github.com/caddy-codex/responses/identity/gcp" // identity gcp
