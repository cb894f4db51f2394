package upstreamtest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// ConverseOption adds to the rules of a strict Bedrock.
type ConverseOption func(*converseRules)

// Nova makes it refuse what Amazon's own models do: members of a tool's schema besides the three they know, cache points among the tools,
// limits where they think hardest, and reasoning.
func Nova(r *converseRules) { r.nova = true }

// MistralIDs makes it refuse call ids that are not nine letters and digits.
func MistralIDs(r *converseRules) { r.id = regexp.MustCompile(`^[a-zA-Z0-9]{9}$`) }

// NoToolChoice makes it refuse a choice of tools.
func NoToolChoice(r *converseRules) { r.noChoice = true }

// StrictConverse makes the upstream refuse what Bedrock's Converse operations refuse.
func (u *Upstream) StrictConverse(options ...ConverseOption) *Upstream {
	path := regexp.MustCompile(`^/model/[^/]+/converse(-stream)?$`)
	return u.StrictBy(func(request Request) (string, Reply) {
		why := ConverseRefusal(request.Body, options...)
		if !path.MatchString(request.Path) {
			why = "there is no operation at " + request.Path
		}
		return why, ConverseRefused(why)
	})
}

// ConverseRefusal returns why Bedrock refuses a body, or "".
func ConverseRefusal(body []byte, options ...ConverseOption) string {
	r := converseRules{id: regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)}
	for _, option := range options {
		option(&r)
	}
	if !gjson.ValidBytes(body) || !gjson.ParseBytes(body).IsObject() {
		return "the body is not a JSON object"
	}
	request := gjson.ParseBytes(body)
	for _, check := range []func(gjson.Result) error{r.checkMembers, r.checkSystem, r.checkToolConfig, r.checkLimits, r.checkMessages} {
		if err := check(request); err != nil {
			return err.Error()
		}
	}
	return ""
}

// converseRules are those of one family of models, and what the request has shown so far.
type converseRules struct {
	nova     bool
	noChoice bool
	id       *regexp.Regexp

	points    int      // cache points
	documents []string // names
	tooled    bool     // the messages have calls or results
}

// awsf makes an error in the words of AWS, which are sentences.
func awsf(format string, args ...any) error { return verbatim(fmt.Sprintf(format, args...)) }

// shapes are the members of the structures of the service's model that may be sent.
var shapes = map[string][]string{
	"request": {
		"messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields", "promptVariables",
		"additionalModelResponseFieldPaths", "requestMetadata", "performanceConfig", "serviceTier", "outputConfig",
	},
	"message":         {"role", "content"},
	"system block":    {"text", "guardContent", "cachePoint"},
	"block":           {"text", "image", "document", "toolUse", "toolResult", "reasoningContent", "cachePoint"},
	"result block":    {"json", "text", "image", "document", "video"},
	"image":           {"format", "source"},
	"document":        {"format", "name", "source", "context", "citations"},
	"toolUse":         {"toolUseId", "name", "input", "type"},
	"toolResult":      {"toolUseId", "content", "status", "type"},
	"reasoning":       {"reasoningText", "redactedContent"},
	"reasoningText":   {"text", "signature"},
	"cachePoint":      {"type", "ttl"},
	"toolConfig":      {"tools", "toolChoice"},
	"tool":            {"toolSpec", "systemTool", "cachePoint"},
	"toolSpec":        {"name", "description", "inputSchema", "strict"},
	"toolChoice":      {"auto", "any", "tool"},
	"inferenceConfig": {"maxTokens", "temperature", "topP", "stopSequences"},
	"schema of Nova":  {"type", "properties", "required"},
}

// members checks that an object has no members but those of its shape.
func members(value gjson.Result, shape, where string) error {
	if !value.IsObject() {
		return awsf("Malformed input request: %s: expected an object, found %s", where, orMissing(value))
	}
	for _, name := range slices.Sorted(maps.Keys(value.Map())) {
		if !slices.Contains(shapes[shape], name) {
			return awsf("Malformed input request: %s: extraneous key [%s] is not permitted", where, name)
		}
	}
	return nil
}

// union checks that an object has one member, and that its shape has it.
func union(value gjson.Result, shape, where string) (kind string, err error) {
	if err := members(value, shape, where); err != nil {
		return "", err
	}
	names := slices.Collect(maps.Keys(value.Map()))
	if len(names) != 1 {
		return "", awsf("the union at %s has %d members", where, len(names))
	}
	return names[0], nil
}

func (r *converseRules) checkMembers(request gjson.Result) error {
	if err := members(request, "request", "#"); err != nil {
		return err
	}
	if tier := request.Get("serviceTier"); tier.Exists() && !slices.Contains([]string{"default", "flex", "priority", "reserved"}, tier.Get("type").String()) {
		return awsf("serviceTier: %s", tier.Raw)
	}
	return nil
}

