package catalog

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// Page is one page of the list of models that a provider serves.
type Page struct {
	Models []Model

	// Next is the query by which the next page is asked for, empty on the last one.
	Next string
}

// maxTokens is more than any window or answer holds, in tokens: what is above is no number of tokens.
const maxTokens = 100_000_000

// maxID bounds the name of a model, in bytes.
const maxID = 256

// ReadPage reads a provider's list in whichever of the forms of the field: OpenAI's, with the additions that others make, Anthropic's,
// Gemini's, or an array. Models that say they do something else than to answer in text are left out. What is not known stays zero.
func ReadPage(body []byte) (Page, error) {
	if !gjson.ValidBytes(body) {
		return Page{}, errors.New("the list of models is not JSON")
	}
	doc := gjson.ParseBytes(body)
	rows := doc
	for _, name := range [...]string{"data", "models", "result"} {
		if doc.IsArray() {
			break
		}
		if rows = doc.Get(name); rows.IsArray() {
			break
		}
	}
	if !rows.IsArray() {
		return Page{}, errors.New("the list of models has no list in it")
	}
	page := Page{Next: next(doc)}
	rows.ForEach(func(_, row gjson.Result) bool {
		if model, ok := readModel(row); ok {
			page.Models = append(page.Models, model)
		}
		return true
	})
	return page, nil
}

// next finds how the next page is asked for: Anthropic's after_id, Gemini's pageToken.
func next(doc gjson.Result) string {
	switch token, last := doc.Get("nextPageToken").String(), doc.Get("last_id").String(); {
	case token != "":
		return url.Values{"pageToken": {token}}.Encode()
	case doc.Get("has_more").Bool() && last != "":
		return url.Values{"after_id": {last}}.Encode()
	}
	return ""
}

func readModel(row gjson.Result) (Model, bool) {
	if row.Type == gjson.String && row.Str != "" && len(row.Str) <= maxID {
		return Model{ID: row.Str}, true
	}
	id := strings.TrimPrefix(firstText(row, "id", "name", "model"), "models/") // Gemini's
	if id == "" || len(id) > maxID || !answers(row) {
		return Model{}, false
	}
	m := Model{
		ID:              id,
		Name:            firstText(row, "display_name", "displayName"),
		ContextWindow:   firstNumber(row, windowNames),
		MaxOutputTokens: firstNumber(row, outputNames),
		Modalities:      modalities(row),
		Price:           readPrice(row),
	}
	if m.Name == "" && row.Get("id").Exists() {
		m.Name = row.Get("name").String()
	}
	if m.MaxOutputTokens == 0 && row.Get("max_input_tokens").Exists() {
		m.MaxOutputTokens = number(row.Get("max_tokens")) // Anthropic's; elsewhere the word may mean the window
	}
	return m, true
}

// windowNames are what providers call the context window. What a server has loaded counts more than what the model could hold.
var windowNames = []string{
	"loaded_context_length", "max_model_len", "meta.n_ctx", "n_ctx", "context_window", "context_length", "max_context_length", "contextWindow",
	"contextLength", "context_size", "max_context_tokens", "max_input_tokens", "inputTokenLimit", "top_provider.context_length",
	"limits.max_context_window_tokens", "capabilities.limits.max_context_window_tokens", "model_spec.availableContextTokens",
	"limit.context", "meta.n_ctx_train", "n_ctx_train",
}

// outputNames are what providers call the longest answer.
var outputNames = []string{
	"max_completion_tokens", "max_output_tokens", "max_output_length", "maxOutputTokens", "outputTokenLimit", "top_provider.max_completion_tokens",
	"limits.max_output_tokens", "capabilities.limits.max_output_tokens", "limit.output",
}

func firstText(row gjson.Result, names ...string) string {
	for _, name := range names {
		if value := row.Get(name); value.Type == gjson.String && value.Str != "" {
			return value.Str
		}
	}
	return ""
}

func firstNumber(row gjson.Result, names []string) int {
	for _, name := range names {
		if n := number(row.Get(name)); n > 0 {
			return n
		}
	}
	return 0
}

func number(value gjson.Result) int {
	if n := value.Int(); n > 0 && n <= maxTokens {
		return int(n)
	}
	return 0
}

// otherKinds are what a model may say it is and then has no answers in text.
var otherKinds = []string{"embedding", "embeddings", "image", "audio", "moderation", "rerank", "transcribe", "transcription", "tts", "speech", "video"}

// answers reports whether a row is of a model that answers in text, or does not say.
func answers(row gjson.Result) bool {
	if methods := row.Get("supportedGenerationMethods"); methods.IsArray() && !has(methods, "generateContent") {
		return false
	}
	if output := row.Get("architecture.output_modalities"); output.IsArray() && !has(output, "text") {
		return false
	}
	if active := row.Get("active"); active.Type == gjson.False { // Groq's
		return false
	}
	return !slices.Contains(otherKinds, strings.ToLower(row.Get("type").String()))
}

// modalities are the kinds of input that a row says its model reads, nil where it does not say.
func modalities(row gjson.Result) []string {
	for _, name := range [...]string{"architecture.input_modalities", "input_modalities", "modalities.input", "modalities"} {
		if list := row.Get(name); list.IsArray() {
			return kinds(list)
		}
	}
	if input, _, ok := strings.Cut(row.Get("architecture.modality").String(), "->"); ok {
		return vision(strings.Contains(input, "image"))
	}
	for _, name := range [...]string{
		"supports_vision", "supports_image_in", "supports_image_input", "capabilities.vision", "capabilities.supports.vision",
		"capabilities.image_input.supported", "model_spec.capabilities.supportsVision",
	} {
		if value := row.Get(name); value.IsBool() {
			return vision(value.Bool())
		}
	}
	for _, name := range [...]string{"capabilities", "features"} {
		if list := row.Get(name); list.IsArray() && (has(list, "vision") || has(list, "image") || has(list, "image_input")) {
			return vision(true)
		}
	}
	return nil
}

// kinds picks the modalities that matter here.
func kinds(list gjson.Result) []string {
	switch {
	case has(list, "image"), has(list, "vision"):
		return vision(true)
	case has(list, "text"):
		return vision(false)
	}
	return nil
}

func vision(reads bool) []string {
	if reads {
		return []string{"text", "image"}
	}
	return []string{"text"}
}

func has(list gjson.Result, word string) bool {
	found := false
	list.ForEach(func(_, value gjson.Result) bool {
		found = strings.EqualFold(value.String(), word)
		return !found
	})
	return found
}
