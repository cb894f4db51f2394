package messages

import (
	"strings"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// block is a block of content while it is being made.
type block struct {
	kind  blockKind
	index int64
	raw   []byte // as it began; of text and thinking nothing
	shown bool   // of thinking: its item has begun
	ended bool

	text      []byte // escaped: of a tool of the provider's its input; of others all so far where the reply may go on
	signature []byte // escaped
	citations []byte // raw, with commas between them
	mark      int    // where the text begins in the message

	item *translate.CallItem // of a call
}

// blockKind tells blocks apart.
type blockKind int

const (
	otherBlock blockKind = iota // of types that nobody has asked for, such as compaction or fallback
	textBlock
	thinkingBlock
	redactedBlock // thinking that may not be seen
	callBlock     // a call of a tool of the client's
	serverBlock   // a call of a tool of the provider's own
	resultBlock   // what came of that
)

func kindOf(typ []byte) blockKind {
	switch string(typ) {
	case "text":
		return textBlock
	case "thinking":
		return thinkingBlock
	case "redacted_thinking":
		return redactedBlock
	case "tool_use":
		return callBlock
	case "server_tool_use":
		return serverBlock
	}
	if strings.HasSuffix(string(typ), "_tool_result") {
		return resultBlock
	}
	return otherBlock
}

// at finds the block that an event is about: the latest where the event does not say.
func (dec *Decoder) at(index int64) *block {
	for i := len(dec.blocks) - 1; i >= 0; i-- {
		if b := dec.blocks[i]; index < 0 || b.index == index {
			return b
		}
	}
	return nil
}

// opening is what a block says of itself as it begins.
type opening struct {
	typ, id, name    []byte // escaped
	text, thinking   []byte // escaped
	signature        []byte // escaped
	input, citations []byte // raw
}

func readOpening(raw []byte) opening {
	var o opening
	c := jsonscan.New(raw)
	for key := range c.Members() {
		switch key {
		case "type":
			o.typ = c.RawString()
		case "id":
			o.id = c.RawString()
		case "name":
			o.name = c.RawString()
		case "text":
			o.text = c.RawString()
		case "thinking":
			o.thinking = c.RawString()
		case "signature":
			o.signature = c.RawString()
		case "input":
			o.input = c.Raw()
		case "citations":
			o.citations = c.Raw()
		}
	}
	return o
}
