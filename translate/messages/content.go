package messages

import (
	"bytes"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/translate"
)

// parts writes what the user says.
func (e *encoder) parts(parts []translate.Part) {
	for i := range parts {
		if part := &parts[i]; part.Kind != translate.TextPart || !blank(part.Text) {
			e.turn(user)
			e.part(part)
		}
	}
}

// part writes a part as a block.
func (e *encoder) part(part *translate.Part) {
	if m := e.media(part); m.source != nil {
		e.mediaBlock(part, &m)
		return
	}
	e.textBlock(part.AsText())
}

// media is an image or a document as it is sent.
type media struct {
	mediaType string // of data; empty for a URL
	source    []byte // escaped: data in base64, or a URL; nil where it is not sent
}

// imageTypes are the types of images that the wire knows.
var imageTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

const pdfType = "application/pdf"

// media finds what is sent of a part, in the forms that the provider takes.
func (e *encoder) media(part *translate.Part) media {
	takes := e.d.Images
	types := imageTypes
	switch part.Kind {
	case translate.TextPart:
		return media{}
	case translate.FilePart:
		takes, types = e.d.Files, []string{pdfType}
	case translate.ImagePart:
	}
	source, ok := e.target.Source(part)
	if !ok || takes == "none" {
		return media{}
	}
	if mediaType, data, ok := translate.SplitDataURL(source); ok {
		if mediaType = strings.ToLower(mediaType); mediaType == "image/jpg" {
			mediaType = "image/jpeg"
		}
		if len(data) == 0 || !slices.Contains(types, mediaType) {
			return media{}
		}
		return media{mediaType, data}
	}
	if takes == "url" && bytes.HasPrefix(source, []byte("http")) {
		return media{source: source}
	}
	return media{}
}

func (e *encoder) mediaBlock(part *translate.Part, m *media) {
	typ := "image"
	if part.Kind == translate.FilePart {
		typ = "document"
	}
	e.Text(`{"type":"` + typ + `","source":{"type":`)
	if m.mediaType == "" {
		e.Text(`"url","url":`)
	} else {
		e.Text(`"base64","media_type":"` + m.mediaType + `","data":`)
	}
	e.Escaped(m.source)
	e.Text("}")
	if part.Kind == translate.FilePart && !blank(part.Name) {
		e.Member("title")
		e.Escaped(part.Name)
	}
	e.Text("}")
}

// lifted is an image of a result that stands behind the results.
type lifted struct {
	part     *translate.Part
	wireName string
}

// result writes the output of a call. Nothing says whether the call has failed, so a result is never marked as an error, in which there may
// be text only.
func (e *encoder) result(m *translate.Message) {
	e.turn(user)
	e.Text(`{"type":"tool_result","tool_use_id":`)
	e.callID(m.CallID)
	e.resultContent(m)
	e.Text("}")
}

// resultContent writes a text where it can, and a list where there is more. Nothing stands for an empty one.
func (e *encoder) resultContent(m *translate.Message) {
	parts := make([]*translate.Part, 0, len(m.Parts))
	before := len(e.images)
	for i := range m.Parts {
		switch part := &m.Parts[i]; {
		case part.Kind == translate.ImagePart && e.d.ToolResultImages != "native" && e.media(part).source != nil:
			e.images = append(e.images, lifted{part, m.WireName})
		case part.Kind != translate.TextPart || !blank(part.Text):
			parts = append(parts, part)
		}
	}
	switch {
	case len(parts) == 0 && len(e.images) > before:
		e.Text(`,"content":"` + translate.ImageBelow + `"`)
	case len(parts) == 1 && parts[0].Kind == translate.TextPart:
		e.Member("content")
		e.Escaped(parts[0].Text)
	case len(parts) > 0:
		e.Text(`,"content":[`)
		for _, part := range parts {
			e.Separate()
			if e.d.ToolResultImages == "native" {
				e.part(part)
			} else {
				e.textBlock(part.AsText())
			}
		}
		e.Text("]")
	}
}

// liftedImages writes the images of results, each with a word on where it comes from.
func (e *encoder) liftedImages() {
	for _, image := range e.images {
		e.turn(user)
		e.textBlock(translate.FromTool(image.wireName))
		e.turn(user)
		e.part(image.part)
	}
	e.images = e.images[:0]
}
