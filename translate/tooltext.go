package translate

import (
	"crypto/sha256"
	"math/big"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// What models are told in words, where a wire has no field for it. All texts are escaped.

// BlankLine stands between texts that are joined.
const BlankLine = `\n\n`

// The marks around a system message that has to be sent as the user's.
const (
	DeveloperStart = `<developer>\n`
	DeveloperEnd   = `\n</developer>`
)

// InputSchema is the schema of a custom tool on wires that know only JSON functions.
const InputSchema = `{"type":"object","properties":{"` + InputMember + `":{"type":"string"}},"required":["` + InputMember +
	`"],"additionalProperties":false}`

// Schema is the JSON schema of what the tool takes, raw: the client's, or that of a custom tool's one text. It is nil where the client has
// given none.
func (tool *Tool) Schema() []byte {
	if tool.Kind == CustomTool {
		return []byte(InputSchema)
	}
	return tool.Parameters
}

// AppendDescription appends what a tool is for. A custom tool's grammar cannot be enforced where the tool is a JSON function, so the model
// is told of it.
func (tool *Tool) AppendDescription(dst []byte) []byte {
	dst = append(dst, tool.Description...)
	if tool.Kind != CustomTool {
		return dst
	}
	if len(tool.Description) > 0 {
		dst = append(dst, BlankLine...)
	}
	dst = append(dst, `This tool takes free text. Put the whole text into `+InputMember+`, as it is.`...)
	if len(tool.Grammar) > 0 {
		dst = append(dst, ` The text has to follow this `...)
		dst = append(dst, tool.Syntax...)
		dst = append(dst, ` grammar:\n`...)
		dst = append(dst, tool.Grammar...)
	}
	return dst
}

// Prompt asks for the format in words. Providers with a JSON mode want the word JSON in the prompt.
func (f *Format) Prompt() []byte {
	prompt := []byte(`Give the final answer as one JSON object and nothing else: no prose around it, no code fence.`)
	if f.Schema == nil {
		return prompt
	}
	prompt = append(prompt, ` It has to match this JSON schema:\n`...)
	return jsonscan.AppendNested(prompt, f.Schema)
}

// FromTool says of which tool's result the image is that follows.
func FromTool(wireName string) []byte {
	return append(append([]byte("[image from the tool "), wireName...), ']')
}

// ImageBelow is the text of a result that is nothing but images, which follow in another message.
const ImageBelow = "[image below]"

// Hash62 is n letters and digits, at most 40, that depend on text alone: a short stand-in for an id that a provider does not take.
func Hash62(text string, n int) string {
	sum := sha256.Sum256([]byte(text))
	digits := new(big.Int).SetBytes(sum[:]).Text(62)
	return digits[len(digits)-n:]
}
