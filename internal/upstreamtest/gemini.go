package upstreamtest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// GeminiOption adds to the rules of a strict Gemini.
type GeminiOption func(*geminiRules)

// Vertex makes it Vertex AI, which knows no ids of calls and no calls of server-side tools.
func Vertex(r *geminiRules) { r.vertex = true }

// StrictGemini makes the upstream refuse what generateContent refuses, with status 400 and an error body that says why. A refused request
// is recorded and uses up no reply. The model is the one in the path.
func (u *Upstream) StrictGemini(options ...GeminiOption) *Upstream {
	return u.StrictBy(func(request Request) (string, Reply) {
		model, ok := strings.CutSuffix(request.Path, ":streamGenerateContent")
		if !ok {
			return "", Reply{}
		}
		why := GeminiRefusal(model[strings.LastIndex(model, "/")+1:], request.Body, options...)
		if request.Query.Get("alt") != "sse" {
			why = "the stream was not asked for as events: alt is not sse"
		}
		return why, GeminiError(http.StatusBadRequest, "INVALID_ARGUMENT", why)
	})
}

// GeminiRefusal returns why a model refuses a body, or "".
func GeminiRefusal(model string, body []byte, options ...GeminiOption) string {
	r := &geminiRules{model: model, pro: strings.Contains(model, "-pro")}
	if match := geminiVersion.FindStringSubmatch(model); match != nil {
		r.version, _ = strconv.ParseFloat(match[1], 64)
	}
	for _, option := range options {
		option(r)
	}
	if !gjson.ValidBytes(body) || !gjson.ParseBytes(body).IsObject() {
		return "Invalid JSON payload received."
	}
	doc := gjson.ParseBytes(body)
	for _, err := range []error{
		geminiHas(doc, "", "body"), r.checkContents(doc.Get("contents")), r.checkSystem(doc.Get("systemInstruction")), r.checkTools(doc),
		r.checkConfig(doc),
	} {
		if err != nil {
			return err.Error()
		}
	}
	if token := doc.Get("continuationToken"); token.Exists() && !isBase64(token) {
		return "Invalid value at 'continuation_token' (TYPE_BYTES)"
	}
	return ""
}

var geminiVersion = regexp.MustCompile(`^gemini-(\d+(?:\.\d+)?)`)

// geminiRules says what a model refuses.
type geminiRules struct {
	model   string
	version float64 // 0 for models that are no Gemini
	pro     bool
	vertex  bool
}

// third reports whether it is of the third generation or a later one.
func (r *geminiRules) third() bool { return r.version >= 3 }

// geminiFields are the members of each object that is sent.
var geminiFields = map[string]string{
	"body": "contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent serviceTier continuationToken",
	"generationConfig": "maxOutputTokens temperature topP topK stopSequences seed responseMimeType responseJsonSchema responseSchema " +
		"thinkingConfig candidateCount presencePenalty frequencyPenalty mediaResolution",
	"thinkingConfig":        "includeThoughts thinkingLevel thinkingBudget",
	"tool":                  "functionDeclarations googleSearch",
	"googleSearch":          "timeRangeFilter",
	"functionDeclaration":   "name description parameters parametersJsonSchema",
	"toolConfig":            "functionCallingConfig includeServerSideToolInvocations",
	"functionCallingConfig": "mode allowedFunctionNames",
	"content":               "role parts",
	"part": "text thought thoughtSignature inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall " +
		"toolResponse mediaResolution",
	"inlineData":       "mimeType data",
	"fileData":         "mimeType fileUri",
	"mediaResolution":  "level",
	"functionCall":     "id name args",
	"functionResponse": "id name response parts",
	"responsePart":     "inlineData",
	"toolCall":         "id toolType args",
	"toolResponse":     "id toolType response",
}

// geminiHas refuses members of an object that its kind does not have.
func geminiHas(object gjson.Result, at, kind string) error {
	if !object.IsObject() {
		return saysf("Invalid value at '%s': got %s, expected an object", at, orMissing(object))
	}
	fields := strings.Fields(geminiFields[kind])
	for _, name := range slices.Sorted(maps.Keys(object.Map())) {
		if !slices.Contains(fields, name) {
			return saysf("Invalid JSON payload received. Unknown name %q at '%s': Cannot find field.", name, at)
		}
	}
	return nil
}

func isBase64(value gjson.Result) bool {
	if value.Type != gjson.String || value.Str == "" {
		return false
	}
	_, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value.Str, "="))
	return err == nil
}

