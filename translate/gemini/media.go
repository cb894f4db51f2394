package gemini

import (
	"slices"
	"strings"

	"github.com/caddy-codex/responses/translate"
)

// blob is an image or a file as it is sent: within the request, for this wire takes no addresses.
type blob struct {
	mediaType string
	base64    []byte // escaped
	level     string // media resolution; empty to leave it to the provider
}

// blob is what is sent of a part. False where a note has to do.
func (e *encoder) blob(part *translate.Part) (blob, bool) {
	takes := e.d.Images
	if part.Kind == translate.FilePart {
		takes = e.d.Files
	}
	if part.Kind == translate.TextPart || takes == "none" {
		return blob{}, false
	}
	mediaType, base64, ok := e.target.Inline(part)
	if !ok {
		return blob{}, false
	}
	one := blob{mediaType: strings.ToLower(mediaType), base64: base64}
	if part.Kind == translate.FilePart {
		return one, isDocument(one.mediaType)
	}
	if one.mediaType == "image/jpg" {
		one.mediaType = "image/jpeg"
	}
	if e.d.ImageDetail == "send" {
		one.level = resolutions[string(part.Detail)]
	}
	return one, strings.HasPrefix(one.mediaType, "image/") && (len(e.d.ImageTypes) == 0 || slices.Contains(e.d.ImageTypes, one.mediaType))
}

// isDocument tells the files that are read inline.
func isDocument(mediaType string) bool {
	return mediaType == "application/pdf" || mediaType == "text/plain"
}

// resolutions are the levels of detail in the provider's words.
var resolutions = map[string]string{
	"low": "MEDIA_RESOLUTION_LOW", "high": "MEDIA_RESOLUTION_HIGH", "original": "MEDIA_RESOLUTION_ULTRA_HIGH",
}

// inline writes a part with a blob.
func (e *encoder) inline(one blob) {
	e.Text("{")
	e.inlineData(one)
	if one.level != "" {
		e.Text(`,"mediaResolution":{"level":"` + one.level + `"}`)
	}
	e.Text("}")
}

func (e *encoder) inlineData(one blob) {
	e.Member("inlineData")
	e.Text(`{"mimeType":`)
	e.String(one.mediaType)
	e.Member("data")
	e.Escaped(one.base64)
	e.Text("}")
}
