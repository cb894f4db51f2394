package translate

import (
	"strconv"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// likelihood is how likely the tokens of a message were: the elements of a list as the API has it, and how much of that has been sent with
// deltas.
type likelihood struct {
	list []byte
	sent int
}

// Logprobs says how likely the tokens of the text were that follows, or of what has been said of the message under way. The list is raw, in
// the form of Chat Completions or of the Responses API. Where the client has not asked for it, it is not read.
func (s *Stream) Logprobs(list []byte) {
	if !s.req.Logprobs || s.req.summarizing || len(list) == 0 {
		return
	}
	into := &s.likely
	if item := s.last(messageItem); item != nil {
		into = &item.likely.list
	}
	c := jsonscan.New(list)
	for range c.Elements() {
		*into = appendToken(*into, c, true)
	}
}

// appendToken appends an element of the list, or one of the tokens that might have stood in its place. What is no token is left out.
func appendToken(dst []byte, c *jsonscan.Cursor, chosen bool) []byte {
	var token, logprob, bytes, others []byte
	for key := range c.Members() {
		switch key {
		case "token":
			token = c.RawString()
		case "logprob":
			logprob = only(c.Raw(), jsonscan.Number)
		case "bytes":
			bytes = only(c.Raw(), jsonscan.Array)
		case "top_logprobs":
			others = only(c.Raw(), jsonscan.Array)
		}
	}
	if token == nil || logprob == nil {
		return dst
	}
	if len(dst) > 0 && dst[len(dst)-1] != '[' {
		dst = append(dst, ',')
	}
	token = jsonscan.MendSurrogates(token)
	dst = append(append(dst, `{"token":"`...), token...)
	dst = append(append(dst, `","logprob":`...), logprob...)
	dst = append(dst, `,"bytes":`...)
	if bytes != nil {
		dst = jsonscan.AppendCompact(dst, bytes)
	} else {
		dst = appendBytes(dst, token)
	}
	if chosen {
		dst = append(dst, `,"top_logprobs":[`...)
		list := jsonscan.New(others)
		for range list.Elements() {
			dst = appendToken(dst, list, false)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// appendBytes appends the bytes of a token, for providers that leave them to be told from its text.
func appendBytes(dst, token []byte) []byte {
	dst = append(dst, '[')
	for i, b := range jsonscan.Unescape(nil, token) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(b), 10)
	}
	return append(dst, ']')
}

// next is what a delta says behind its text: of the tokens that no delta has told of yet.
func (l *likelihood) next() string {
	const none = `","logprobs":[]`
	if l.sent == len(l.list) {
		return none
	}
	fresh := l.list[l.sent:]
	if l.sent > 0 {
		fresh = fresh[1:] // the comma
	}
	l.sent = len(l.list)
	return `","logprobs":[` + string(fresh) + `]`
}

// append appends the member that tells of all tokens.
func (l *likelihood) append(dst []byte) []byte {
	dst = append(dst, `,"logprobs":[`...)
	dst = append(dst, l.list...)
	return append(dst, ']')
}
