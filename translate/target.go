package translate

import (
	"bytes"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Target is what a request is encoded for.
type Target struct {
	Provider  string // configured name, which reasoning envelopes carry
	Model     string // the provider's name for the model
	MaxOutput int    // the model's output limit in tokens, 0 where unknown
	Reasons   bool   // the model is known to reason
	Tiers     bool   // it is told which tier of service the client wants

	// Media says what is sent for the images and files of the request; nil sends all as they are.
	Media Media

	// WithoutReasoning leaves out what the model has thought before, because the provider could not open it: its key has changed, or the
	// account.
	WithoutReasoning bool

	// Continuation makes the request one that goes on with a reply which the provider has paused. It is what the wire's decoder gave, in
	// a form of its own; nil for the first request of a reply.
	Continuation []byte
}

// Media says what becomes of the images and files of a request at one target, by their ordinals.
type Media []Medium

// Medium is what becomes of one image or file.
type Medium struct {
	DataURL []byte // escaped: what stands behind the part's URL; nil where that is not needed
	Omitted bool   // it is not sent: it could not be had, or there are too many
}

// Source is the URL of an image or file as the target gets it, escaped: data or http. False where it is left out.
func (t *Target) Source(part *Part) ([]byte, bool) {
	if part.Ordinal >= len(t.Media) {
		return part.Text, true
	}
	switch m := &t.Media[part.Ordinal]; {
	case m.Omitted:
		return nil, false
	case m.DataURL != nil:
		return m.DataURL, true
	default:
		return part.Text, true
	}
}

// Inline is an image or file that the target gets as data: its media type as the client wrote it, and the data in base64, escaped. False
// where it is left out, and where there is nothing but an address.
func (t *Target) Inline(part *Part) (mediaType string, base64 []byte, ok bool) {
	source, ok := t.Source(part)
	if !ok {
		return "", nil, false
	}
	mediaType, base64, ok = SplitDataURL(source)
	return mediaType, base64, ok && len(base64) > 0
}

// SplitDataURL takes a data URL apart, both escaped. False for any other URL, and for one that is not in base64.
func SplitDataURL(url []byte) (mediaType string, base64 []byte, ok bool) {
	rest, ok := bytes.CutPrefix(url, []byte("data:"))
	if !ok {
		return "", nil, false
	}
	head, data, ok := bytes.Cut(rest, []byte(","))
	if !ok {
		return "", nil, false
	}
	head, ok = bytes.CutSuffix(head, []byte(";base64"))
	head, _, _ = bytes.Cut(head, []byte(";")) // parameters
	return string(jsonscan.Unescape(nil, head)), data, ok
}

// AsText is a part where there can be text only, escaped: a text as it is, and a note of anything else.
func (part *Part) AsText() []byte {
	if part.Kind != TextPart {
		return Note(part)
	}
	return part.Text
}

// Note stands in for an image or file that cannot be sent, escaped.
func Note(part *Part) []byte {
	what := []byte("image")
	if part.Kind == FilePart {
		what = bytes.TrimSpace(append([]byte("file "), part.Name...))
	}
	return append(append([]byte("["), what...), " omitted: it cannot be sent to this model]"...)
}

// FileName is the name of a file, escaped. Providers want one.
func (part *Part) FileName() []byte {
	if len(part.Name) == 0 {
		return []byte("document.pdf")
	}
	return part.Name
}
