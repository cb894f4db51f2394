package wiretest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tidwall/gjson"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Goldens compares what every built-in provider that speaks a wire, by itself or when it is chosen, gets for what Codex sends, one file a
// provider in testdata/golden. Lists of tools, which are long and few, are in files of their own, named for their content; tools is where
// they stand in the body.
func Goldens(t *testing.T, wire string, encode Encode, tools string) {
	t.Helper()
	recorded := Requests(t)
	names := Speaking(wire)
	if len(names) == 0 {
		t.Fatalf("no preset speaks %s", wire)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			p := PresetOn(t, wire, name, "")
			var all bytes.Buffer
			for _, request := range slices.Sorted(maps.Keys(recorded)) {
				got := encode(nil, Parse(t, recorded[request]), &p.Target, &p.Dialect)
				all.WriteString("== " + request + "\n")
				all.Write(Indent(t, withoutTools(t, got, tools)))
			}
			Golden(t, filepath.Join("testdata/golden", name+".txt"), all.Bytes())
		})
	}
}

// withoutTools puts the name of a file where the tools are.
func withoutTools(t testing.TB, body []byte, path string) []byte {
	t.Helper()
	tools := gjson.GetBytes(body, path)
	if !tools.Exists() {
		return body
	}
	sum := sha256.Sum256([]byte(tools.Raw))
	name := "tools-" + hex.EncodeToString(sum[:4]) + ".json"
	Golden(t, filepath.Join("testdata/golden/tools", name), Indent(t, []byte(tools.Raw)))
	return bytes.Replace(body, []byte(tools.Raw), []byte(`"`+name+`"`), 1)
}

// Indent makes JSON readable.
func Indent(t testing.TB, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", " "); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// Golden compares with a file, or writes it.
func Golden(t testing.TB, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", name, got)
	}
}
