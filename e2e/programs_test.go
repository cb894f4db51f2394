package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// needProgram returns where a program is. Without it the test skips, or fails where every program has to be there.
func needProgram(t *testing.T, name, remedy string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	switch {
	case err == nil:
	case os.Getenv("CODEX_RESPONSES_REQUIRE_TOOLS") == "1":
		t.Fatalf("%s is missing: %s", name, remedy)
	default:
		t.Skipf("%s is missing: %s", name, remedy)
	}
	return path
}

// needCodex returns where the Codex CLI is.
func needCodex(t *testing.T) string {
	t.Helper()
	needProgram(t, "git", "install git")
	needProgram(t, "node", "install Node.js")
	return needProgram(t, "./node_modules/.bin/codex", "run make clients")
}
