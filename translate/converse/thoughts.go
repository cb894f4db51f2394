package converse

import (
	"encoding/base64"

	"github.com/caddy-codex/responses/translate/envelope"
)

// thoughts keep what is to be sealed with each reasoning item, in the order of the items, for an item may close after the next has begun.
type thoughts struct {
	list []thought
}

// thought is what a block of reasoning has besides its text.
type thought struct {
	signature []byte // escaped
	redacted  []byte // as it is, not in base64
}

func (ts *thoughts) begin() { ts.list = append(ts.list, thought{}) }

func (ts *thoughts) sign(fragment []byte) {
	last := &ts.list[len(ts.list)-1]
	last.signature = append(last.signature, fragment...)
}

// redact takes bytes that nobody can read. Each piece is in base64 of its own.
func (ts *thoughts) redact(encoded []byte) {
	last := &ts.list[len(ts.list)-1]
	if decoded, err := base64.StdEncoding.AppendDecode(last.redacted, encoded); err == nil {
		last.redacted = decoded
	}
}

// state is what the next turn needs of a reasoning item: the block as the service wants it back. Unsigned it refuses it.
func (ts *thoughts) state(text []byte) *envelope.Payload {
	if len(ts.list) == 0 {
		return nil
	}
	one := ts.list[0]
	ts.list = ts.list[1:]
	var data []byte
	switch {
	case len(one.signature) > 0:
		data = append(data, `{"reasoningText":{"text":"`...)
		data = append(data, text...)
		data = append(data, `","signature":"`...)
		data = append(data, one.signature...)
		data = append(data, `"}}`...)
	case len(one.redacted) > 0:
		data = append(data, `{"redactedContent":"`...)
		data = base64.StdEncoding.AppendEncode(data, one.redacted)
		data = append(data, `"}`...)
	default:
		return nil
	}
	return &envelope.Payload{Field: fieldReasoning, Data: data}
}
