package catalog_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/catalog"
)

// codexModel decodes what Codex decodes, with its types. Pointers are members that must be there.
type codexModel struct {
	Slug                     *string `json:"slug"`
	DisplayName              *string `json:"display_name"`
	Description              *string `json:"description"`
	DefaultReasoningLevel    string  `json:"default_reasoning_level"`
	SupportedReasoningLevels *[]struct {
		Effort      string `json:"effort"`
		Description string `json:"description"`
	} `json:"supported_reasoning_levels"`
	ShellType                  *string `json:"shell_type"`
	Visibility                 *string `json:"visibility"`
	SupportedInAPI             *bool   `json:"supported_in_api"`
	Priority                   *int32  `json:"priority"`
	BaseInstructions           *string `json:"base_instructions"`
	SupportsReasoningSummaries *bool   `json:"supports_reasoning_summaries"`
	SupportVerbosity           *bool   `json:"support_verbosity"`
	ApplyPatchToolType         *string `json:"apply_patch_tool_type"`
	TruncationPolicy           *struct {
		Mode  string `json:"mode"`
		Limit int64  `json:"limit"`
	} `json:"truncation_policy"`
	SupportsParallelToolCalls  *bool     `json:"supports_parallel_tool_calls"`
	ContextWindow              *int64    `json:"context_window"`
	ExperimentalSupportedTools *[]string `json:"experimental_supported_tools"`
	InputModalities            *[]string `json:"input_modalities"`
	SupportsSearchTool         *bool     `json:"supports_search_tool"`
	UseResponsesLite           *bool     `json:"use_responses_lite"`
}

// forCodex decodes the half of the document that Codex reads, strictly.
func forCodex(t *testing.T, entries ...catalog.Entry) []codexModel {
	t.Helper()
	var models []codexModel
	for _, raw := range render(t, entries...).Models {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		var model codexModel
		if err := decoder.Decode(&model); err != nil {
			t.Fatal(err)
		}
		checkPresent(t, raw)
		models = append(models, model)
	}
	return models
}

// required are the members without which Codex 0.169, or an earlier version, rejects the whole list.
var required = []string{
	"slug", "display_name", "supported_reasoning_levels", "shell_type", "visibility", "supported_in_api", "priority", "base_instructions",
	"supports_reasoning_summaries", "support_verbosity", "truncation_policy", "supports_parallel_tool_calls", "experimental_supported_tools",
}

func checkPresent(t *testing.T, raw json.RawMessage) {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range required {
		if value, ok := members[name]; !ok || string(value) == "null" {
			t.Errorf("%s lacks %s", members["slug"], name)
		}
	}
}

func TestCodexReadsEveryModelOfEveryPreset(t *testing.T) {
	all := entries(t)
	models := forCodex(t, all...)
	if len(models) != len(all) {
		t.Fatalf("%d models of %d", len(models), len(all))
	}
	words := []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}
	for i, model := range models {
		slug := all[i].Slug
		if *model.Slug != slug || *model.DisplayName == "" || *model.Priority != int32(i+1) {
			t.Errorf("%s is %q, %q at %d", slug, *model.Slug, *model.DisplayName, *model.Priority)
		}
		if *model.ShellType != "unified_exec" || *model.Visibility != "list" || *model.ApplyPatchToolType != "freeform" {
			t.Errorf("%s has the words %q, %q, %q", slug, *model.ShellType, *model.Visibility, *model.ApplyPatchToolType)
		}
		if *model.ContextWindow <= 0 || model.TruncationPolicy.Mode != "tokens" || model.TruncationPolicy.Limit <= 0 {
			t.Errorf("%s has a window of %d and truncates by %v", slug, *model.ContextWindow, *model.TruncationPolicy)
		}
		offered := []string{}
		for _, level := range *model.SupportedReasoningLevels {
			offered = append(offered, level.Effort)
			if !slices.Contains(words, level.Effort) || level.Description == "" {
				t.Errorf("%s offers the effort %+v", slug, level)
			}
		}
		if len(offered) != len(all[i].Model.Efforts) || (len(offered) > 0) != slices.Contains(offered, model.DefaultReasoningLevel) {
			t.Errorf("%s offers %v, first %q", slug, offered, model.DefaultReasoningLevel)
		}
	}
}

