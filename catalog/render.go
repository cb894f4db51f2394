package catalog

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
)

// created is the time that every model claims to have been made at: 2026-01-01 00:00 UTC. The OpenAI list requires one and providers do
// not tell; it is fixed, so that the document changes only when the configuration does.
const created = 1767225600

// baseInstructions are what a coding agent is told before anything else. Codex requires them of every model that it is told of.
//
//go:embed base_instructions.md
var baseInstructions string

// Entry is one model as clients see it.
type Entry struct {
	// Slug is the client's name for the model.
	Slug string

	// Provider is the title of the provider that serves it.
	Provider string

	// Model is what is known about it.
	Model Model
}

// document is the answer to GET /models. It is two documents at once: data is the OpenAI list that SDKs read, models is the catalogue
// that Codex reads. Each reader ignores the other's half.
type document struct {
	Object string      `json:"object"`
	Data   []listed    `json:"data"`
	Models []modelInfo `json:"models"`
}

// listed is a model in the OpenAI list. The two limits are an addition that several providers make; unknown ones are left out.
type listed struct {
	ID              string `json:"id"`
	Object          string `json:"object"`
	Created         int64  `json:"created"`
	OwnedBy         string `json:"owned_by"`
	ContextWindow   int    `json:"context_window,omitempty"`
	MaxOutputTokens int    `json:"max_output_tokens,omitempty"`
}

// Render writes the models document and its entity tag. The first entry is the one that Codex prefers. Of entries with the same slug
// the first counts. The same entries give the same bytes and the same tag.
func Render(entries []Entry) (body []byte, etag string) {
	doc := document{Object: "list", Data: []listed{}, Models: []modelInfo{}}
	seen := make(map[string]bool, len(entries))
	for _, entry := range entries {
		if seen[entry.Slug] {
			continue
		}
		seen[entry.Slug] = true
		doc.Data = append(doc.Data, list(&entry))
		doc.Models = append(doc.Models, describe(&entry, len(doc.Models)+1))
	}
	body = encode(&doc)
	sum := sha256.Sum256(body)
	return body, `"` + hex.EncodeToString(sum[:16]) + `"`
}

func list(e *Entry) listed {
	return listed{
		ID:              e.Slug,
		Object:          "model",
		Created:         created,
		OwnedBy:         e.Provider,
		ContextWindow:   e.Model.ContextWindow,
		MaxOutputTokens: e.Model.MaxOutputTokens,
	}
}

// encode leaves <, > and & as they are: the instructions are text for models, not for browsers.
func encode(doc *document) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(doc); err != nil {
		panic("catalog: " + err.Error()) // strings, numbers and lists of them always encode
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}
