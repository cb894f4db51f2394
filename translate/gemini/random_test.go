package gemini_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
)

// state makes up what is sealed in a reasoning item, in order or not.
func state(a wiretest.Author) string {
	signature := quote(a.Pick("QUJD", "REVG", "", "no base64", "QQ=="))
	return a.Pick(
		`{"call":`+signature+`}`, `{"call":`+signature+`,"parts":[{"text":"t","thought":true,"thoughtSignature":"QUJD"}]}`,
		fmt.Sprintf(`{"texts":[{"from":%d,"to":%d,"signature":%s}]}`, a.IntN(20)-5, a.IntN(20)-5, signature),
		fmt.Sprintf(`{"texts":[{"from":0,"to":%d,"signature":"QUJD"},{"from":%d,"to":%d,"signature":"REVG"}]}`, a.IntN(4), a.IntN(8), a.IntN(12)),
		`{}`, `[]`, `{"texts":7,"parts":{},"call":[]}`, `{"call":"QU`,
	)
}

func TestRandomHistoriesSuitEveryModel(t *testing.T) {
	wire.SuitsRandom(t, func(a wiretest.Author, _ *wiretest.Provider) string {
		own := func() string {
			return sealed(a.Pick("gemini", "vertex", "other"), a.Pick("gemini-3.8-flash", "gemini-4-argon"), state(a))
		}
		open := `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":` + quote(a.Word()) + `}]}`
		return talk(append(a.Items(own(), own(), own(), open), user)...)
	})
}

// part makes up a part of an answer.
func part(a wiretest.Author) string {
	signed := a.Pick("", "", `,"thoughtSignature":"QUJD"`)
	switch a.IntN(6) {
	case 0:
		return `{"thought":true,"text":` + quote(a.Pick("", a.Word())) + signed + `}`
	case 1, 2:
		return `{"functionCall":{"name":` + quote(a.Pick("f", "g", "c", "ns__n")) + `,"args":{"input":` + quote(a.Word()) + `}}` + signed + `}`
	case 3:
		return a.Pick(search, found)
	default:
		return `{"text":` + quote(a.Pick("", " ", a.Word())) + signed + `}`
	}
}

// Whatever a model says, in whatever order, it takes it back, with each of its signatures.
func TestRandomRepliesComeBack(t *testing.T) {
	p := with(t)
	for seed := range uint64(400) {
		a := wiretest.NewAuthor(seed)
		var frames []string
		signatures := 0
		for range 1 + a.IntN(5) {
			var some []string
			for range 1 + a.IntN(3) {
				some = append(some, part(a))
			}
			frames = append(frames, parts(some...))
			signatures += strings.Count(frames[len(frames)-1], "QUJD")
		}
		o := play(t, p, strings.NewReader(bodyOf(append(frames, finish("STOP"))...)))
		if o.Events[len(o.Events)-1].Type != "response.completed" {
			continue // there was no answer
		}
		body := p.body(t, o.NextTurn(t, asking))
		p.check(t, body)
		if got := strings.Count(string(body), "QUJD"); got != signatures {
			t.Fatalf("seed %d: %d signatures came, %d went back:\n%s\n%s", seed, signatures, got, strings.Join(frames, "\n"), body)
		}
	}
}

func TestRandomToolsComeBack(t *testing.T) {
	wire.ToolsComeBack(t, with(t).Provider, "tools.0.functionDeclarations", func(name, arguments string) string {
		return bodyOf(callOf("1", name, arguments, ""), finish("STOP"))
	})
}
