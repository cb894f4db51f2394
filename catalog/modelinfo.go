package catalog

import (
	"slices"
	"strings"
)

// DefaultContextWindow is what Codex is told where nobody knows the window, in tokens. Codex would assume 272,000 and run into the end of
// what most people serve themselves; this is large enough to work in, and at worst compacts early.
const DefaultContextWindow = 65536

// truncationLimit is how many tokens of a tool's output Codex keeps. It is what Codex takes for its own models.
const truncationLimit = 10000

// modelInfo describes a model to Codex (the type ModelInfo of its protocol). The members are those that Codex 0.169 requires and those
// that matter for a model behind a translation; it has defaults for the rest. One that cannot be decoded spoils the whole list, so the
// required ones are never left out.
type modelInfo struct {
	Slug                       string           `json:"slug"`
	DisplayName                string           `json:"display_name"`
	Description                string           `json:"description"`
	DefaultReasoningLevel      string           `json:"default_reasoning_level,omitempty"`
	SupportedReasoningLevels   []reasoningLevel `json:"supported_reasoning_levels"`
	ShellType                  string           `json:"shell_type"`
	Visibility                 string           `json:"visibility"`
	SupportedInAPI             bool             `json:"supported_in_api"`
	Priority                   int              `json:"priority"`
	BaseInstructions           string           `json:"base_instructions"`
	SupportsReasoningSummaries bool             `json:"supports_reasoning_summaries"`
	SupportVerbosity           bool             `json:"support_verbosity"`
	ApplyPatchToolType         string           `json:"apply_patch_tool_type"`
	TruncationPolicy           truncationPolicy `json:"truncation_policy"`
	SupportsParallelToolCalls  bool             `json:"supports_parallel_tool_calls"`
	ContextWindow              int              `json:"context_window"`
	ExperimentalSupportedTools []string         `json:"experimental_supported_tools"`
	InputModalities            []string         `json:"input_modalities"`
	SupportsSearchTool         bool             `json:"supports_search_tool"`
	UseResponsesLite           bool             `json:"use_responses_lite"`
}

type reasoningLevel struct {
	Effort      string `json:"effort"`
	Description string `json:"description"`
}

type truncationPolicy struct {
	Mode  string `json:"mode"`
	Limit int    `json:"limit"`
}

// describe fills in a model for Codex. The lower the priority, the higher it stands in Codex's list.
func describe(e *Entry, priority int) modelInfo {
	levels := reasoningLevels(&e.Model)
	info := modelInfo{
		Slug:                       e.Slug,
		DisplayName:                displayName(e),
		Description:                description(e),
		DefaultReasoningLevel:      preselected(levels, e.Model.DefaultEffort),
		SupportedReasoningLevels:   levels,
		ShellType:                  "unified_exec",
		Visibility:                 "list",
		SupportedInAPI:             true,
		Priority:                   priority,
		BaseInstructions:           baseInstructions,
		SupportsReasoningSummaries: true,
		ApplyPatchToolType:         "freeform",
		TruncationPolicy:           truncationPolicy{Mode: "tokens", Limit: truncationLimit},
		SupportsParallelToolCalls:  true,
		ContextWindow:              e.Model.ContextWindow,
		ExperimentalSupportedTools: []string{},
		InputModalities:            []string{"text"},
	}
	if info.ContextWindow == 0 {
		info.ContextWindow = DefaultContextWindow
	}
	if e.Model.Vision() {
		info.InputModalities = append(info.InputModalities, "image")
	}
	return info
}

// displayName is the model's own name where the client's name stands for it, and the client's name where nothing better is known.
func displayName(e *Entry) string {
	if e.Model.Name != "" {
		return e.Model.Name
	}
	return e.Slug
}

func description(e *Entry) string {
	parts := slices.DeleteFunc([]string{e.Model.ID, e.Provider}, func(s string) bool { return s == "" })
	return strings.Join(parts, " at ")
}

// reasoningLevels are the model's efforts in the words that Codex knows. Another word, which only a configuration can bring, would spoil
// the list.
func reasoningLevels(m *Model) []reasoningLevel {
	levels := []reasoningLevel{}
	for _, effort := range m.Efforts {
		if text, known := effortDescriptions[effort]; known {
			levels = append(levels, reasoningLevel{effort, text})
		}
	}
	return levels
}

// preselected is the effort that Codex starts with: what the provider takes by default, else a middle one, so that Codex does not take
// the absence of a default for none.
func preselected(levels []reasoningLevel, byDefault string) string {
	for _, wanted := range []string{byDefault, "medium", "high"} {
		if slices.ContainsFunc(levels, func(l reasoningLevel) bool { return l.Effort == wanted }) {
			return wanted
		}
	}
	if len(levels) == 0 {
		return ""
	}
	return levels[len(levels)-1].Effort
}

// effortDescriptions stand beside the efforts in Codex's menu.
var effortDescriptions = map[string]string{
	"none":    "Answers without thinking first",
	"minimal": "Thinks as little as possible",
	"low":     "Thinks briefly: quick and cheap",
	"medium":  "Weighs speed against depth",
	"high":    "Thinks at length about hard problems",
	"xhigh":   "Thinks very long: slow and costly",
	"max":     "Thinks as long as the model can",
}
