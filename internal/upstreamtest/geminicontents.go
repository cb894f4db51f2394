package upstreamtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// skipValidator is the signature that Gemini takes for calls of other models.
const skipValidator = "skip_thought_signature_validator"

// geminiTalk is what a strict Gemini keeps in mind from content to content.
type geminiTalk struct {
	*geminiRules
	at   string
	last string         // role of the content before
	open []gjson.Result // functionCall of the content before, which wait for their answers
}

func (r *geminiRules) checkContents(contents gjson.Result) error {
	if !contents.IsArray() || len(contents.Array()) == 0 {
		return verbatim("contents is not specified")
	}
	talk := geminiTalk{geminiRules: r}
	for i, content := range contents.Array() {
		talk.at = fmt.Sprintf("contents[%d]", i)
		if err := talk.content(content); err != nil {
			return fmt.Errorf("%s: %w", talk.at, err)
		}
	}
	if len(talk.open) > 0 {
		return errors.New("the last calls have no answers")
	}
	if talk.last != "user" {
		return verbatim("Please ensure that multiturn requests ends with a user role or a function response.")
	}
	return nil
}

func (g *geminiTalk) content(content gjson.Result) error {
	if err := geminiHas(content, g.at, "content"); err != nil {
		return err
	}
	role := content.Get("role").Str
	switch {
	case role != "user" && role != "model":
		return verbatim("Please use a valid role: user, model.")
	case g.last == "" && role != "user":
		return errors.New("the conversation has to begin with a user turn")
	case g.last == role:
		return verbatim("Please ensure that multiturn requests alternate between user and model.")
	}
	g.last = role
	parts := content.Get("parts")
	if !parts.IsArray() || len(parts.Array()) == 0 {
		return verbatim("GenerateContentRequest.contents: contents.parts must not be empty.")
	}
	var calls, answers []gjson.Result
	for i, part := range parts.Array() {
		g.at = fmt.Sprintf("%s.parts[%d]", strings.SplitN(g.at, ".", 2)[0], i)
		if err := g.part(part, role); err != nil {
			return fmt.Errorf("parts[%d]: %w", i, err)
		}
		if call := part.Get("functionCall"); call.Exists() {
			if len(calls) == 0 && g.third() && !part.Get("thoughtSignature").Exists() {
				return verbatim("Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, " +
					"and missing thought_signature may lead to degraded model performance. Additional data, function call `" + call.Get("name").Str + "`.")
			}
			calls = append(calls, call)
		}
		if answer := part.Get("functionResponse"); answer.Exists() {
			if len(answers) != i {
				return errors.New("function responses have to stand first")
			}
			answers = append(answers, answer)
		}
	}
	if err := geminiAnswered(g.open, answers); err != nil {
		return err
	}
	g.open = calls
	return nil
}

// geminiAnswered holds answers against the calls of the turn before.
func geminiAnswered(calls, answers []gjson.Result) error {
	switch {
	case len(calls) == 0 && len(answers) > 0:
		return verbatim("Please ensure that function response turn comes immediately after a function call turn.")
	case len(calls) != len(answers):
		return verbatim("Please ensure that the number of function response parts is equal to the number of function call parts of the " +
			"function call turn.")
	}
	for i, call := range calls {
		if name := answers[i].Get("name"); name.Str != call.Get("name").Str || name.Str == "" {
			return fmt.Errorf("function_response.name: %s answers a call of %s", orMissing(name), call.Get("name").Raw)
		}
		if id := answers[i].Get("id"); id.Raw != call.Get("id").Raw {
			return fmt.Errorf("function_response.id: %s answers the call %s", orMissing(id), orMissing(call.Get("id")))
		}
	}
	return nil
}

// geminiData are the members of a part of which it has exactly one.
var geminiData = []string{"text", "inlineData", "fileData", "functionCall", "functionResponse", "toolCall", "toolResponse"}

