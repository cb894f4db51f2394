// Package translate holds what all wires share: the Responses request in a form that encoders read, and the Stream by which decoders
// write Responses events.
//
// It knows the Responses API and no provider. Each wire is a package below this one.
package translate

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate/envelope"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Request is a Responses request, parsed once. Byte slices are pieces of its body: "raw" ones whole JSON values, "escaped" ones the
// inside of a JSON string. Encoders splice them into what they write.
type Request struct {
	Model  string // the client's name for it
	Stream bool

	History []Message // instructions and input, in an order that every wire can take
	Media   int       // how many images and files there are in it
	Tools   Tools
	Repairs int // places where the history was incomplete or unreadable and was mended

	ToolChoice        ToolChoice
	ParallelToolCalls []byte // raw; nil where absent
	Effort            string // as the client sent it; empty where absent
	Summary           bool   // the client wants reasoning summaries
	Encrypted         bool   // the client wants reasoning in a sealed form that it will send back
	Format            Format
	Verbosity         []byte // escaped
	MaxOutputTokens   []byte // raw number
	Temperature       []byte // raw number
	TopP              []byte // raw number
	CacheKey          []byte // escaped
	User              string // safety_identifier, else user
	ServiceTier       []byte // escaped
	Logprobs          bool   // the client wants to know how likely the tokens of the answer were
	TopLogprobs       []byte // raw number: how many others it wants to know of for each; nil where absent
	MaxToolCalls      []byte // raw number: of the provider's own tools; nil where absent
	Truncates         bool   // the oldest of the history may be left out where it does not fit; see Fit

	// Compacts says that the client wants a summary of the conversation instead of an answer; see Compact.
	Compacts bool

	Triggered   bool // an item of the input says so
	summarizing bool // the history ends with asking for it

	CompactAt  int64 // tokens beyond which it is to be compacted on the way; CompactByWindow, and 0 for never
	condensing condensing

	// State is what the request says of what is stored.
	State State

	bare   bool // what only translation needs has not been read
	echo   echo // what the response object repeats of the request
	source Source
	Size   int // length of the body in bytes
}

// Format is the structure that the client wants its answer in.
type Format struct {
	Type   string // json_schema, json_object, or empty for text
	Name   []byte // escaped
	Schema []byte // raw
	Strict []byte // raw; nil where absent
}

// Parse reads a decoded request body. ring opens reasoning that comes back. The error is a *fault.Fault.
func Parse(body []byte, ring *envelope.Ring) (*Request, error) {
	return parse(body, ring, false)
}

// ParseSource reads a request that is to be passed on as it came. What only translation needs, its tools and its history, is left out until
// Complete.
func ParseSource(body []byte, ring *envelope.Ring) (*Request, error) {
	return parse(body, ring, true)
}

// Complete reads what ParseSource has left out. The error is a *fault.Fault.
func (r *Request) Complete() error {
	if !r.bare {
		return nil
	}
	full, err := Parse(r.source.Body, r.source.ring)
	if err == nil {
		full.Compacts, full.Stream, full.State = r.Compacts, r.Stream, r.State // which an endpoint may have decided
		full.Encrypted = full.Encrypted || r.Encrypted
		*r = *full
	}
	return err
}

// LeadingModel is the model of a request whose body begins with it, as Codex's does. False for any other.
func LeadingModel(body []byte) (string, bool) {
	const start, longest = `{"model":"`, 256
	if !bytes.HasPrefix(body, []byte(start)) {
		return "", false
	}
	name := body[len(start):min(len(body), len(start)+longest)]
	end := bytes.IndexByte(name, '"')
	if end < 0 || bytes.IndexByte(name[:end], '\\') >= 0 {
		return "", false
	}
	return string(name[:end]), true
}

