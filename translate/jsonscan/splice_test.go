package jsonscan

import (
	"encoding/json"
	"testing"
)

func TestSplicerLeavesOutMembers(t *testing.T) {
	tests := map[string]struct {
		text  string
		names []string // of members to leave out, in their order
		want  string
	}{
		"none":                     {`{"a":1, "b":[2]}`, nil, `{"a":1, "b":[2]}`},
		"the first":                {`{"a":1, "b":[2]}`, []string{"a"}, `{"b":[2]}`},
		"the last":                 {`{"a":1 , "b":[2] }`, []string{"b"}, `{"a":1 }`},
		"the only":                 {`{ "a" : 1 }`, []string{"a"}, `{ }`},
		"all":                      {`{"a":1,"b":2,"c":3}`, []string{"a", "b", "c"}, `{}`},
		"the last two":             {`{"a":1,"b":2,"c":3}`, []string{"b", "c"}, `{"a":1}`},
		"the first and the last":   {`{"a":1,"b":2,"c":3}`, []string{"a", "c"}, `{"b":2}`},
		"white space everywhere":   {"{\n \"a\" :\t1 ,\n \"b\" : 2\n}", []string{"b"}, "{\n \"a\" :\t1 }"},
		"a name with odd letters":  {`{"a":1,"b\"\\":2}`, []string{`b"\`}, `{"a":1}`},
		"a name behind odd values": {`{"a":"\\\":","b":2}`, []string{"b"}, `{"a":"\\\":"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := NewSplicer([]byte("x,"), []byte(test.text))
			c, left := New([]byte(test.text)), test.names
			for key := range c.Members() {
				value := c.Offset()
				c.Skip()
				if len(left) > 0 && key == left[0] {
					s.Remove(MemberStart([]byte(test.text), value), c.Offset())
					left = left[1:]
				}
			}
			got := string(s.Bytes())
			if got != "x,"+test.want || !json.Valid([]byte(got[2:])) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestSplicerLeavesOutElements(t *testing.T) {
	const text = `[1, {"a":[2]} , "3"]`
	for removed, want := range map[int]string{0b000: text, 0b001: `[{"a":[2]} , "3"]`, 0b010: `[1, "3"]`, 0b100: `[1, {"a":[2]} ]`, 0b110: `[1]`, 0b111: `[]`} {
		s, c := NewSplicer(nil, []byte(text)), New([]byte(text))
		for i := range c.Elements() {
			start := c.Offset()
			c.Skip()
			if removed&(1<<i) != 0 {
				s.Remove(start, c.Offset())
			}
		}
		if got := string(s.Bytes()); got != want {
			t.Errorf("without %03b: got %s, want %s", removed, got, want)
		}
	}
}

func TestSplicerReplacesAndInserts(t *testing.T) {
	s := NewSplicer(nil, []byte(`{"a":1,"b":2}`))
	s.Replace(5, 6, []byte(`"`), []byte(`x"`))
	s.Replace(12, 12, []byte(`,"c":3`))
	if got, want := string(s.Bytes()), `{"a":"x","b":2,"c":3}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
