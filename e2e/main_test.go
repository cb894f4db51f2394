package e2e

import (
	"os"
	"testing"
)

// TestMain makes this binary the MCP server as well: Codex starts it once more with mcpServerEnv set. With gatewayEnv it is Caddy.
func TestMain(m *testing.M) {
	if os.Getenv(gatewayEnv) != "" {
		serveGateway()
		return
	}
	if os.Getenv(mcpServerEnv) != "" {
		serveMCP(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}
