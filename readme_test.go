package codexresponses_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/presets"
	"github.com/caddy-codex/responses/translate/dialect"
)

// The README is documentation that runs: what can be checked of it is checked here.

func TestReadmeTables(t *testing.T) {
	text := read(t, "README.md")
	for name, table := range map[string]string{"presets": presetTable(t), "knobs": knobTable()} {
		region := regexp.MustCompile(`(?s)(<!-- ` + name + `:[^\n]*\n)(.*?)(<!-- end -->)`)
		match := region.FindStringSubmatch(text)
		if match == nil {
			t.Fatalf("the README has no place for the table of %s", name)
		}
		if match[2] != table && !*update {
			t.Errorf("the table of %s is not what the data says: %s(go test . -run TestReadme -update rewrites it)", name, difference(table, match[2]))
		}
		text = region.ReplaceAllLiteralString(text, match[1]+table+match[3])
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func presetTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| preset | provider | base URL | key variable | default model |\n|---|---|---|---|---|\n")
	for _, name := range presets.Names() {
		p, ok := presets.Get(name)
		if !ok {
			t.Fatalf("no preset is called %s", name)
		}
		title := p.Title
		if p.Local {
			title += " (local)"
		}
		fmt.Fprintf(&b, "| `%s` | [%s](%s) | %s | %s | %s |\n", name, title, p.Docs, code(p.BaseURL), code(p.KeyEnv), code(p.DefaultModel))
	}
	return b.String()
}

func knobTable() string {
	var b strings.Builder
	b.WriteString("| knob | values | default | what it is |\n|---|---|---|---|\n")
	for _, knob := range dialect.Knobs() {
		values := map[string]string{"bool": "`true`, `false`", "int": "a number", "list": "names", "string": "a text", "map": "a map", "json": "an object"}[knob.Type]
		if values == "" {
			values = code(strings.Join(knob.Values, "`, `"))
		}
		if knob.Type == "set" {
			values = "a list of " + values
		}
		var words string // of the default
		if json.Unmarshal(knob.Default, &words) != nil {
			words = strings.Trim(strings.NewReplacer(`"`, "", ",", "").Replace(string(knob.Default)), "[]{}")
		}
		doc := strings.ReplaceAll(knob.Doc, "<", `\<`)
		if len(knob.Wires) > 0 {
			doc = "on " + code(strings.Join(knob.Wires, "`, `")) + ": " + doc
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", knob.Name, values, code(words), doc)
	}
	return b.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func TestReadmeSyntaxIsThatOfTheDirective(t *testing.T) {
	_, comment, found := strings.Cut(read(t, "caddyfile.go"), "Syntax:\n//\n")
	if !found {
		t.Fatal("caddyfile.go does not document the syntax")
	}
	block, _, _ := strings.Cut(comment, "\n//\n")
	block = strings.ReplaceAll(strings.TrimPrefix(block, "//\t"), "\n//\t", "\n")
	if !strings.Contains(read(t, "README.md"), "```text\n"+block+"\n```") {
		t.Errorf("the README has not the syntax of caddyfile.go:\n%s", block)
	}
}

func TestReadmeConfigurationsAreValid(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```(caddyfile|json)\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(blocks) < 2 {
		t.Fatalf("the README has %d configurations", len(blocks))
	}
	for _, block := range blocks {
		config := []byte(block[2])
		if block[1] == "caddyfile" {
			var err error
			if config, err = adapt("README.md", block[2]); err != nil {
				t.Fatal(err)
			}
		}
		if err := validate(t, config); err != nil {
			t.Errorf("%v\n%s", err, block[2])
		}
	}
}

func TestReadmeCurlLineGetsTheAnswerThatItShows(t *testing.T) {
	text := read(t, "README.md")
	curl := regexp.MustCompile(`curl -s http://127\.0\.0\.1:8787(\S+) -H '([^']+)' -d '([^']+)'`).FindStringSubmatch(text)
	if curl == nil {
		t.Fatal("the README has no curl line")
	}
	got := run(t, "quickstart", ":8788", ":"+freePort(t)).Post(curl[1], curl[3], curl[2])
	answer := got.Get("output.0.content.0.text").String()
	if got.Status != http.StatusOK || answer == "" || !strings.Contains(strings.Join(strings.Fields(text), " "), answer) {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestReadmePlaceholdersAndLogFieldsExist(t *testing.T) {
	text := read(t, "README.md")
	placeholder := regexp.MustCompile(`\{http\.codex_responses\.(\w+)\}`)
	names := func(text string) string {
		var names []string
		for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
			names = append(names, match[1])
		}
		return strings.Join(names, " ")
	}
	if got, want := names(text), names(read(t, "caddymodule.go")); got != want {
		t.Errorf("the README has the placeholders %s, the handler %s", got, want)
	}

	var site strings.Builder
	for _, name := range strings.Fields(names(text)) {
		fmt.Fprintf(&site, "\tlog_append placeholder_%s {http.codex_responses.%[1]s}\n", name)
	}
	busy := upstreamtest.Error(http.StatusServiceUnavailable, "server_error", "", "busy")
	provider := upstreamtest.New(t, says("Hello."), busy)
	gateway := gatewaytest.Start(t, fmt.Sprintf(":PORT {\n%s\tcodex_responses {\n\t\tprovider mock {\n\t\t\tbase_url %s\n\t\t}\n\t}\n}\n", &site, provider.URL))
	for i := range 2 {
		gateway.Post("/v1/responses", `{"model":"m","input":[{"type":"function_call_output","call_id":"1","output":""}],"tools":[{"type":"web_search"}]}`)
		entry := gateway.AccessLog(i)
		for _, name := range strings.Fields(names(text)) {
			if value := entry.Get("placeholder_" + name); !value.Exists() || value.Type == gjson.Null {
				t.Errorf("there is no placeholder %s", name)
			}
		}
		fields := entry.Get("codex_responses").Map()
		if len(fields) == 0 {
			t.Fatalf("the access log has no fields: %s", entry.Raw)
		}
		for _, attempt := range fields["attempts"].Array() {
			for name := range attempt.Map() {
				fields[name] = attempt
			}
		}
		_, section, _ := strings.Cut(text, "Caddy's access log gets")
		for name := range fields {
			if !strings.Contains(section, "`"+name+"`") {
				t.Errorf("the README lacks the log field %s", name)
			}
		}
	}
}

func TestDocumentsLinkToWhatExists(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)|\]\((#[^)]*)\)`)
	notWord := regexp.MustCompile(`[^\w\- ]`)
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "xcaddy.md"} {
		text := read(t, file)
		anchors := make(map[string]bool)
		for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
			anchors["#"+strings.ReplaceAll(notWord.ReplaceAllString(strings.ToLower(heading[1]), ""), " ", "-")] = true
		}
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			path, anchor := match[1], cmp.Or(match[3], match[2])
			if path == "" && !anchors[anchor] {
				t.Errorf("%s links to %s, which it does not have", file, anchor)
			}
			if _, err := os.Stat(filepath.FromSlash(cmp.Or(path, "."))); err != nil {
				t.Errorf("%s links to %s: %v", file, path, err)
			}
		}
	}
}

func TestReadmeNamesEveryExample(t *testing.T) {
	files, err := filepath.Glob("examples/*.caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(read(t, "README.md"))
	for _, file := range files {
		if !bytes.Contains(text, []byte("("+filepath.ToSlash(file)+")")) {
			t.Errorf("the README does not mention %s", file)
		}
	}
}
