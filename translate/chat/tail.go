package chat

import (
	"bytes"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// TailLength is how many bytes of the end of a reply LastUsage wants to see: the counts, and what some providers send behind them.
const TailLength = 4096

var usageMember = []byte(`"usage":`)

// LastUsage reads the token counts of a reply, a document or a stream, of which tail is the end. It reports false where there are none.
func LastUsage(tail []byte) (translate.Usage, bool) {
	for {
		at := bytes.LastIndex(tail, usageMember)
		if at < 0 {
			return translate.Usage{}, false
		}
		var d delta
		d.readUsage(jsonscan.New(tail[at+len(usageMember):]))
		if usage, ok := d.counts(); ok {
			return usage, true
		}
		tail = tail[:at]
	}
}
