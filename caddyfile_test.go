package codexresponses_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/caddy-codex/responses"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const separator = "\n----------\n"

// Each file in testdata/adapt is a Caddyfile, a line of ten dashes, and what adapting it gives: JSON, or the text of an error where the
// file's name begins with error_.
func TestAdapt(t *testing.T) {
	files, err := filepath.Glob("testdata/adapt/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for name, value := range map[string]string{
		"SEAL_KEY": "a secret of 16 bytes or more", "OLD_SEAL_KEY": "another secret of such a size",
		"CUSTOM_URL": "http://one.example.com/v1", "CUSTOM_HOST": "two.example.com:8080",
		"SESSIONS": filepath.Join(t.TempDir(), "sessions.db"), "REDIS_PASSWORD": "a password", "POSTGRES_URL": "postgres://127.0.0.1:1/sessions",
	} {
		t.Setenv(name, value)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".caddyfiletest")
		t.Run(strings.ReplaceAll(name, "_", " "), func(t *testing.T) {
			input, want := readGolden(t, file)
			wantErr := strings.HasPrefix(name, "error_")
			config, err := adapt("Caddyfile", input)
			if (err != nil) != wantErr {
				t.Fatalf("got the error %v", err)
			}
			got := indent(t, config)
			if wantErr {
				got = err.Error()
				if strings.Contains(got, "s3cret") {
					t.Errorf("the error repeats a secret: %s", got)
				}
			} else if err := validate(t, config); err != nil {
				t.Errorf("the adapted configuration is not valid: %v", err)
			}
			if *update {
				writeGolden(t, file, input+separator+got+"\n")
			} else if got != want {
				t.Errorf("%s (go test . -run TestAdapt -update rewrites the files)", difference(want, got))
			}
		})
	}
}

// adapt makes JSON of a Caddyfile, which errors call filename.
func adapt(filename, caddyfile string) ([]byte, error) {
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), map[string]any{"filename": filename})
	return config, err
}

func readGolden(t *testing.T, file string) (input, want string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	input, want, _ = strings.Cut(strings.TrimSuffix(string(content), "\n"), separator)
	return input, want
}

func writeGolden(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func indent(t *testing.T, config []byte) string {
	t.Helper()
	if len(config) == 0 {
		return ""
	}
	var out bytes.Buffer
	if err := json.Indent(&out, config, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// difference shows the first line in which two texts differ.
func difference(want, got string) string {
	wanted, lines := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i, line := range lines {
		if i >= len(wanted) || line != wanted[i] {
			return fmt.Sprintf("line %d is\n%s\nwant\n%s\n", i+1, line, strings.Join(wanted[min(i, len(wanted)):min(i+1, len(wanted))], ""))
		}
	}
	return fmt.Sprintf("it ends before\n%s\n", wanted[len(lines)])
}
