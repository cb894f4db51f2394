// Command caddy is Caddy with its standard modules and the codex_responses handler: what xcaddy builds for this module.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-codex/responses"
)

func main() {
	caddycmd.Main()
}
