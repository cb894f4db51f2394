//go:build !codex_noredis

package codexresponses

import _ "github.com/caddy-codex/responses/session/redis" // store redis
