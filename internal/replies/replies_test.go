package replies

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryFileIsInTheIndex(t *testing.T) {
	entries, err := files.ReadDir("data")
	if err != nil {
		t.Fatal(err)
	}
	indexed := make(map[string]bool)
	for _, reply := range All() {
		if indexed[reply.Name] {
			t.Errorf("%s is in the index twice", reply.Name)
		}
		indexed[reply.Name] = true
		if !slices.Contains([]string{"completed", "incomplete", "failed"}, reply.Outcome) {
			t.Errorf("%s: the outcome is %q", reply.Name, reply.Outcome)
		}
		if (reply.Outcome == "failed") != (reply.Error != "") {
			t.Errorf("%s: a failed reply has an error, and no other", reply.Name)
		}
	}
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".sse"); ok && !indexed[name] {
			t.Errorf("%s is not in the index", entry.Name())
		}
	}
}
