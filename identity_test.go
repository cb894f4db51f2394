//go:build !codex_noaws && !codex_noazure && !codex_nogcp

package codexresponses_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/identity"
)

func TestABuildHasAllIdentities(t *testing.T) {
	if got, want := identity.Kinds(), []string{"entra", "gcp", "sigv4"}; !slices.Equal(got, want) {
		t.Errorf("this build has %q, want %q", got, want)
	}
}

func TestBuildTagsLeaveIdentitiesOut(t *testing.T) {
	const module = "github.com/caddy-codex/responses/identity/"
	for tag, left := range map[string]string{"codex_noaws": "aws", "codex_noazure": "azure", "codex_nogcp": "gcp"} {
		t.Run(tag, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), "go", "list", "-tags", tag, "-f", `{{join .Imports "\n"}}`, ".").Output()
			if err != nil {
				t.Fatal(err)
			}
			imports := strings.Fields(string(out))
			for _, name := range []string{"aws", "azure", "gcp"} {
				if got, want := slices.Contains(imports, module+name), name != left; got != want {
					t.Errorf("%s is imported: %v, want %v", name, got, want)
				}
			}
		})
	}
}
