package responses_test

import (
	"math/rand/v2"
	"strings"
)

// author makes up histories. The same seed makes up the same.
type author struct{ *rand.Rand }

func newAuthor(seed uint64) author { return author{rand.New(rand.NewPCG(seed, 1))} }

func (a author) pick(from ...string) string { return from[a.IntN(len(from))] }

// word is a text of a few characters, odd ones among them.
func (a author) word() string {
	var word strings.Builder
	for range 1 + a.IntN(12) {
		word.WriteString(a.pick("a", "Z", "9", "_", "__", "-", ".", "/", " ", "é", "日", "😀", "\"", "\\", "\n", "{", "}", "\u2028", "\x00"))
	}
	return word.String()
}

// item makes up an input item. Ids are few, so that they meet.
func (a author) item() string {
	callID := quote(a.pick("a", "b", "c", "", "a_2", strings.Repeat("x", 70)))
	name := quote(a.pick("f", "g", "unknown", a.word()))
	id := a.pick("", `"id":"`+minted("fc_")+`",`, `"id":"`+fc1+`",`)
	switch a.IntN(12) {
	case 0:
		return `{"role":"user","content":` + quote(a.word()) + `}`
	case 1:
		return `{"role":"developer","content":[{"type":"input_text","text":` + quote(a.pick("", a.word())) + `}]}`
	case 2:
		return `{` + id + `"role":"assistant","content":[{"type":"output_text","text":` + quote(a.pick("", a.word())) + `}]}`
	case 3:
		field, data := "reasoning_text", "t"
		if a.IntN(2) == 0 {
			field, data = "encrypted_content", `{"id":"rs_x","type":"reasoning","summary":[],"encrypted_content":"gAAAA","status":"completed"}`
		}
		return thoughtOf(rs1, a.pick("plain", "deepseek", "openai", "xai"), a.pick("up", "gpt-6.1-sol", "grok-4.7", "deepseek-flash"), field, data)
	case 4:
		return `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":` + quote(a.word()) + `}]}`
	case 5:
		return `{"type":"custom_tool_call",` + id + `"call_id":` + callID + `,"name":` + name + `,"input":` + quote(a.word()) + `}`
	case 6:
		return `{"type":"custom_tool_call_output","call_id":` + callID + `,"output":[{"type":"input_text","text":` + quote(a.word()) + `},{"type":"input_image","image_url":"data:x"}]}`
	case 7:
		return `{"type":"x_future","content":` + quote(a.word()) + `}`
	case 8, 9:
		return `{"type":"function_call",` + id + `"call_id":` + callID + `,"name":` + name + `,"namespace":` + quote(a.pick("", "ns", a.word())) + `,"arguments":` + quote(a.pick("", "{}", `{"x":1}`, "[", a.word())) + `}`
	default:
		return `{"type":"function_call_output","call_id":` + callID + `,"output":` + quote(a.pick("", a.word())) + `}`
	}
}
