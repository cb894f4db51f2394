package envelope

import (
	"bytes"
	"strings"
	"testing"
)

func ring(t *testing.T, secrets ...string) *Ring {
	t.Helper()
	raw := make([][]byte, len(secrets))
	for i, s := range secrets {
		raw[i] = []byte(s)
	}
	r, err := NewRing(raw...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	oldSecret = "the first secret of this test"
	newSecret = "the second secret of this test"
)

func TestEnvelopeComesBackAsItWas(t *testing.T) {
	r := ring(t, newSecret)
	in := &Payload{Provider: "deepseek", Model: "deepseek-v4-pro", Field: "reasoning_content", Data: []byte(`a \"quoted\" thought`)}
	out, ok := r.Open(string(r.Seal(nil, in)))
	if !ok || out.Provider != in.Provider || out.Model != in.Model || out.Field != in.Field || !bytes.Equal(out.Data, in.Data) {
		t.Errorf("got %+v, %v", out, ok)
	}
}

func TestEnvelopeHidesItsContent(t *testing.T) {
	sealed := string(ring(t, newSecret).Seal(nil, &Payload{Provider: "deepseek", Data: []byte("secret thought")}))
	if !Sealed(sealed) || strings.Contains(sealed, "thought") || strings.ContainsAny(sealed, `"\`) {
		t.Errorf("got %q", sealed)
	}
}

func TestAnOlderKeyStillOpens(t *testing.T) {
	sealed := string(ring(t, oldSecret).Seal(nil, &Payload{Data: []byte("x")}))
	if _, ok := ring(t, newSecret, oldSecret).Open(sealed); !ok {
		t.Error("the ring holds the key, but the envelope does not open")
	}
	if _, ok := ring(t, newSecret).Open(sealed); ok {
		t.Error("the ring does not hold the key, but the envelope opens")
	}
}

func TestWhatIsNotOursDoesNotOpen(t *testing.T) {
	r := ring(t, newSecret)
	sealed := string(r.Seal(nil, &Payload{Data: []byte("a thought")}))
	for name, text := range map[string]string{
		"empty": "", "another's content": "gAAAAABmZz", "the prefix alone": prefix, "no body": sealed[:len(prefix)+9],
		"cut": sealed[:len(sealed)-2], "changed": sealed[:len(sealed)-3] + "AAA", "not base64": sealed + "%",
	} {
		if _, ok := r.Open(text); ok {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestShortSecretsAreRefused(t *testing.T) {
	if _, err := NewRing([]byte("short")); err == nil {
		t.Error("no error")
	}
	if _, err := NewRing(); err == nil {
		t.Error("no error without secrets")
	}
}

func FuzzDecodeNeverPanics(f *testing.F) {
	f.Add((&Payload{Provider: "p", Model: "m", Field: "f", Data: []byte("d")}).encode())
	f.Fuzz(func(_ *testing.T, plain []byte) { decode(plain) })
}