func TestATranslatedModelIsOfferedWhatTranslationCarries(t *testing.T) {
	model := forCodex(t, catalog.Entry{Slug: "m"})[0]
	if !*model.SupportedInAPI || !*model.SupportsParallelToolCalls || !*model.SupportsReasoningSummaries {
		t.Error("something that works is not offered")
	}
	if *model.SupportVerbosity || *model.SupportsSearchTool || *model.UseResponsesLite || len(*model.ExperimentalSupportedTools) != 0 {
		t.Error("something is offered that a translated model has not")
	}
}

func TestEffortsForCodex(t *testing.T) {
	tests := []struct {
		name      string
		model     catalog.Model
		offered   string
		preselect string
	}{
		{"a model without efforts has no default", catalog.Model{DefaultEffort: "high"}, "", ""},
		{"the provider's default is preselected", catalog.Model{Efforts: []string{"none", "low", "high"}, DefaultEffort: "none"}, "none low high", "none"},
		{"an unknown default is medium", catalog.Model{Efforts: []string{"low", "medium", "high"}}, "low medium high", "medium"},
		{"without medium it is high", catalog.Model{Efforts: []string{"low", "high", "max"}}, "low high max", "high"},
		{"without either it is the highest", catalog.Model{Efforts: []string{"none", "low"}}, "none low", "low"},
		{"a word that Codex cannot decode is left out", catalog.Model{Efforts: []string{"low", "default"}, DefaultEffort: "default"}, "low", "low"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			model := forCodex(t, catalog.Entry{Slug: "m", Model: test.model})[0]
			var offered []string
			for _, level := range *model.SupportedReasoningLevels {
				offered = append(offered, level.Effort)
			}
			if strings.Join(offered, " ") != test.offered || model.DefaultReasoningLevel != test.preselect {
				t.Errorf("offers %v, first %q", offered, model.DefaultReasoningLevel)
			}
		})
	}
}

func TestNamesForPeople(t *testing.T) {
	tests := []struct {
		name                 string
		entry                catalog.Entry
		display, description string
	}{
		{
			"an alias shows what is behind it",
			catalog.Entry{Slug: "gpt-5.5", Provider: "DeepSeek", Model: catalog.Model{ID: "deepseek-flash", Name: "DeepSeek V4.1 Flash"}},
			"DeepSeek V4.1 Flash", "deepseek-flash at DeepSeek",
		},
		{
			"a model without a name shows the client's",
			catalog.Entry{Slug: "local", Provider: "Ollama", Model: catalog.Model{ID: "qwen3:32b"}},
			"local", "qwen3:32b at Ollama",
		},
		{"a model that nobody described shows the client's", catalog.Entry{Slug: "local", Provider: "Ollama"}, "local", "Ollama"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			model := forCodex(t, test.entry)[0]
			if *model.DisplayName != test.display || *model.Description != test.description {
				t.Errorf("%q, described as %q", *model.DisplayName, *model.Description)
			}
		})
	}
}

func TestImagesGoToModelsThatSeeThem(t *testing.T) {
	models := forCodex(t,
		catalog.Entry{Slug: "unknown"},
		catalog.Entry{Slug: "reader", Model: catalog.Model{Modalities: []string{"text"}}},
		catalog.Entry{Slug: "viewer", Model: catalog.Model{Modalities: []string{"text", "image", "video"}}},
	)
	want := []string{"text", "text", "text image"}
	for i, model := range models {
		if got := strings.Join(*model.InputModalities, " "); got != want[i] {
			t.Errorf("%s takes %s, want %s", *model.Slug, got, want[i])
		}
	}
}

func TestF26AnUnknownWindowIsTakenToBeSmall(t *testing.T) {
	model := forCodex(t, catalog.Entry{Slug: "m"})[0]
	if *model.ContextWindow != catalog.DefaultContextWindow {
		t.Errorf("the window is %d", *model.ContextWindow)
	}
}

func TestBaseInstructionsDescribeTheAgentsWork(t *testing.T) {
	text := *forCodex(t, catalog.Entry{Slug: "m"})[0].BaseInstructions
	if words := len(strings.Fields(text)); words < 600 || words > 1200 {
		t.Errorf("the instructions have %d words", words)
	}
	for _, wanted := range []string{
		"exec_command", "write_stdin", "view_image", "apply_patch", "AGENTS.md", "sandbox", "*** Begin Patch\n", "*** Update File: ",
		"*** Add File: ", "*** Delete File: ", "*** Move to: ", "\n@@", "*** End Patch\n",
	} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the instructions do not speak of %q", wanted)
		}
	}
}