func parse(body []byte, ring *envelope.Ring, bare bool) (*Request, error) {
	if !utf8.Valid(body) {
		return nil, fault.New(fault.Invalid, "the body is not UTF-8 text")
	}
	c := jsonscan.New(body)
	if c.Kind() != jsonscan.Object {
		return nil, fault.New(fault.Invalid, "the body is not a JSON object")
	}
	p := parser{req: &Request{Size: len(body), bare: bare, State: State{Store: true}}, ring: ring, body: body}
	p.req.source = Source{Body: body, Members: make([]SourceMember, 0, usualMembers), ring: ring}
	for key := range c.Members() {
		start := c.Offset()
		p.member(key, c)
		p.req.source.Members = append(p.req.source.Members, SourceMember{key, Span{start, c.Offset()}})
	}
	if err := c.Close(); err != nil {
		return nil, fault.New(fault.Invalid, "the body is %v", err)
	}
	return p.finish()
}

// parser holds what cannot be placed before the whole body has been seen.
type parser struct {
	req           *Request
	ring          *envelope.Ring
	body          []byte
	instructions  []byte // escaped
	input         bool   // there was one
	prompted      bool   // a template that the service stores stands for it
	items         []item
	toolChoice    []byte // raw
	configuration []byte // raw: the last item of the input that changes what the request says of reasoning and text
	fault         *fault.Fault
}

func (p *parser) refusef(param, format string, args ...any) {
	if p.fault == nil {
		p.fault = fault.New(fault.Invalid, format, args...)
		p.fault.Param = param
	}
}

// member takes one top-level member. What is not named here is for other parties and does not reach a translated upstream.
func (p *parser) member(key string, c *jsonscan.Cursor) {
	req := p.req
	if !p.fits(key, shapes[key], c) {
		c.Skip()
		return
	}
	switch key {
	case "model":
		req.Model = c.Text()
	case "stream":
		req.Stream = c.Bool()
	case "input":
		p.readInput(c)
	case "instructions":
		raw := c.Raw()
		req.echo.instructions = raw
		p.instructions = jsonscan.New(raw).RawString()
	case "tools":
		start := c.Offset()
		if req.bare {
			c.Skip()
		} else {
			p.tools(c)
		}
		req.echo.tools = p.body[start:c.Offset()]
	case "tool_choice":
		p.toolChoice = c.Raw()
		req.echo.toolChoice = p.toolChoice
	case "parallel_tool_calls":
		req.ParallelToolCalls = only(c.Raw(), jsonscan.True, jsonscan.False)
	case "reasoning":
		start := c.Offset()
		req.echo.reasoning = c.Raw()
		p.reasoning(jsonscan.New(req.echo.reasoning), start)
	case "include":
		p.include(c)
	case "text":
		req.echo.text = c.Raw()
		p.text(jsonscan.New(req.echo.text))
	case "max_output_tokens":
		req.MaxOutputTokens = p.number(key, c)
	case "temperature":
		req.Temperature = p.number(key, c)
	case "top_p":
		req.TopP = p.number(key, c)
	case "prompt_cache_key":
		req.CacheKey = c.RawString()
	case "safety_identifier":
		req.echo.safetyIdentifier = c.Raw()
	case "user":
		req.echo.user = c.Raw()
	case "service_tier":
		req.ServiceTier = c.RawString()
	case "metadata":
		req.echo.metadata = p.metadata(c)
	case "max_tool_calls":
		req.MaxToolCalls = p.count(key, 0, c)
	case "top_logprobs":
		req.TopLogprobs = p.count(key, maxTopLogprobs, c)
	case "truncation":
		req.echo.truncation = p.word(key, c, "auto", "disabled")
		req.Truncates = string(req.echo.truncation) == `"auto"`
	case "prompt_cache_retention":
		req.echo.cacheRetention = c.Raw()
	case "prompt_cache_options":
		req.echo.cacheOptions = c.Raw()
	case "context_management":
		p.contextManagement(c)
	case "prompt":
		p.prompt(c)
	default:
		if !p.stateMember(key, c) {
			c.Skip()
		}
	}
}

