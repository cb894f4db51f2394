// Package dialect says how a provider deviates within its wire.
//
// A Dialect is a record of knobs. Which knobs exist, which values they take and what they default to is data, in knobs.json; presets
// and configuration set them by name. The package decides nothing about wires: encoders and decoders read the record.
package dialect

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Dialect is a complete set of knobs. The comments are in knobs.json, which a test holds against these fields.
type Dialect struct {
	Auth                    string            `json:"auth"`
	Identity                string            `json:"identity"`
	IdentityScope           string            `json:"identity_scope"`
	Path                    string            `json:"path"`
	Headers                 map[string]string `json:"headers"`
	Profile                 string            `json:"profile"`
	DropFields              []string          `json:"drop_fields"`
	Instructions            string            `json:"instructions"`
	CustomTools             string            `json:"custom_tools"`
	CustomToolNames         []string          `json:"custom_tool_names"`
	ModelField              bool              `json:"model_field"`
	NumCtx                  int               `json:"num_ctx"`
	SystemRole              string            `json:"system_role"`
	LateSystem              string            `json:"late_system"`
	MaxTokensField          string            `json:"max_tokens_field"`
	MaxTokensDefault        string            `json:"max_tokens_default"`
	MaxTokens               int               `json:"max_tokens"`
	StreamUsage             string            `json:"stream_usage"`
	Sampling                string            `json:"sampling"`
	ParallelToolCalls       string            `json:"parallel_tool_calls"`
	ToolChoice              []string          `json:"tool_choice"`
	ToolChoiceRequired      string            `json:"tool_choice_required"`
	ToolsStrict             string            `json:"tools_strict"`
	ToolCallID              string            `json:"tool_call_id"`
	ToolMessageName         bool              `json:"tool_message_name"`
	ResponseFormat          string            `json:"response_format"`
	ResponseFormatWithTools bool              `json:"response_format_with_tools"`
	Images                  string            `json:"images"`
	Files                   string            `json:"files"`
	MediaBytes              int               `json:"media_bytes"`
	MediaCount              int               `json:"media_count"`
	ToolResultImages        string            `json:"tool_result_images"`
	ImageTypes              []string          `json:"image_types"`
	ImageForm               string            `json:"image_form"`
	ImageDetail             string            `json:"image_detail"`
	AssistantContent        string            `json:"assistant_content"`
	EffortParam             string            `json:"effort_param"`
	EffortMap               map[string]string `json:"effort_map"`
	ThinkingFields          Members           `json:"thinking_fields"`
	ExtraBody               Members           `json:"extra_body"`
	ReasoningOut            string            `json:"reasoning_out"`
	ReasoningScope          string            `json:"reasoning_scope"`
	UnsignedThinking        bool              `json:"unsigned_thinking"`
	ReasoningRequired       string            `json:"reasoning_required"`
	ReasoningFiller         string            `json:"reasoning_filler"`
	ForeignSignature        string            `json:"foreign_signature"`
	ThinkTags               bool              `json:"think_tags"`
	ToolMarkup              string            `json:"tool_markup"`
	CacheKey                string            `json:"cache_key"`
	UserField               string            `json:"user_field"`
	Verbosity               string            `json:"verbosity"`
	Logprobs                string            `json:"logprobs"`
	ServiceTier             string            `json:"service_tier"`
	CacheControl            string            `json:"cache_control"`
	EagerToolInput          bool              `json:"eager_tool_input"`
	WebSearch               string            `json:"web_search"`
	WebSearchWithTools      string            `json:"web_search_with_tools"`
	SchemaProfile           string            `json:"schema_profile"`
	CountTokens             string            `json:"count_tokens"`
	ImageTokens             int               `json:"image_tokens"`
}

// Settings are values of some knobs by name, as presets and configurations write them.
type Settings = map[string]json.RawMessage

// Off is the effort value that switches thinking off.
const Off = "off"

// Effort maps a requested effort to the provider's value. The second result is false where nothing is to be sent, as where none was
// requested.
func (d *Dialect) Effort(requested string) (value string, send bool) {
	switch requested {
	case "":
		return "", false
	case "ultra":
		requested = "max"
	}
	value = d.EffortMap[requested]
	return value, value != ""
}

// OutputLimit is the most tokens that an answer may have, raw: as requested, the model's own limit where the dialect wants that sent, or the
// dialect's. A model's limit of 0 is not known; nil leaves it to the provider.
func (d *Dialect) OutputLimit(requested []byte, ofModel int) []byte {
	switch {
	case requested != nil:
		return requested
	case d.MaxTokensDefault == "model_limit" && ofModel > 0:
		return strconv.AppendInt(nil, int64(ofModel), 10)
	case d.MaxTokens > 0:
		return strconv.AppendInt(nil, int64(d.MaxTokens), 10)
	default:
		return nil
	}
}

// TakesToolChoice reports whether the provider takes this value of tool_choice.
func (d *Dialect) TakesToolChoice(value string) bool {
	return slices.Contains(d.ToolChoice, value)
}
