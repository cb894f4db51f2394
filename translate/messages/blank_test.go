package messages

import "testing"

func TestBlank(t *testing.T) {
	for raw, want := range map[string]bool{
		``: true, ` `: true, `\n\t\r`: true, `\u0020\u3000`: true, "\u3000\u2028": true, `\u001f`: true, ` a`: false, `\\n`: false, `\"`: false,
		`\u0041`: false, `\ud83d\ude00`: false, `\ud83d`: false, "é": false, `\`: false, `\u00`: false,
	} {
		if got := blank([]byte(raw)); got != want {
			t.Errorf("%q: %v", raw, got)
		}
	}
}