func (g *geminiTalk) part(part gjson.Result, role string) error {
	if err := geminiHas(part, g.at, "part"); err != nil {
		return err
	}
	var data []string
	for _, name := range geminiData {
		if part.Get(name).Exists() {
			data = append(data, name)
		}
	}
	if len(data) != 1 {
		return fmt.Errorf("required oneof field 'data' must have one initialized field, got %v", data)
	}
	signature := part.Get("thoughtSignature")
	if signature.Exists() && signature.Str != skipValidator && !isBase64(signature) {
		return verbatim("Invalid value at 'thought_signature' (TYPE_BYTES), Base64 decoding failed")
	}
	if users := []string{"inlineData", "fileData", "functionResponse"}; role == "model" && slices.Contains(users, data[0]) {
		return fmt.Errorf("%s is nothing that a model says", data[0])
	} else if role == "user" {
		if data[0] != "text" && !slices.Contains(users, data[0]) || signature.Exists() || part.Get("thought").Exists() {
			return fmt.Errorf("%s is nothing that a user says", part.Raw)
		}
	}
	if part.Get("mediaResolution").Exists() {
		if err := geminiHas(part.Get("mediaResolution"), g.at+".media_resolution", "mediaResolution"); err != nil {
			return err
		}
		if !g.third() || data[0] != "inlineData" {
			return errors.New("media_resolution is not supported here")
		}
	}
	value := part.Get(data[0])
	if data[0] != "text" {
		if err := geminiHas(value, g.at+"."+data[0], data[0]); err != nil {
			return err
		}
	}
	switch data[0] {
	case "text":
		if value.Type != gjson.String || value.Str == "" && !signature.Exists() {
			return verbatim("Unable to submit request because it must have a text parameter.")
		}
	case "inlineData":
		return checkInline(value)
	case "fileData":
		return verbatim("Unsupported file URI: " + value.Get("fileUri").Str)
	case "functionCall", "functionResponse":
		return g.function(value, data[0])
	case "toolCall", "toolResponse":
		if g.vertex || !g.third() {
			return verbatim(`Invalid JSON payload received. Unknown name "` + data[0] + `": Cannot find field.`)
		}
	}
	return nil
}

// function checks a call or an answer.
func (g *geminiTalk) function(value gjson.Result, kind string) error {
	if name := value.Get("name"); !geminiName.MatchString(name.Str) {
		return fmt.Errorf("%s.name: %s is not a valid name", kind, orMissing(name))
	}
	if id := value.Get("id"); id.Exists() && (id.Str == "" || g.vertex || !g.third()) {
		return fmt.Errorf("%s.id: got %s, expected none", kind, id.Raw)
	}
	object := value.Get("args")
	if kind == "functionResponse" {
		object = value.Get("response")
	}
	if !object.IsObject() {
		return saysf("Invalid value at '%s' (type.googleapis.com/google.protobuf.Struct), %s", kind, orMissing(object))
	}
	parts := value.Get("parts")
	if parts.Exists() && (!g.third() || len(parts.Array()) == 0) {
		return errors.New("multimodal function responses are not supported here, and no empty ones")
	}
	for i, part := range parts.Array() {
		if err := geminiHas(part, fmt.Sprintf("%s.parts[%d]", kind, i), "responsePart"); err != nil {
			return err
		}
		if err := checkInline(part.Get("inlineData")); err != nil {
			return err
		}
	}
	return nil
}

// geminiTypes are the media that Gemini reads inline.
var geminiTypes = []string{"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "application/pdf", "text/plain"}

func checkInline(blob gjson.Result) error {
	if err := geminiHas(blob, "inline_data", "inlineData"); err != nil {
		return err
	}
	if typ := blob.Get("mimeType"); !slices.Contains(geminiTypes, typ.Str) {
		return verbatim("Unsupported MIME type: " + typ.Str)
	}
	if data := blob.Get("data"); !isBase64(data) {
		return saysf("Invalid value at 'inline_data.data' (TYPE_BYTES), %.40s", orMissing(data))
	}
	return nil
}