func (r *converseRules) checkSystem(request gjson.Result) error {
	system := request.Get("system")
	if !system.Exists() {
		return nil
	}
	for i, block := range system.Array() {
		where := fmt.Sprintf("system.%d", i)
		kind, err := union(block, "system block", where)
		switch {
		case err != nil:
			return err
		case kind == "text" && blank(block.Get("text")):
			return blankText("SystemContentBlock", where)
		case kind == "cachePoint":
			if err := r.cachePoint(block, where, i == 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func blank(text gjson.Result) bool {
	return text.Type != gjson.String || strings.TrimFunc(text.String(), func(c rune) bool { return c <= ' ' || c == '\u2028' || c == '\u3000' }) == ""
}

func blankText(object, where string) error {
	return awsf("The text field in the %s object at %s is blank. Add text to the text field, and try again.", object, where)
}

// cachePoint checks a mark of the prompt cache, of which there may be four, each behind something.
func (r *converseRules) cachePoint(block gjson.Result, where string, first bool) error {
	const most = 4
	r.points++
	switch {
	case block.Get("cachePoint.type").String() != "default":
		return awsf("%s: unknown type of cachePoint", where)
	case first:
		return awsf("%s: cachePoint cannot be inserted at the start", where)
	case r.points > most:
		return awsf("%s: there are more than %d cachePoint blocks", where, most)
	}
	return members(block.Get("cachePoint"), "cachePoint", where)
}

func (r *converseRules) checkToolConfig(request gjson.Result) error {
	config := request.Get("toolConfig")
	if !config.Exists() {
		return nil
	}
	if err := members(config, "toolConfig", "#/toolConfig"); err != nil {
		return err
	}
	tools := config.Get("tools").Array()
	if len(tools) == 0 {
		return awsf("1 validation error detected: Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	seen := make(map[string]bool)
	for i, tool := range tools {
		where := fmt.Sprintf("#/toolConfig/tools/%d", i)
		kind, err := union(tool, "tool", where)
		switch {
		case err != nil:
			return err
		case kind == "cachePoint" && r.nova:
			return awsf("Malformed input request: %s: extraneous key [cachePoint] is not permitted", where)
		case kind == "cachePoint":
			err = r.cachePoint(tool, where, i == 0)
		default:
			err = r.toolSpec(tool.Get("toolSpec"), where, seen)
		}
		if err != nil {
			return err
		}
	}
	return r.toolChoice(config.Get("toolChoice"), seen)
}

func (r *converseRules) toolSpec(spec gjson.Result, where string, seen map[string]bool) error {
	if err := members(spec, "toolSpec", where); err != nil {
		return err
	}
	name := spec.Get("name")
	schema := spec.Get("inputSchema.json")
	switch {
	case !toolName.MatchString(name.String()):
		return awsf("Value '%s' at '%s/name' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", name, where, toolName)
	case seen[name.String()]:
		return awsf("The tool %s is already defined at %s.", name, where)
	case spec.Get("description").Exists() && spec.Get("description").String() == "":
		return awsf("%s/description: Member must have length greater than or equal to 1", where)
	case schema.Get("type").String() != "object":
		return awsf("The value at %s/inputSchema/json/type must be one of the following: object.", where)
	case r.nova:
		if err := members(schema, "schema of Nova", where+"/toolSpec/inputSchema/json"); err != nil {
			return err
		}
	}
	seen[name.String()] = true
	return nil
}

func (r *converseRules) toolChoice(choice gjson.Result, seen map[string]bool) error {
	if !choice.Exists() {
		return nil
	}
	kind, err := union(choice, "toolChoice", "toolChoice")
	switch {
	case err != nil:
		return err
	case r.noChoice:
		return awsf("This model doesn't support the toolConfig.toolChoice.%s field. Remove toolConfig.toolChoice.%s and try again.", kind, kind)
	case kind == "tool" && !seen[choice.Get("tool.name").String()]:
		return awsf("toolChoice names the tool %s, which is not defined", choice.Get("tool.name"))
	}
	return nil
}

func (r *converseRules) checkLimits(request gjson.Result) error {
	config := request.Get("inferenceConfig")
	if !config.Exists() {
		return nil
	}
	if r.nova && request.Get("additionalModelRequestFields.reasoningConfig.maxReasoningEffort").String() == "high" {
		return awsf("inferenceConfig cannot be set when maxReasoningEffort is high")
	}
	if limit := config.Get("maxTokens"); limit.Exists() && (limit.Type != gjson.Number || limit.Int() < 1 || strings.ContainsAny(limit.Raw, ".eE")) {
		return awsf("maxTokens is %s, expected an integer of 1 or more", limit.Raw)
	}
	return members(config, "inferenceConfig", "inferenceConfig")
}
