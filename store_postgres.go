//go:build !codex_nopostgres

package codexresponses

import _ "github.com/caddy-codex/responses/session/postgres" // store postgres
