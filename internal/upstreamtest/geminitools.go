package upstreamtest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/tidwall/gjson"
)

// geminiName is what Gemini takes as the name of a function.
var geminiName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$`)

// checkTools checks the tools and how they may be called.
func (r *geminiRules) checkTools(doc gjson.Result) error {
	names, search, err := r.declared(doc.Get("tools"))
	if err != nil {
		return err
	}
	config := doc.Get("toolConfig")
	if config.Exists() {
		if err := geminiHas(config, "tool_config", "toolConfig"); err != nil {
			return err
		}
	}
	invocations := config.Get("includeServerSideToolInvocations")
	calling := config.Get("functionCallingConfig")
	mode := calling.Get("mode").Str
	switch {
	case invocations.Exists() && r.vertex:
		return verbatim(`Invalid JSON payload received. Unknown name "includeServerSideToolInvocations" at 'tool_config': Cannot find field.`)
	case calling.Exists() && len(names) == 0:
		return verbatim("Function calling config is set without function_declarations.")
	case search && mode == "NONE":
		return errors.New("mode NONE does not keep the model from searching: google_search has to go")
	case search && len(names) > 0 && !r.third():
		return verbatim("Tool use with function calling is unsupported")
	case search && len(names) > 0 && mode != "VALIDATED":
		return fmt.Errorf("built-in tools beside functions need the mode VALIDATED, got %q", mode)
	case search && len(names) > 0 && !r.vertex && !invocations.Bool():
		return verbatim("Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.")
	}
	if !calling.Exists() {
		return nil
	}
	return r.checkCalling(calling, names)
}

// declared are the names of the functions, and whether there is a web search.
func (r *geminiRules) declared(tools gjson.Result) (names []string, search bool, err error) {
	if !tools.Exists() {
		return nil, false, nil
	}
	if !tools.IsArray() || len(tools.Array()) == 0 {
		return nil, false, errors.New("tools must not be empty")
	}
	for i, tool := range tools.Array() {
		at := fmt.Sprintf("tools[%d]", i)
		if err := geminiHas(tool, at, "tool"); err != nil {
			return nil, false, err
		}
		if google := tool.Get("googleSearch"); google.Exists() {
			search = true
			if err := geminiHas(google, at+".google_search", "googleSearch"); err != nil {
				return nil, false, err
			}
			continue
		}
		declarations := tool.Get("functionDeclarations")
		if len(declarations.Array()) == 0 {
			return nil, false, fmt.Errorf("%s: should have at least one function declaration", at)
		}
		for j, declaration := range declarations.Array() {
			name, err := r.declaration(declaration, fmt.Sprintf("%s.function_declarations[%d]", at, j))
			if err != nil {
				return nil, false, err
			}
			if slices.Contains(names, name) {
				return nil, false, verbatim("Duplicate function declaration found: " + name)
			}
			names = append(names, name)
		}
	}
	return names, search, nil
}

func (r *geminiRules) declaration(declaration gjson.Result, at string) (string, error) {
	if err := geminiHas(declaration, at, "functionDeclaration"); err != nil {
		return "", err
	}
	name := declaration.Get("name")
	if name.Type != gjson.String || !geminiName.MatchString(name.Str) {
		return "", fmt.Errorf("%s.name: Invalid function name %s. Must start with a letter or an underscore", at, orMissing(name))
	}
	if description := declaration.Get("description"); description.Exists() && description.Str == "" {
		return "", fmt.Errorf("%s.description must not be empty", at)
	}
	plain, openAPI := declaration.Get("parametersJsonSchema"), declaration.Get("parameters")
	if plain.Exists() && openAPI.Exists() {
		return "", fmt.Errorf("%s: only one of parameters and parameters_json_schema can be set", at)
	}
	schema := plain
	if openAPI.Exists() {
		schema = openAPI
	}
	if !schema.Exists() {
		return name.Str, nil
	}
	if root := schema.Get("type"); root.Str != "object" {
		return "", fmt.Errorf("%s.parameters: schema should be of type OBJECT, got %s", at, orMissing(root))
	}
	if openAPI.Exists() && !openAPI.Get("properties").Exists() {
		return "", fmt.Errorf("%s.parameters.properties: should be non-empty for OBJECT type", at)
	}
	if why := GeminiSchemaRefusal([]byte(schema.Raw), openAPI.Exists()); why != "" {
		return "", fmt.Errorf("%s.%s", at, why)
	}
	return name.Str, nil
}

func (r *geminiRules) checkCalling(calling gjson.Result, names []string) error {
	if err := geminiHas(calling, "tool_config.function_calling_config", "functionCallingConfig"); err != nil {
		return err
	}
	mode, allowed := calling.Get("mode").Str, calling.Get("allowedFunctionNames")
	switch {
	case !slices.Contains([]string{"AUTO", "ANY", "NONE", "VALIDATED"}, mode):
		return saysf("Invalid value at 'tool_config.function_calling_config.mode': %q", mode)
	case mode == "VALIDATED" && !r.third():
		return errors.New("function calling mode VALIDATED is not supported for this model")
	case allowed.Exists() && mode != "ANY":
		return verbatim("Allowed function names should only be set when function calling mode is ANY.")
	case allowed.Exists() && len(allowed.Array()) == 0:
		return errors.New("allowed_function_names must not be empty")
	}
	for _, name := range allowed.Array() {
		if !slices.Contains(names, name.Str) {
			return verbatim("allowed_function_names should be a subset of the declared function names, got " + name.Str)
		}
	}
	return nil
}
