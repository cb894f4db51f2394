package e2e

import (
	"context"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// scriptLimit is how long a script may take. Most take less than a second.
const scriptLimit = 60 * time.Second

// runScript runs a script of sdk, which drives the client of a package, and returns what it prints.
func runScript(t *testing.T, script, client string, input io.Reader, args ...string) []byte {
	t.Helper()
	node := needProgram(t, "node", "install Node.js")
	if _, err := os.Stat("node_modules/" + client); err != nil {
		needProgram(t, client, "run make clients")
	}
	ctx, cancel := context.WithTimeout(context.Background(), scriptLimit)
	defer cancel()
	command := exec.CommandContext(ctx, node, append([]string{"sdk/" + script}, args...)...)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + t.TempDir(),
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), // without it no process has sockets on Windows
		"OPENAI_API_KEY=client-key",
		// None may tell its maker what it does.
		"OPENAI_AGENTS_DISABLE_TRACING=1",
		"LANGSMITH_TRACING=false",
		"LANGCHAIN_TRACING_V2=false",
		"AI_SDK_LOG_WARNINGS=false",
	}
	command.Stdin = input
	command.Stderr = t.Output()
	output, err := command.Output()
	if err != nil {
		t.Fatalf("running sdk/%s: %v\n%s", script, err, output)
	}
	return output
}
