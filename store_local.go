package codexresponses

import _ "github.com/caddy-codex/responses/session/memory"
