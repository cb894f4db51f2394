package jsonscan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCursorReadsMembersInOnePass(t *testing.T) {
	text := ` {"a" : "x\ny", "skipped": {"deep": [1, {"b": null}]}, "n": 12.9, "list": [true, "s", 3], "\u006bey": {"in": "é"}} `
	var got []string
	c := New([]byte(text))
	for key := range c.Members() {
		switch key {
		case "a":
			got = append(got, "a="+c.Text())
		case "n":
			n, ok := c.Int()
			got = append(got, fmt.Sprintf("n=%d%v", n, ok))
		case "list":
			for i := range c.Elements() {
				got = append(got, fmt.Sprintf("%d=%s", i, c.Raw()))
			}
		case "key":
			for inner := range c.Members() {
				got = append(got, inner+"="+string(c.RawString()))
			}
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	want := `a=x` + "\n" + `y, n=12true, 0=true, 1="s", 2=3, in=é`
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("got %s, want %s", all, want)
	}
}

func TestCursorMayLeaveALoopEarly(t *testing.T) {
	c := New([]byte(`{"list": [{"a": 1}, 2, 3], "after": 7}`))
	var after int64
	for key := range c.Members() {
		if key == "after" {
			after, _ = c.Int()
			continue
		}
		for range c.Elements() {
			break
		}
	}
	if err := c.Close(); err != nil || after != 7 {
		t.Errorf("got %d, %v", after, err)
	}
}

func TestMethodsConsumeValuesOfOtherTypes(t *testing.T) {
	c := New([]byte(`{"a": {"x": 1}, "b": [2], "c": "s", "d": null, "e": 5}`))
	for key := range c.Members() {
		switch key {
		case "a":
			if got := c.Text(); got != "" {
				t.Errorf("text of an object: %q", got)
			}
		case "b":
			for range c.Members() {
				t.Error("members of an array")
			}
		case "c", "d":
			for range c.Elements() {
				t.Error("elements of a scalar")
			}
		case "e":
			if c.Bool() {
				t.Error("a number is true")
			}
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestNumbersSurviveExactly(t *testing.T) {
	for raw, want := range map[string]int64{
		"9223372036854775807": 9223372036854775807, "9007199254740993": 9007199254740993, "12.0": 12, "1e3": 1000, "-4": -4, `"17"`: 17,
	} {
		if got, ok := New([]byte(raw)).Int(); !ok || got != want {
			t.Errorf("%s: got %d, %v", raw, got, ok)
		}
	}
	for _, raw := range []string{"null", `"x"`, "{}", "1e400"} {
		if got, ok := New([]byte(raw)).Int(); ok {
			t.Errorf("%s: got %d", raw, got)
		}
	}
}

func TestSurrogatesAreSplitAndMended(t *testing.T) {
	for raw, want := range map[string][2]string{
		`abc`: {`abc`, ``}, `a\ud83d`: {`a`, `\ud83d`}, `a\\ud83d`: {`a\\ud83d`, ``}, `a\\\uD83D`: {`a\\`, `\uD83D`}, `\ude00`: {`\ude00`, ``},
	} {
		if whole, high := SplitSurrogate([]byte(raw)); string(whole) != want[0] || string(high) != want[1] {
			t.Errorf("splitting %s: got %s and %s", raw, whole, high)
		}
	}
	for raw, want := range map[string]string{
		`a\ud83d\ude00b`: `a\ud83d\ude00b`, `\ud83dx`: `\ufffdx`, `\\ud83d`: `\\ud83d`, `x\ude00\n`: `x\ufffd\n`, `\ud83d\ud83d\ude00`: `\ufffd\ud83d\ude00`,
	} {
		if got := MendSurrogates([]byte(raw)); string(got) != want {
			t.Errorf("mending %s: got %s, want %s", raw, got, want)
		}
	}
}

func FuzzCursorAgreesWithTheStandardLibrary(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,2.5e-3,"\u00e9\n",null,true,false,{}],"b":{}}`, `[]`, `"\ud83d\ude00"`, `01`, `-`, `{"a"}`, `[1,]`, `"\x"`, ` 1 `, `1 2`, "\"\x01\"", `{"a":1,}`, `tru`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) || strings.Count(string(text), "[")+strings.Count(string(text), "{") > maxDepth {
			return
		}
		want := json.Valid(text)
		if got := Valid(text); got != want {
			t.Fatalf("valid: got %v, want %v", got, want)
		}
		if !want {
			return
		}
		walk(New(text))
		var s string
		if json.Unmarshal(text, &s) == nil && New(text).Kind() == String {
			if got := New(text).Text(); got != s {
				t.Errorf("text: got %q, want %q", got, s)
			}
			if back := string(AppendString(nil, s)); New([]byte(back)).Text() != s {
				t.Errorf("appended: %s", back)
			}
		}
	})
}

// walk visits everything, to see that nothing panics and no loop hangs.
func walk(c *Cursor) {
	switch c.Kind() {
	case Object:
		for range c.Members() {
			walk(c)
		}
	case Array:
		for range c.Elements() {
			walk(c)
		}
	default:
		c.Skip()
	}
}

func BenchmarkSkip(b *testing.B) {
	text := []byte(`{"a":"` + strings.Repeat("some text of a prompt\\n", 3000) + `"}`)
	b.SetBytes(int64(len(text)))
	for range b.N {
		New(text).Skip()
	}
}

func TestAppendCompactDropsWhiteSpaceBetweenTokensOnly(t *testing.T) {
	tests := map[string]string{
		`{"a":1}`:                       `{"a":1}`,
		"\r\n{ \"a\" :\t[ 1 , 2 ]\n}\n": `{"a":[1,2]}`,
		`{"a b": "c  d", "e": " \" f \\" , "g":" "}`: `{"a b":"c  d","e":" \" f \\","g":" "}`,
		`"\\" `: `"\\"`,
		` null`: `null`,
	}
	for value, want := range tests {
		if got := string(AppendCompact([]byte("x"), []byte(value))); got != "x"+want {
			t.Errorf("%q: got %q, want %q", value, got, "x"+want)
		}
	}
}

func TestASCII(t *testing.T) {
	for raw, want := range map[string]byte{`\u0022`: '"', `\u007B and more`: '{', `\u0080`: 0, `\ud83d`: 0, `\u00`: 0, `\n`: 0, ``: 0, `\u002x`: 0} {
		if got := ASCII([]byte(raw)); got != want {
			t.Errorf("%s: got %q", raw, got)
		}
	}
}
