package session

import (
	"testing"
	"time"
)

func TestFieldsComeBackInTheirOrder(t *testing.T) {
	encoded := appendFields(nil, []byte("one"), nil, encodeInt(-5), encodeInt(1<<40), encodeBool(true), encodeBool(false), []byte("last"))
	f := fieldReader{rest: encoded}
	if one, none, negative, large := f.text(), f.next(), f.int(), f.int(); one != "one" || none != nil || negative != -5 || large != 1<<40 {
		t.Errorf("got %q, %q, %d and %d", one, none, negative, large)
	}
	if yes, no, last := f.int(), f.int(), f.text(); yes != 1 || no != 0 || last != "last" {
		t.Errorf("got %d, %d and %q", yes, no, last)
	}
	if beyond := f.text(); beyond != "" || f.int() != 0 || f.broken {
		t.Errorf("behind the last field there is %q, broken %v", beyond, f.broken)
	}
}

func TestAFieldThatIsCutIsBroken(t *testing.T) {
	encoded := appendFields(nil, []byte("one"), []byte("two"))
	for n := range encoded {
		f := fieldReader{rest: encoded[:n]}
		one, two := f.text(), f.text()
		whole := n == 0 || n == len("1one")
		if f.broken == whole || len(one)+len(two) > n {
			t.Errorf("of %d bytes: %q and %q, broken %v", n, one, two, f.broken)
		}
	}
}

// sealNothing is a ring that does not encrypt.
type sealNothing struct{}

func (sealNothing) SealRecord(dst, plain []byte, _ string) []byte     { return append(dst, plain...) }
func (sealNothing) OpenRecord(sealed []byte, _ string) ([]byte, bool) { return sealed, true }

// A store may hold what an older or a newer version has written.
func TestRecordsOfOtherVersionsAreRead(t *testing.T) {
	s := New(nil, sealNothing{}, Options{Now: time.Now})
	r := &Response{ID: "resp", Previous: "before", Object: []byte(`{}`), Input: []byte(`"hi"`), depth: 7, ancestors: []string{"a", "b"}}
	encoded := r.encode(nil)
	for name, record := range map[string][]byte{
		"the same":                 encoded,
		"one with more fields":     appendFields(encoded, []byte("of the future"), encodeInt(1)),
		"one with fewer fields":    appendFields(nil, []byte("resp"), []byte("before")),
		"one with an empty record": {},
	} {
		got, err := s.decodeResponse("owner", Record{Value: record})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(record) > 0 && (got.ID != "resp" || got.Previous != "before") || len(record) >= len(encoded) && (got.depth != 7 || len(got.ancestors) != 2) {
			t.Errorf("%s is read as %+v", name, got)
		}
	}
	if _, err := s.decodeResponse("owner", Record{Value: encoded[:len(encoded)-1]}); err == nil {
		t.Error("a record that is cut is taken for whole")
	}
}
