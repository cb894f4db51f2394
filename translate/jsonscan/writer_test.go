package jsonscan_test

import (
	"testing"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

func TestWriterPutsCommasWhereTheyBelong(t *testing.T) {
	w := jsonscan.Writer{Dst: []byte("before ")}
	w.Text("{")
	w.RawMember("none", nil)
	w.EscapedMember("empty", []byte{})
	w.Members(nil)
	w.Member("a")
	w.String("q\"\n")
	w.RawMember("b", []byte("[1]"))
	w.EscapedMember("c", []byte(`x\n`))
	w.Members([]byte(`"d":1,"e":2`))
	w.Member("f")
	w.Text("[")
	for n := range int64(3) {
		w.Separate()
		w.Int(-n)
	}
	w.Separate()
	w.Text("{")
	w.Members([]byte(`"g":{}`))
	w.Text("}]}")
	const want = `before {"a":"q\"\n","b":[1],"c":"x\n","d":1,"e":2,"f":[0,-1,-2,{"g":{}}]}`
	if got := string(w.Dst); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
