package codexresponses_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// bcrypt of "secret", at the lowest cost
const passwordHash = "$2a$04$7iVBMMy3nsogvOyTWbgd/ePDCwoj1bFex6Yw5PDlvzn1kKzKyU0Dy"

func TestExamplesAreFormattedAndValid(t *testing.T) {
	t.Setenv("ALICE_PASSWORD_HASH", passwordHash)
	setPlaces(t)
	files, err := filepath.Glob("examples/*.caddyfile")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text := read(t, file)
			if formatted := string(caddyfile.Format([]byte(text))); formatted != text {
				t.Error("caddy fmt changes " + difference(formatted, text))
			}
			config, err := adapt(file, text)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(t, config); err != nil {
				t.Error(err)
			}
		})
	}
}

// setPlaces says where the clouds of the examples are, and where they may store.
func setPlaces(t *testing.T) {
	t.Helper()
	for name, place := range map[string]string{
		"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "europe-west4", "AWS_REGION": "eu-west-1", "AZURE_OPENAI_RESOURCE": "r",
		"SEAL_KEY": "a secret that the whole fleet shares", "REDIS_PASSWORD": "p", "XDG_DATA_HOME": t.TempDir(),
	} {
		t.Setenv(name, place)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// run starts an example, with pairs of texts replaced: the example's and the test's.
func run(t *testing.T, example string, replace ...string) *gatewaytest.Gateway {
	t.Helper()
	text := read(t, filepath.Join("examples", example+".caddyfile"))
	replace = append(replace, ":8787", ":PORT")
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the example has no %q", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	return gatewaytest.Start(t, text)
}

// says is a reply of a provider.
func says(text string) upstreamtest.Reply {
	return upstreamtest.Stream(upstreamtest.Text(text), upstreamtest.Finish("stop"), upstreamtest.Usage(12, 5, 8))
}

// at gives the line of a provider the URL of a mock.
func at(line string, provider *upstreamtest.Upstream) (before, after string) {
	return "\t\t" + line + "\n", fmt.Sprintf("\t\t%s {\n\t\t\tbase_url %s\n\t\t}\n", line, provider.URL)
}

// inBlock does the same where the provider has a block.
func inBlock(line string, provider *upstreamtest.Upstream) (before, after string) {
	return line, fmt.Sprintf("%s\n\t\t\tbase_url %s", line, provider.URL)
}

// ask puts a question to a model and returns the answer's text.
func ask(t *testing.T, gateway *gatewaytest.Gateway, model string, header ...string) string {
	t.Helper()
	got := gateway.Post("/v1/responses", fmt.Sprintf(`{"model":%q,"input":"Hello","reasoning":{"effort":"max"}}`, model), header...)
	if got.Status != http.StatusOK {
		t.Fatalf("%s: got %d %s", model, got.Status, got.Body)
	}
	return got.Get(`output.#(type=="message").content.0.text`).String()
}

// servedAs requires that the last request to a provider was for a model, with a key.
func servedAs(t *testing.T, provider *upstreamtest.Upstream, model, key string) {
	t.Helper()
	requests := provider.Requests()
	if len(requests) == 0 {
		t.Fatal("the provider got no request")
	}
	last := requests[len(requests)-1]
	if got := field(last, "model").String(); got != model {
		t.Errorf("the provider was asked for %q, want %q", got, model)
	}
	if key != "" {
		key = "Bearer " + key
	}
	if got := last.Header.Get("Authorization"); got != key {
		t.Errorf("the provider got the Authorization %q, want %q", got, key)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}
