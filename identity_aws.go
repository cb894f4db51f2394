//go:build !codex_noaws

package codexresponses

import _ "github.com/caddy-codex/responses/identity/aws" // identity sigv4
