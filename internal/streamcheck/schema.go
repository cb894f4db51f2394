package streamcheck

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schemas of the Responses API from OpenAI's public API description, version 2.3.0, with its prose left out.
//
//go:embed responses.openapi.json
var document []byte

const documentURL = "embed:///responses.openapi.json"

// schemas holds what is compiled of the document, which takes a moment and is done once, at first use.
var schemas = sync.OnceValues(compile)

type schemaSet struct {
	response *jsonschema.Schema
	events   map[string]*jsonschema.Schema // by event type
}

func compile() (*schemaSet, error) {
	doc, err := loadDocument()
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(documentURL, doc.root); err != nil {
		return nil, err
	}
	set := &schemaSet{events: make(map[string]*jsonschema.Schema)}
	if set.response, err = compiler.Compile(documentURL + "#/components/schemas/Response"); err != nil {
		return nil, err
	}
	for eventType, name := range doc.events {
		if set.events[eventType], err = compiler.Compile(documentURL + "#/components/schemas/" + name); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// checkEventSchema checks an event against the schema of its own type.
func checkEventSchema(e Event) error {
	set, err := schemas()
	if err != nil {
		return fmt.Errorf("compiling the schemas: %w", err)
	}
	schema, known := set.events[e.Type]
	if !known {
		return fmt.Errorf("there is no event type %q", e.Type)
	}
	return validate(schema, e.Data)
}

// checkResponseSchema checks a response object that stands alone.
func checkResponseSchema(object []byte) error {
	set, err := schemas()
	if err != nil {
		return fmt.Errorf("compiling the schemas: %w", err)
	}
	return validate(set.response, object)
}

func validate(schema *jsonschema.Schema, data []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	err = schema.Validate(value)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	return fmt.Errorf("not as OpenAI's schema has it: %s", strings.Join(faults(invalid), "; "))
}

// faults lists the places and reasons at the ends of the tree of causes.
func faults(invalid *jsonschema.ValidationError) []string {
	if len(invalid.Causes) == 0 {
		fault := invalid.BasicOutput()
		return []string{fmt.Sprintf("%s: %s", fault.InstanceLocation, fault.Error)}
	}
	var all []string
	for _, cause := range invalid.Causes {
		all = append(all, faults(cause)...)
	}
	return all
}

// loadDocument returns the document with its contradictions amended and its unions narrowed.
func loadDocument() (openapi, error) {
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return openapi{}, err
	}
	doc := openapi{root: asObject(root)}
	doc.events = doc.eventSchemas()
	doc.amend()
	doc.narrow(doc.root)
	return doc, nil
}

// amend changes the document where it is at odds with what the service sends.
func (doc openapi) amend() {
	// OpenAI's own examples have these as null, and its schemas do not allow it. A response that still runs has no usage yet.
	for schema, field := range map[string]string{"Response": "usage", "ModelResponseProperties": "user"} {
		for _, properties := range doc.propertiesOf(schema) {
			properties[field] = object{"anyOf": []any{properties[field], object{"type": "null"}}}
		}
	}
	// The service fails responses with more codes than it lists. These are the ones that Codex acts upon.
	codes := doc.schema("ResponseErrorCode")
	codes["enum"] = append(codes["enum"].([]any), "context_length_exceeded", "insufficient_quota", "usage_not_included",
		"server_is_overloaded", "slow_down", "model_not_found", "cyber_policy")
	// The filters of file search refer to themselves with keywords of an older draft of JSON Schema.
	filter := doc.schema("CompoundFilter")
	delete(filter, "$recursiveAnchor")
	items := asObject(asObject(asObject(filter["properties"])["filters"])["items"])
	for _, branch := range asList(items["oneOf"]) {
		if b := asObject(branch); b["$recursiveRef"] != nil {
			delete(b, "$recursiveRef")
			b["$ref"] = "#/components/schemas/CompoundFilter"
		}
	}
}
