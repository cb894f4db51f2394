package codexresponses

import (
	_ "github.com/caddy-codex/responses/session/bolt"   // the default
	_ "github.com/caddy-codex/responses/session/memory" // what a test or a trial needs
)
