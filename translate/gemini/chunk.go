package gemini

import (
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// chunk is what one response of the stream says. Its slices are pieces of it.
type chunk struct {
	failed    bool // there is an error member that is not null
	parts     []part
	finish    string
	blocked   string // why the prompt was refused
	token     []byte // escaped: for going on with the reply
	grounding []byte // raw: groundingMetadata
	usage     translate.Usage
	counted   bool
}

// part is one part of the answer.
type part struct {
	text      []byte // escaped
	thought   bool
	signature []byte // escaped
	call      *functionCall
	server    *serverTool
}

// serverTool is a part with the call of a server-side tool or its result.
type serverTool struct {
	raw   []byte // the whole part
	query []byte // raw: the arguments of a search
}

// functionCall is a call, or a piece of one.
type functionCall struct {
	id, name  string
	args      []byte // raw
	partial   []byte // raw: partialArgs
	continues bool   // there is more to come
}

func (ch *chunk) read(c *jsonscan.Cursor, data []byte) {
	for key := range c.Members() {
		switch key {
		case "candidates":
			for i := range c.Elements() {
				if i == 0 {
					ch.candidate(c, data)
				}
			}
		case "promptFeedback":
			for inner := range c.Members() {
				if inner == "blockReason" {
					ch.blocked = c.Text()
				}
			}
		case "usageMetadata":
			ch.readUsage(c)
		case "error":
			ch.failed = ch.failed || c.Kind() != jsonscan.Null
		}
	}
}

func (ch *chunk) candidate(c *jsonscan.Cursor, data []byte) {
	for key := range c.Members() {
		switch key {
		case "content":
			ch.content(c, data)
		case "finishReason":
			ch.finish = c.Text()
		case "continuationToken":
			ch.token = c.RawString()
		case "groundingMetadata":
			if c.Kind() == jsonscan.Object {
				ch.grounding = c.Raw()
			}
		}
	}
}

func (ch *chunk) content(c *jsonscan.Cursor, data []byte) {
	for key := range c.Members() {
		if key != "parts" {
			continue
		}
		for range c.Elements() {
			ch.parts = append(ch.parts, part{})
			ch.parts[len(ch.parts)-1].read(c, data)
		}
	}
}

func (p *part) read(c *jsonscan.Cursor, data []byte) {
	start := c.Offset()
	for key := range c.Members() {
		switch key {
		case "text":
			p.text = c.RawString()
		case "thought":
			p.thought = c.Bool()
		case "thoughtSignature":
			p.signature = signature(c.RawString())
		case "functionCall":
			if c.Kind() == jsonscan.Object {
				p.call = readCall(c)
			}
		case "toolCall":
			p.server = &serverTool{query: readSearch(c)}
		case "toolResponse":
			p.server = &serverTool{}
		}
	}
	if p.server != nil && c.Err() == nil {
		p.server.raw = data[start:c.Offset()]
	}
}

func readCall(c *jsonscan.Cursor) *functionCall {
	var call functionCall
	for key := range c.Members() {
		switch key {
		case "id":
			call.id = c.Text()
		case "name":
			call.name = c.Text()
		case "args":
			if c.Kind() == jsonscan.Object {
				call.args = c.Raw()
			}
		case "partialArgs":
			call.partial = c.Raw()
		case "willContinue":
			call.continues = c.Bool()
		}
	}
	return &call
}

// readSearch reads a call of a server-side tool, and returns the arguments where the tool is a web search.
func readSearch(c *jsonscan.Cursor) []byte {
	var typ string
	var args []byte
	for key := range c.Members() {
		switch key {
		case "toolType":
			typ = c.Text()
		case "args":
			args = c.Raw()
		}
	}
	if typ != "GOOGLE_SEARCH_WEB" {
		return nil
	}
	if args == nil {
		args = []byte("{}")
	}
	return args
}

// readUsage reads token counts. Thoughts are counted beside the answer, and what server-side tools have found beside the prompt.
func (ch *chunk) readUsage(c *jsonscan.Cursor) {
	u := &ch.usage
	for key := range c.Members() {
		switch key {
		case "promptTokenCount", "toolUsePromptTokenCount":
			u.Input += count(c)
		case "cachedContentTokenCount":
			u.Cached = count(c)
		case "candidatesTokenCount":
			u.Output += count(c)
		case "thoughtsTokenCount":
			u.Reasoning = count(c)
			u.Output += u.Reasoning
		}
	}
	ch.counted = u.Input > 0 || u.Output > 0
}

func count(c *jsonscan.Cursor) int64 {
	n, ok := c.Int()
	if !ok || n < 0 {
		return 0
	}
	return n
}
