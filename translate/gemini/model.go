package gemini

import (
	"unicode/utf8"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// model writes what the model said, in the order in which it said it, each signature in the part that it came in. Thoughts without one
// stay away: the provider does not read them.
func (e *encoder) model(m *translate.Message) {
	var call []byte // the signature of the call that follows
	for i, piece := range m.Said {
		switch piece.Kind {
		case translate.ReasoningPiece:
			s := e.stateOf(m, i)
			if i == 0 || m.Said[i-1].Kind != translate.PartPiece {
				e.signedText(nil, s.texts)
			}
			if len(s.parts) > 0 {
				e.part(modelRole)
				e.Raw(s.parts)
			}
			call = s.call
		case translate.PartPiece:
			e.said(&m.Parts[piece.Index], e.stateOf(m, i+1).texts)
		case translate.CallPiece:
			e.call(&m.Calls[piece.Index], call)
			call = nil
		}
	}
}

// stateOf is what this very model has left in a piece of what it said. Another's signature has the request refused.
func (e *encoder) stateOf(m *translate.Message, i int) state {
	if i >= len(m.Said) || m.Said[i].Kind != translate.ReasoningPiece {
		return state{}
	}
	sealed := m.Reasoning[m.Said[i].Index].State
	if sealed == nil || sealed.Field != stateField || sealed.Provider != e.target.Provider || sealed.Model != e.target.Model {
		return state{}
	}
	return readState(sealed.Data)
}

// said writes a text of the model, in the parts that it came in where some of them are signed.
func (e *encoder) said(part *translate.Part, signed []signedText) {
	if part.Kind != translate.TextPart || len(signed) == 0 {
		e.textPart(modelRole, part.AsText())
		return
	}
	e.signedText(jsonscan.Unescape(nil, part.Text), signed)
}

// signedText writes a text whose pieces are signed. A signature whose piece is not there goes back with an empty part.
func (e *encoder) signedText(text []byte, signed []signedText) {
	at := 0
	for _, one := range signed {
		from, to := one.from, one.to
		if from < at || to < from || to > len(text) || !isBoundary(text, from) || !isBoundary(text, to) {
			from, to = len(text), len(text)
		}
		e.textPart(modelRole, jsonscan.AppendNested(nil, text[at:from]))
		e.part(modelRole)
		e.Text(`{"text":`)
		e.Escaped(jsonscan.AppendNested(nil, text[from:to]))
		e.Member("thoughtSignature")
		e.Escaped(one.signature)
		e.Text("}")
		at = to
	}
	e.textPart(modelRole, jsonscan.AppendNested(nil, text[at:]))
}

// isBoundary reports whether a text can be cut at an offset.
func isBoundary(text []byte, at int) bool { return at == len(text) || utf8.RuneStart(text[at]) }

// call writes a call. The first of a content has to be signed for many models, so that of another model's gets a signature that says so.
func (e *encoder) call(call *translate.Call, signature []byte) {
	e.part(modelRole)
	e.Text(`{"functionCall":{`)
	e.callID(call.ID)
	e.Member("name")
	e.String(call.WireName)
	e.Member("args")
	e.Raw(call.Arguments)
	e.Text("}")
	switch {
	case signature != nil:
		e.Member("thoughtSignature")
		e.Escaped(signature)
	case !e.called && e.d.ForeignSignature != "":
		e.Member("thoughtSignature")
		e.String(e.d.ForeignSignature)
	}
	e.Text("}")
	e.called = true
}
