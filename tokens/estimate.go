package tokens

import (
	"github.com/caddy-codex/responses/translate/jsonscan"
)

const (
	// perMessage is what stands around each message, and perReply what begins the model's own. The numbers are those that OpenAI's cookbook
	// gives for its chat format; the formats of other models are alike.
	perMessage = 4
	perReply   = 3

	// maxCounted bounds the bytes of a request that are counted, which takes some 10 ms for 100 KB. The rest is taken to be like them. No
	// model reads more.
	maxCounted = 8 << 20
)

// Estimate is about how many tokens a model reads of the body of a request, whatever the wire. Images and files are taken to have perMedium
// tokens each, however large they are.
func Estimate(body []byte, perMedium int) int64 {
	e := estimator{perMedium: int64(perMedium)}
	c := jsonscan.New(body)
	for name := range c.Members() {
		if !prompt[name] {
			continue
		}
		switch {
		case turns[name] && c.Kind() == jsonscan.Array:
			for range c.Elements() {
				e.tokens += perMessage
				e.value(c)
			}
		case turns[name]:
			e.tokens += perMessage
			e.value(c)
		default:
			e.member(name, c)
		}
	}
	return e.total()
}

// estimator adds up what a body has.
type estimator struct {
	perMedium int64

	tokens  int64
	texts   int64 // of the tokens, those of texts
	counted int   // bytes of the texts that have been counted
	left    int   // bytes of those that have not
}

// total is the sum, with what has not been counted.
func (e *estimator) total() int64 {
	sum := e.tokens + perReply
	if e.left > 0 {
		sum += int64(float64(e.texts) * float64(e.left) / float64(e.counted))
	}
	return sum
}

// member takes the value of a member.
func (e *estimator) member(name string, c *jsonscan.Cursor) {
	nested := c.Kind() == jsonscan.Object || c.Kind() == jsonscan.Array
	switch meanings[name] {
	case structure:
		c.Skip()
	case document:
		if !nested {
			e.value(c)
			return
		}
		e.text(c.Raw())
	case medium:
		if nested || c.Kind() == jsonscan.String {
			e.tokens += e.perMedium
		}
		c.Skip()
	case media:
		for range c.Elements() {
			e.tokens += e.perMedium
		}
	default:
		e.value(c)
	}
}

// value adds up the texts within a value.
func (e *estimator) value(c *jsonscan.Cursor) {
	switch c.Kind() {
	case jsonscan.String:
		e.text(jsonscan.Unescape(nil, c.RawString()))
	case jsonscan.Object:
		for name := range c.Members() {
			e.member(name, c)
		}
	case jsonscan.Array:
		for range c.Elements() {
			e.value(c)
		}
	default:
		c.Skip() // a switch or a number of the format
	}
}

func (e *estimator) text(text []byte) {
	if room := maxCounted - e.counted; len(text) > room {
		e.left += len(text) - room
		text = text[:room]
	}
	n := int64(Count(string(text)))
	e.counted += len(text)
	e.tokens += n
	e.texts += n
}