func (r *geminiRules) checkSystem(system gjson.Result) error {
	if !system.Exists() {
		return nil
	}
	if err := geminiHas(system, "system_instruction", "content"); err != nil {
		return err
	}
	if strings.HasPrefix(r.model, "gemma-3") {
		return verbatim("Developer instruction is not enabled for models/" + r.model)
	}
	parts := system.Get("parts").Array()
	if len(parts) == 0 {
		return errors.New("system_instruction.parts must not be empty")
	}
	for _, part := range parts {
		if part.Get("text").String() == "" || len(part.Map()) != 1 {
			return errors.New("system_instruction takes text only, and no empty one")
		}
	}
	return nil
}

func (r *geminiRules) checkConfig(doc gjson.Result) error {
	config := doc.Get("generationConfig")
	if !config.Exists() {
		return nil
	}
	if err := geminiHas(config, "generation_config", "generationConfig"); err != nil {
		return err
	}
	if limit := config.Get("maxOutputTokens"); limit.Exists() && (limit.Type != gjson.Number || limit.Num < 1) {
		return fmt.Errorf("max_output_tokens must be positive, got %s", limit.Raw)
	}
	if len(config.Get("stopSequences").Array()) > 5 {
		return errors.New("stop_sequences takes at most 5")
	}
	if err := r.checkThinking(config); err != nil {
		return err
	}
	return r.checkFormat(doc, config)
}

func (r *geminiRules) checkThinking(config gjson.Result) error {
	thinking := config.Get("thinkingConfig")
	if !thinking.Exists() {
		return nil
	}
	if err := geminiHas(thinking, "generation_config.thinking_config", "thinkingConfig"); err != nil {
		return err
	}
	level, budget := thinking.Get("thinkingLevel"), thinking.Get("thinkingBudget")
	switch {
	case r.version < 2.5:
		return verbatim("Thinking is not enabled for this model")
	case level.Exists() && budget.Exists():
		return verbatim("You can only set only one of thinking budget and thinking level.")
	case budget.Exists():
		return r.checkBudget(budget.Int(), config.Get("maxOutputTokens"))
	case level.Exists() && !r.third():
		return verbatim("Thinking level is not supported for this model.")
	case level.Exists() && !slices.Contains([]string{"MINIMAL", "LOW", "MEDIUM", "HIGH"}, level.Str):
		return saysf("Invalid value at 'generation_config.thinking_config.thinking_level': %s", level.Raw)
	case level.Str == "MINIMAL" && (r.pro || r.version >= 3.7):
		return verbatim("Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.")
	}
	return nil
}

func (r *geminiRules) checkBudget(budget int64, limit gjson.Result) error {
	least, most := int64(0), int64(24576)
	if r.pro {
		least, most = 128, 32768
	}
	if budget != -1 && (budget < least || budget > most) {
		return saysf("The thinking budget %d is invalid. Please choose a value between %d and %d", budget, least, most)
	}
	if limit.Exists() && budget >= limit.Int() {
		return fmt.Errorf("the thinking budget %d leaves no room in %d tokens", budget, limit.Int())
	}
	return nil
}

func (r *geminiRules) checkFormat(doc, config gjson.Result) error {
	typ := config.Get("responseMimeType")
	structured := typ.Str == "application/json"
	if typ.Exists() && !structured && typ.Str != "text/plain" {
		return fmt.Errorf("response_mime_type: allowed mimetypes are `text/plain`, `application/json`, got %s", typ.Raw)
	}
	plain, openAPI := config.Get("responseJsonSchema"), config.Get("responseSchema")
	switch mode := doc.Get("toolConfig.functionCallingConfig.mode").Str; {
	case !structured && (plain.Exists() || openAPI.Exists()):
		return errors.New("a response schema needs the response_mime_type application/json")
	case plain.Exists() && openAPI.Exists():
		return errors.New("only one of response_schema and response_json_schema can be set")
	case structured && doc.Get("tools").Exists() && !r.third():
		return verbatim("Function calling with a response mime type: 'application/json' is unsupported")
	case structured && mode == "ANY":
		return verbatim("Forced function calling (mode: ANY) with a response mime type: 'application/json' is unsupported")
	}
	for _, schema := range []gjson.Result{plain, openAPI} {
		if !schema.Exists() {
			continue
		}
		if why := GeminiSchemaRefusal([]byte(schema.Raw), schema.Raw == openAPI.Raw); why != "" {
			return errors.New("generation_config: " + why)
		}
	}
	return nil
}

// saysf is an error in the words of Google.
func saysf(format string, args ...any) error { return verbatim(fmt.Sprintf(format, args...)) }
