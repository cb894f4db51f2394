package streamcheck

import (
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// CheckObject checks an object that stands alone against a schema of the API's description, such as TokenCountsResource.
func CheckObject(schema string, object []byte) error {
	doc, err := loadDocument()
	if err != nil {
		return fmt.Errorf("reading the schemas: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(documentURL, doc.root); err != nil {
		return fmt.Errorf("reading the schemas: %w", err)
	}
	compiled, err := compiler.Compile(documentURL + "#/components/schemas/" + schema)
	if err != nil {
		return fmt.Errorf("compiling the schema: %w", err)
	}
	return validate(compiled, object)
}
