package envelope

import (
	"bytes"
	"testing"
)

func TestARecordOpensAtItsPlaceOnly(t *testing.T) {
	r := ring(t, newSecret)
	sealed := r.SealRecord([]byte("before"), []byte("what was said"), "owner/response/a")
	if !bytes.HasPrefix(sealed, []byte("before")) || bytes.Contains(sealed, []byte("said")) {
		t.Fatalf("got %q", sealed)
	}
	sealed = sealed[len("before"):]
	if plain, ok := r.OpenRecord(sealed, "owner/response/a"); !ok || string(plain) != "what was said" {
		t.Errorf("got %q, %v", plain, ok)
	}
	if _, ok := r.OpenRecord(sealed, "other/response/a"); ok {
		t.Error("it opens at another place")
	}
}

func TestARecordOpensWithAnyKeyOfTheRing(t *testing.T) {
	sealed := ring(t, oldSecret).SealRecord(nil, []byte("x"), "place")
	if plain, ok := ring(t, newSecret, oldSecret).OpenRecord(sealed, "place"); !ok || string(plain) != "x" {
		t.Errorf("got %q, %v", plain, ok)
	}
	if _, ok := ring(t, newSecret).OpenRecord(sealed, "place"); ok {
		t.Error("it opens without its key")
	}
}

func TestADamagedRecordDoesNotOpen(t *testing.T) {
	r := ring(t, newSecret)
	sealed := r.SealRecord(nil, []byte("what was said"), "place")
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		if _, ok := r.OpenRecord(damaged, "place"); ok {
			t.Errorf("it opens with byte %d changed", i)
		}
		if _, ok := r.OpenRecord(sealed[:i], "place"); ok {
			t.Errorf("%d bytes of it open", i)
		}
	}
}
