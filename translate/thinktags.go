package translate

import (
	"bytes"
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// ThinkTags splits content that begins with <think>…</think> into reasoning and answer, wherever the tags are cut. Tags later in the
// content are text: a model may write about them. The zero value is ready.
type ThinkTags struct {
	state tagState
	held  string // text that may be the beginning of a tag
	high  []byte // escaped: a high surrogate whose partner is in the next fragment
	trim  bool   // the line breaks behind the tag have not ended
}

type tagState int

const (
	beforeTag tagState = iota
	insideTag
	afterTag
)

const (
	openTag  = "<think>"
	closeTag = "</think>"
)

// Read takes a fragment and returns what is known of it; both sides are escaped.
func (r *ThinkTags) Read(raw []byte) (reasoning, answer []byte) {
	if r.state == afterTag && !r.trim {
		return nil, raw
	}
	text := r.held + string(jsonscan.Unescape(nil, r.paired(raw)))
	r.held = ""
	if r.state == beforeTag {
		trimmed := strings.TrimLeft(text, " \n\r\t")
		switch {
		case strings.HasPrefix(trimmed, openTag):
			r.state = insideTag
			text = trimmed[len(openTag):]
		case strings.HasPrefix(openTag, trimmed):
			r.held = text
			return nil, nil
		default:
			r.state = afterTag
		}
	}
	if r.state == insideTag {
		before, after, closed := strings.Cut(text, closeTag)
		if !closed {
			keep := partial(text, closeTag)
			r.held = text[len(text)-keep:]
			return escape(text[:len(text)-keep]), nil
		}
		r.state, r.trim = afterTag, true
		return escape(before), r.answer(after)
	}
	return nil, r.answer(text)
}

// paired holds back a high surrogate at the end of a fragment, for what is to be looked at is unescaped.
func (r *ThinkTags) paired(raw []byte) []byte {
	if len(r.high) > 0 {
		raw, r.high = append(r.high, raw...), nil
	}
	raw, high := jsonscan.SplitSurrogate(raw)
	r.high = bytes.Clone(high)
	return raw
}

// answer drops the line breaks between the closing tag and the answer. A surrogate that waits is the answer's as well.
func (r *ThinkTags) answer(text string) []byte {
	if r.trim {
		text = strings.TrimLeft(text, "\r\n")
		r.trim = text == ""
	}
	answer := escape(text)
	if !r.trim && len(r.high) > 0 {
		answer, r.high = append(answer, r.high...), nil
	}
	return answer
}

// Flush returns what was held back, once no more text will come.
func (r *ThinkTags) Flush() (reasoning, answer []byte) {
	held := append(escape(r.held), r.high...)
	r.held, r.high = "", nil
	if r.state == insideTag {
		return held, nil
	}
	r.state = afterTag
	return nil, held
}

// partial is the length of the longest end of text that tag begins with.
func partial(text, tag string) int {
	for n := min(len(text), len(tag)-1); n > 0; n-- {
		if strings.HasSuffix(text, tag[:n]) {
			return n
		}
	}
	return 0
}

func escape(text string) []byte {
	if text == "" {
		return nil
	}
	return jsonscan.AppendEscaped(nil, text)
}
