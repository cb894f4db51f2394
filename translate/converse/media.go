package converse

import (
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// formats are the media types that the service reads, in its words.
var formats = map[string]medium{
	"image/png":  {kind: "image", format: "png"},
	"image/jpeg": {kind: "image", format: "jpeg"},
	"image/jpg":  {kind: "image", format: "jpeg"},
	"image/gif":  {kind: "image", format: "gif"},
	"image/webp": {kind: "image", format: "webp"},

	"application/pdf":    {kind: "document", format: "pdf"},
	"application/msword": {kind: "document", format: "doc"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": {kind: "document", format: "docx"},
	"application/vnd.ms-excel": {kind: "document", format: "xls"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {kind: "document", format: "xlsx"},
	"text/csv":      {kind: "document", format: "csv"},
	"text/html":     {kind: "document", format: "html"},
	"text/markdown": {kind: "document", format: "md"},
	"text/plain":    {kind: "document", format: "txt"},
}

// medium is an image or a document as the service gets it.
type medium struct {
	kind   string // image or document
	format string
	name   []byte // escaped: of a document, as the client has it
	bytes  []byte // escaped: in base64
}

// readMedium returns an image or file that this target reads. The service takes the bytes themselves, no URLs.
func (e *encoder) readMedium(part *translate.Part) (m medium, ok bool) {
	kind := "image"
	switch {
	case part.Kind == translate.ImagePart && e.d.Images != "none":
	case part.Kind == translate.FilePart && e.d.Files != "none":
		kind = "document"
	default:
		return m, false
	}
	mediaType, data, ok := e.target.Inline(part)
	if !ok {
		return m, false
	}
	m, known := formats[strings.ToLower(mediaType)]
	m.name, m.bytes = part.Name, data
	return m, known && m.kind == kind
}

// medium writes an image or a document.
func (e *encoder) medium(m medium) {
	e.Text(`{"` + m.kind + `":{"format":"` + m.format + `"`)
	if m.kind == "document" {
		e.Member("name")
		e.String(e.documentName(m.name))
	}
	e.Text(`,"source":{"bytes":`)
	e.Escaped(m.bytes)
	e.Text("}}}")
}

// documentName is the name of a document in the characters that it may have, and unlike that of any other in the request.
func (e *encoder) documentName(escaped []byte) string {
	const longest = 100 // 200 are allowed
	name := string(jsonscan.Unescape(nil, escaped))
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	name = strings.Map(func(r rune) rune {
		if isAlphanumeric(r) || strings.ContainsRune("-()[]", r) {
			return r
		}
		return ' '
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	name = strings.TrimSpace(name[:min(len(name), longest)])
	if name == "" {
		name = "document"
	}
	unique := name
	for n := 2; slices.Contains(e.names, unique); n++ {
		unique = name + " " + strconv.Itoa(n)
	}
	e.names = append(e.names, unique)
	return unique
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' && r < 0x80
}