// present drops a null.
func present(raw []byte) []byte {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// only drops a value that is of another kind than those.
func only(raw []byte, kinds ...byte) []byte {
	if kind := jsonscan.New(raw).Kind(); kind == 0 || bytes.IndexByte(kinds, kind) < 0 {
		return nil
	}
	return raw
}

func (p *parser) number(key string, c *jsonscan.Cursor) []byte {
	if c.Kind() != jsonscan.Number {
		if c.Kind() != jsonscan.Null {
			p.refusef(key, "%s is not a number", key)
		}
		c.Skip()
		return nil
	}
	return c.Raw()
}

// reasoning reads the object that stands at start.
func (p *parser) reasoning(c *jsonscan.Cursor, start int) {
	for key := range c.Members() {
		switch key {
		case "effort":
			p.fits("reasoning.effort", aText, c)
			from := c.Offset()
			p.req.Effort = c.Text()
			p.req.source.Effort = Span{start + from, start + c.Offset()}
		case "summary", "generate_summary":
			p.fits("reasoning."+key, aText, c)
			if summary := c.Text(); summary != "" && summary != "none" {
				p.req.Summary = true
			}
		}
	}
}

func (p *parser) text(c *jsonscan.Cursor) {
	for key := range c.Members() {
		switch key {
		case "verbosity":
			p.fits("text.verbosity", aText, c)
			p.req.Verbosity = c.RawString()
		case "format":
			p.fits("text.format", anObject, c)
			p.format(c)
		}
	}
}

func (p *parser) format(c *jsonscan.Cursor) {
	f := &p.req.Format
	for key := range c.Members() {
		switch key {
		case "type":
			p.fits("text.format.type", aText, c)
			if typ := c.Text(); typ != "text" {
				f.Type = typ
			}
		case "name":
			p.fits("text.format.name", aText, c)
			f.Name = c.RawString()
		case "schema":
			p.fits("text.format.schema", anObject, c)
			f.Schema = present(c.Raw())
		case "strict":
			p.fits("text.format.strict", aBool, c)
			f.Strict = present(c.Raw())
		}
	}
	switch f.Type {
	case "", "json_object":
	case "json_schema":
		if f.Schema == nil {
			p.refusef("text.format", "text.format of type json_schema has no schema")
		}
	default:
		p.refusef("text.format", "text.format has the unknown type %q; the types are text, json_object and json_schema", f.Type)
	}
}

// reconfigure applies what an item of the input changes.
func (p *parser) reconfigure() {
	c := jsonscan.New(p.configuration)
	for key := range c.Members() {
		switch key {
		case "reasoning":
			raw := jsonscan.New(c.Raw())
			for key := range raw.Members() {
				if effort := raw.Text(); key == "effort" && effort != "" {
					p.req.Effort = effort
				}
			}
		case "text":
			p.text(jsonscan.New(c.Raw()))
		}
	}
}

func (p *parser) finish() (*Request, error) {
	p.reconfigure()
	if p.req.Model == "" {
		p.refusef("model", "model is missing")
	}
	continues := p.req.State.Continues()
	if !p.input && p.instructions == nil && !p.prompted && !continues {
		p.refusef("input", "input is missing")
	}
	if p.req.User = jsonscan.New(p.req.echo.safetyIdentifier).Text(); p.req.User == "" {
		p.req.User = jsonscan.New(p.req.echo.user).Text()
	}
	if f := p.req.State.check(); f != nil && p.fault == nil {
		p.fault = f
	}
	p.req.source.items = p.items
	p.req.bare = p.req.bare || continues // what it goes on from is to be put in first
	if !p.req.bare {
		p.arrange()
	}
	if p.fault != nil {
		return nil, p.fault
	}
	return p.req, nil
}

// arrange makes the tools and the history ready for translation.
func (p *parser) arrange() {
	p.req.Tools.merge()
	p.req.Tools.name()
	h := history{req: p.req, ring: p.ring}
	h.instructions(p.instructions)
	h.items(p.items)
	if !slices.ContainsFunc(p.req.History, func(m Message) bool { return len(m.Parts) > 0 || len(m.Calls) > 0 }) {
		p.refusef("input", "input holds nothing to answer")
	}
	p.req.ToolChoice = p.req.Tools.choice(p.toolChoice)
	if left, bounded := p.req.SearchesLeft(0); bounded && left == 0 {
		p.req.Tools.Search = nil
	}
}
