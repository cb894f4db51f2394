//go:build !codex_noazure

package codexresponses

import _ "github.com/caddy-codex/responses/identity/azure" // identity entra
