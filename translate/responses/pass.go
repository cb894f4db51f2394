package responses

import (
	"bytes"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// passing copies a request with what has to be changed for a service that understands the rest. Nothing else is touched: a service finds
// again what it has read before only where the bytes are the same.
type passing struct {
	*jsonscan.Splicer
	source *translate.Source
	req    *translate.Request
	target *translate.Target
	d      *dialect.Dialect
	extra  []string // names of the members that every body has
	stores bool     // the service may have kept what it has said before

	// orphaned says that reasoning has been left out and that the items which follow were made with it. OpenAI pairs items by their ids
	// and refuses one whose reasoning is missing.
	orphaned bool
}

func pass(dst []byte, req *translate.Request, target *translate.Target, d *dialect.Dialect) []byte {
	source := req.Source()
	dst = slices.Grow(dst, len(source.Body)+len(d.ExtraBody)+len(target.Model)+256)
	p := passing{Splicer: jsonscan.NewSplicer(dst, source.Body), source: source, req: req, target: target, d: d, extra: names(d.ExtraBody)}
	p.stores = !req.State.Local && !slices.ContainsFunc(source.Members, func(m translate.SourceMember) bool {
		return m.Name == "store" && string(source.Body[m.Value.Start:m.Value.End]) == "false"
	})
	p.members()
	end := bytes.LastIndexByte(source.Body, '}')
	if req.State.Local {
		p.keepNothing(end)
	}
	if len(d.ExtraBody) > 0 {
		p.Replace(end, end, []byte{','}, d.ExtraBody)
	}
	return p.Bytes()
}

// names lists the members of what every body has.
func names(members dialect.Members) []string {
	if len(members) == 0 {
		return nil
	}
	var names []string
	c := jsonscan.New(slices.Concat([]byte{'{'}, members, []byte{'}'}))
	for name := range c.Members() {
		names = append(names, name)
	}
	return names
}

func (p *passing) members() {
	streams := slices.ContainsFunc(p.source.Members, func(m translate.SourceMember) bool { return m.Name == "stream" })
	for i := range p.source.Members {
		m := &p.source.Members[i]
		switch {
		case slices.Contains(p.d.DropFields, m.Name), slices.Contains(p.extra, m.Name):
			at := p.source.MemberSpan(m)
			p.Remove(at.Start, at.End)
		case p.req.State.Local && p.state(m):
		case m.Name == "model":
			p.Replace(m.Value.Start, m.Value.End, jsonscan.AppendString(nil, p.target.Model))
			if !streams {
				p.Replace(m.Value.End, m.Value.End, []byte(`,"stream":true`))
			}
		case m.Name == "stream":
			p.Replace(m.Value.Start, m.Value.End, []byte("true"))
		case m.Name == "input":
			p.input(m.Value)
			if p.req.Compacts && !p.req.Triggered {
				p.trigger(m.Value)
			}
		case m.Name == "reasoning":
			p.effort(m.Value)
		}
	}
}

// sealedReasoning is what a service is to include in its answer where it keeps nothing and its reasoning has to come back.
const sealedReasoning = `"reasoning.encrypted_content"`

// wantsReasoning reports whether the service has to be asked for its reasoning. Models that do not reason refuse to be.
func (p *passing) wantsReasoning() bool {
	return p.req.Encrypted && (p.target.Reasons || p.req.Effort != "")
}

// state changes a member that is about stored state, which is kept on this side. False for another one.
func (p *passing) state(m *translate.SourceMember) bool {
	value := p.source.Body[m.Value.Start:m.Value.End]
	switch m.Name {
	case "store":
		if string(value) != "false" {
			p.Replace(m.Value.Start, m.Value.End, []byte("false"))
		}
	case "background", "generate":
		at := p.source.MemberSpan(m)
		p.Remove(at.Start, at.End)
	case "include":
		switch {
		case !p.wantsReasoning() || bytes.Contains(value, []byte(sealedReasoning)):
		case value[0] == '[' && len(bytes.TrimSpace(value[1:len(value)-1])) > 0:
			p.Replace(m.Value.Start+1, m.Value.Start+1, []byte(sealedReasoning+","))
		default:
			p.Replace(m.Value.Start, m.Value.End, []byte("["+sealedReasoning+"]"))
		}
	default:
		return false
	}
	return true
}

// keepNothing adds the members about stored state that the request lacks, at its end.
func (p *passing) keepNothing(end int) {
	has := func(name string) bool {
		return slices.Contains(p.extra, name) || slices.Contains(p.d.DropFields, name) ||
			slices.ContainsFunc(p.source.Members, func(m translate.SourceMember) bool { return m.Name == name })
	}
	if !has("store") {
		p.Replace(end, end, []byte(`,"store":false`))
	}
	if p.wantsReasoning() && !has("include") {
		p.Replace(end, end, []byte(`,"include":[`+sealedReasoning+`]`))
	}
}

// effort replaces an effort that the model does not have by the nearest that it has.
func (p *passing) effort(within translate.Span) {
	at := p.source.Effort
	if p.req.Effort == "" || at.Start < within.Start || at.End > within.End {
		return
	}
	if value, ok := p.d.Effort(p.req.Effort); ok && value != p.req.Effort {
		p.Replace(at.Start, at.End, jsonscan.AppendString(nil, effortWord(value)))
	}
}

// effortWord is the provider's value; where thinking is switched off by effort alone, that value is none.
func effortWord(value string) string {
	if value == dialect.Off {
		return "none"
	}
	return value
}

func (p *passing) input(within translate.Span) {
	for it := range p.source.Items() {
		if it.Span.Start >= within.Start && it.Span.End <= within.End { // a member that is there twice has items of its own
			p.item(it)
		}
	}
}

// trigger asks for a compaction at the end of an input that does not.
func (p *passing) trigger(within translate.Span) {
	const trigger = `{"type":"compaction_trigger"}`
	input := p.source.Body[within.Start:within.End]
	inside := bytes.TrimSpace(bytes.Trim(input, "[] \n\r\t"))
	switch {
	case input[0] != '[':
		p.Replace(within.Start, within.End, []byte(`[{"type":"message","role":"user","content":`), input, []byte(`},`+trigger+`]`))
	case len(inside) == 0:
		p.Replace(within.End-1, within.End, []byte(trigger+"]"))
	default:
		p.Replace(within.End-1, within.End, []byte(","+trigger+"]"))
	}
}

// item takes care of what a service does not know of: envelopes, and ids that it has not made.
func (p *passing) item(it *translate.SourceItem) {
	if !madeByModel(it) {
		p.orphaned = false
	}
	switch {
	case it.Type == "reasoning" && p.target.WithoutReasoning:
		p.orphaned = true
		p.Remove(it.Span.Start, it.Span.End)
	case it.Sealed && it.State != nil && it.State.Field == translate.CompactionField:
		p.Replace(it.Span.Start, it.Span.End, []byte(`{"type":"message","role":"user","content":[{"type":"input_text","text":"`), translate.SummaryText(it.State.Data), []byte(`"}]}`))
	case it.Sealed:
		original := ownState(it.State, p.target)
		p.orphaned = original == nil
		if p.orphaned {
			p.Remove(it.Span.Start, it.Span.End)
			return
		}
		p.Replace(it.Span.Start, it.Span.End, original)
	case it.Type == "reasoning" && len(it.Encrypted) == 0 && (!p.stores || it.Open || len(it.ID) == 0 || translate.Minted(it.ID)):
		p.orphaned = true // it is another's, for OpenAI has sealed its own, or keeps it under its id
		p.Remove(it.Span.Start, it.Span.End)
	case it.Type == "reasoning":
		p.orphaned = false
	case it.Type == "web_search_call" && translate.Minted(it.ID):
		p.Remove(it.Span.Start, it.Span.End) // it cannot be without an id
	default:
		p.identity(it)
	}
}

// maxName is the length of the longest name or call id that OpenAI takes.
const maxName = 64

// identity changes by what an item is known where that is not OpenAI's: its id, and a name or a call id in a form that it refuses. Other
// models call tools that are not there, by names that cannot be.
func (p *passing) identity(it *translate.SourceItem) {
	badID := it.ID != nil && (p.orphaned || translate.Minted(it.ID))
	badName, badCallID := it.Name != "" && !isName(it.Name), len(it.CallID) > maxName
	if !badID && !badName && !badCallID {
		return
	}
	at := it.Span.Start
	text := p.source.Body[at:it.Span.End]
	c := jsonscan.New(text)
	for key := range c.Members() {
		start := c.Offset()
		c.Skip()
		switch {
		case key == "id" && badID:
			p.Remove(at+jsonscan.MemberStart(text, start), at+c.Offset())
		case key == "name" && badName:
			p.Replace(at+start, at+c.Offset(), jsonscan.AppendString(nil, translate.WireName("", it.Name)))
		case key == "call_id" && badCallID:
			p.Replace(at+start, at+c.Offset(), []byte(`"call_`+translate.Hash62(it.CallID, idLen)+`"`))
		}
	}
}

// isName tells the names that OpenAI takes for a tool.
func isName(name string) bool {
	for i := range len(name) {
		if b := name[i]; !(b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9' || b == '_' || b == '-') {
			return false
		}
	}
	return len(name) <= maxName
}

// madeByModel reports whether an item is part of what a model has said.
func madeByModel(it *translate.SourceItem) bool {
	if it.Type == "message" {
		return it.Role == "assistant"
	}
	return it.Type == "reasoning" || strings.HasSuffix(it.Type, "_call")
}
