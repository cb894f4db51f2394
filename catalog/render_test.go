package catalog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/catalog"
	"github.com/caddy-codex/responses/presets"
)

// entries lists every model of every preset, as a site that has them all would.
func entries(t *testing.T) []catalog.Entry {
	t.Helper()
	var all []catalog.Entry
	for _, name := range presets.Names() {
		preset, ok := presets.Get(name)
		if !ok {
			t.Fatalf("no preset %s", name)
		}
		for _, model := range preset.Models {
			all = append(all, catalog.Entry{Slug: name + "/" + model.ID, Provider: preset.Title, Model: model})
		}
	}
	return all
}

// document is what the two kinds of reader see, with the OpenAI list decoded and Codex's half left raw.
type document struct {
	Object string
	Data   []struct {
		ID      string
		Object  string
		Created json.Number
		OwnedBy string `json:"owned_by"`

		ContextWindow   *int `json:"context_window"`
		MaxOutputTokens *int `json:"max_output_tokens"`
	}
	Models []json.RawMessage
}

func render(t *testing.T, entries ...catalog.Entry) document {
	t.Helper()
	body, _ := catalog.Render(entries)
	var doc document
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheDocumentIsAnOpenAIList(t *testing.T) {
	all := entries(t)
	doc := render(t, all...)
	if doc.Object != "list" || len(doc.Data) != len(all) {
		t.Fatalf("object %q with %d models, want %d", doc.Object, len(doc.Data), len(all))
	}
	for i, model := range doc.Data {
		if model.ID != all[i].Slug || model.Object != "model" || model.OwnedBy != all[i].Provider {
			t.Errorf("model %d is %+v", i, model)
		}
		if created, err := model.Created.Int64(); err != nil || created <= 0 {
			t.Errorf("%s was created at %s", model.ID, model.Created)
		}
		if model.ContextWindow == nil || *model.ContextWindow != all[i].Model.ContextWindow {
			t.Errorf("%s has a window of %v", model.ID, model.ContextWindow)
		}
	}
}

func TestTheListLeavesOutLimitsThatNobodyKnows(t *testing.T) {
	model := render(t, catalog.Entry{Slug: "mine", Provider: "Ollama"}).Data[0]
	if model.ContextWindow != nil || model.MaxOutputTokens != nil {
		t.Errorf("limits are %v and %v", model.ContextWindow, model.MaxOutputTokens)
	}
}

func TestNoEntriesGiveAnEmptyDocument(t *testing.T) {
	body, etag := catalog.Render(nil)
	if string(body) != `{"object":"list","data":[],"models":[]}` || etag == "" {
		t.Errorf("%s with the tag %s", body, etag)
	}
}

func TestTheFirstOfTwoEntriesWithOneSlugCounts(t *testing.T) {
	doc := render(t, catalog.Entry{Slug: "a", Provider: "One"}, catalog.Entry{Slug: "b"}, catalog.Entry{Slug: "a", Provider: "Two"})
	if len(doc.Data) != 2 || len(doc.Models) != 2 || doc.Data[0].OwnedBy != "One" {
		t.Errorf("the list is %+v", doc.Data)
	}
}

func TestTheTagFollowsTheBody(t *testing.T) {
	all := entries(t)
	body, etag := catalog.Render(all)
	again, sameTag := catalog.Render(slices.Clone(all))
	if !bytes.Equal(body, again) || etag != sameTag {
		t.Error("the same entries give another document")
	}
	if !regexp.MustCompile(`^"[0-9a-f]{32}"$`).MatchString(etag) {
		t.Errorf("%s is no strong entity tag", etag)
	}
	slices.Reverse(all)
	if _, other := catalog.Render(all); other == etag {
		t.Error("another order has the same tag")
	}
}

func TestTextIsNotEscapedForBrowsers(t *testing.T) {
	body, _ := catalog.Render([]catalog.Entry{{Slug: "<a&b>"}})
	if !bytes.Contains(body, []byte(`"id":"<a&b>"`)) || !bytes.Contains(body, []byte("<<'PATCH'")) {
		t.Errorf("the document is %.300s", body)
	}
}

func ExampleRender() {
	body, _ := catalog.Render([]catalog.Entry{{
		Slug:     "deepseek-flash",
		Provider: "DeepSeek",
		Model:    catalog.Model{ID: "deepseek-flash", ContextWindow: 1000000},
	}})
	list, _, _ := strings.Cut(string(body), `,"models":`)
	fmt.Println(list)
	// Output: {"object":"list","data":[{"id":"deepseek-flash","object":"model","created":1767225600,"owned_by":"DeepSeek","context_window":1000000}]
}
