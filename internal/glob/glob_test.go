package glob

import "testing"

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"gpt-5", "gpt-5", true},
		{"gpt-5", "gpt-5.5", false},
		{"gpt-*", "gpt-5.5", true},
		{"gpt-*", "gpt-", true},
		{"*", "", true},
		{"*", "a/b", true},
		{"*-mini", "gpt-5-mini", true},
		{"*-mini", "gpt-5-mini-x", false},
		{"gpt-?", "gpt-5", true},
		{"gpt-?", "gpt-", false},
		{"a*b*c", "axxbyyc", true},
		{"a*b*c", "axxbyy", false},
		{"**a", "ba", true},
		{"", "", true},
		{"", "a", false},
		{"*aab", "aaaab", true},
		{"?*?", "ab", true},
		{"?*?", "a", false},
	}
	for _, test := range tests {
		if got := Match(test.pattern, test.text); got != test.want {
			t.Errorf("%q covers %q: got %v", test.pattern, test.text, got)
		}
	}
}
