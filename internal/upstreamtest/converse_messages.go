package upstreamtest

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

func (r *converseRules) checkMessages(request gjson.Result) error {
	messages := request.Get("messages").Array()
	if len(messages) == 0 || messages[0].Get("role").String() != "user" {
		return awsf("A conversation must start with a user message. Try again with a conversation that starts with a user message.")
	}
	if messages[len(messages)-1].Get("role").String() != "user" {
		return awsf("This model does not support assistant message prefill. The conversation must end with a user message.")
	}
	var waiting []string // ids of the calls of the last message
	for i, message := range messages {
		if i > 0 && message.Get("role").String() == messages[i-1].Get("role").String() {
			return awsf("A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.")
		}
		calls, err := r.message(message, fmt.Sprintf("messages.%d", i), waiting)
		if err != nil {
			return err
		}
		waiting = calls
	}
	if r.tooled && !request.Get("toolConfig").Exists() {
		return awsf("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
	}
	return nil
}

// message checks one message and returns the ids of its calls. waiting are those of the message before, which it has to answer.
func (r *converseRules) message(message gjson.Result, where string, waiting []string) (calls []string, err error) {
	if err := members(message, "message", where); err != nil {
		return nil, err
	}
	role := message.Get("role").String()
	if role != "user" && role != "assistant" {
		return nil, awsf("%s: unknown role %s", where, role)
	}
	content := message.Get("content").Array()
	if len(content) == 0 {
		return nil, awsf("The content field in the Message object at %s is empty. Add a ContentBlock object to the content field and try again.", where)
	}
	kinds := make(map[string]bool)
	for i, block := range content {
		at := fmt.Sprintf("%s.content.%d", where, i)
		kind, err := union(block, "block", at)
		if err != nil {
			return nil, err
		}
		kinds[kind] = true
		switch kind {
		case "text":
			if blank(block.Get("text")) {
				err = blankText("ContentBlock", at)
			}
		case "cachePoint":
			err = r.cachePoint(block, at, i == 0)
		case "toolUse":
			calls = append(calls, block.Get("toolUse.toolUseId").String())
			err = r.toolUse(block.Get("toolUse"), at, calls)
		case "toolResult":
			at := slices.Index(waiting, block.Get("toolResult.toolUseId").String())
			if at < 0 {
				return nil, awsf("The number of toolResult blocks at %s.content exceeds the number of toolUse blocks of previous turn.", where)
			}
			waiting = slices.Delete(waiting, at, at+1)
			err = r.toolResult(block.Get("toolResult"), where)
		case "reasoningContent":
			err = r.reasoningContent(block.Get("reasoningContent"), at, i == len(content)-1)
		default:
			err = r.media(block, kind, at)
		}
		if err != nil {
			return nil, err
		}
		if of := speaker[kind]; of != "" && of != role {
			return nil, awsf("%s: a message of the %s cannot have %s", at, role, kind)
		}
	}
	switch {
	case len(waiting) > 0:
		return nil, awsf("Expected toolResult blocks at %s.content for the following Ids: %s", where, strings.Join(waiting, ", "))
	case kinds["document"] && !kinds["text"]:
		return nil, awsf("Add text to the content at %s, which has a document.", where)
	}
	return calls, nil
}

// speaker says whose messages may have a block.
var speaker = map[string]string{
	"image": "user", "document": "user", "toolResult": "user", "toolUse": "assistant", "reasoningContent": "assistant",
}

func (r *converseRules) toolUse(use gjson.Result, where string, ids []string) error {
	r.tooled = true
	id, name := ids[len(ids)-1], use.Get("name").String()
	switch {
	case !r.id.MatchString(id):
		return awsf("Value '%s' at '%s.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", id, where, r.id)
	case slices.Contains(ids[:len(ids)-1], id):
		return awsf("The toolUse blocks at %s contain duplicate Ids: %s", where, id)
	case !toolName.MatchString(name):
		return awsf("Value '%s' at '%s.name' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", name, where, toolName)
	case !use.Get("input").IsObject():
		return awsf("The format of the value at %s.toolUse.input is invalid. Provide a json object for the field and try again.", where)
	}
	return members(use, "toolUse", where)
}

func (r *converseRules) toolResult(result gjson.Result, where string) error {
	r.tooled = true
	if err := members(result, "toolResult", where); err != nil {
		return err
	}
	content := result.Get("content").Array()
	if len(content) == 0 {
		return awsf("%s: the content of a toolResult is empty", where)
	}
	for i, block := range content {
		at := fmt.Sprintf("%s.toolResult.content.%d", where, i)
		kind, err := union(block, "result block", at)
		switch {
		case err != nil:
			return err
		case kind == "text" && blank(block.Get("text")):
			return blankText("ToolResultContentBlock", at)
		case kind == "image", kind == "document":
			if err := r.media(block, kind, at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *converseRules) reasoningContent(content gjson.Result, where string, last bool) error {
	kind, err := union(content, "reasoning", where)
	switch {
	case err != nil:
		return err
	case last:
		return awsf("%s: The final block in an assistant message cannot be `thinking`.", where)
	case r.nova, kind == "reasoningText" && content.Get("reasoningText.signature").String() == "":
		return awsf("User messages cannot contain reasoning content. Please remove the reasoning content and try again.")
	case kind == "redactedContent":
		_, err := base64.StdEncoding.DecodeString(content.Get(kind).String())
		return err
	}
	return members(content.Get(kind), "reasoningText", where)
}

var (
	imageFormats    = []string{"png", "jpeg", "gif", "webp"}
	documentFormats = []string{"pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"}

	documentName = regexp.MustCompile(`^[a-zA-Z0-9\s\-()\[\]]{1,200}$`)
)

func (r *converseRules) media(block gjson.Result, kind, where string) error {
	value := block.Get(kind)
	if err := members(value, kind, where); err != nil {
		return err
	}
	formats := imageFormats
	if kind == "document" {
		formats = documentFormats
		name := value.Get("name").String()
		switch {
		case !documentName.MatchString(name) || strings.Contains(name, "  "):
			return awsf("The document file name %q at %s can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets.", name, where)
		case slices.Contains(r.documents, name):
			return awsf("Messages can't contain duplicate document names. Rename the document and retry your request.")
		}
		r.documents = append(r.documents, name)
	}
	if !slices.Contains(formats, value.Get("format").String()) {
		return awsf("%s: unknown format %s", where, value.Get("format"))
	}
	if data, err := base64.StdEncoding.DecodeString(value.Get("source.bytes").String()); err != nil || len(data) == 0 {
		return awsf("%s: the bytes are %v", where, err)
	}
	return nil
}
