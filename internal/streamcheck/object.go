package streamcheck

import (
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// objects has the compiled schemas of objects that stand alone, by their names.
var objects sync.Map

// CheckObject checks an object that stands alone against a schema of the API's description, such as TokenCountsResource.
func CheckObject(schema string, object []byte) error {
	compiled, ok := objects.Load(schema)
	if !ok {
		var err error
		if compiled, err = compileObject(schema); err != nil {
			return fmt.Errorf("compiling the schema %s: %w", schema, err)
		}
		objects.Store(schema, compiled)
	}
	return validate(compiled.(*jsonschema.Schema), object)
}

func compileObject(schema string) (*jsonschema.Schema, error) {
	doc, err := loadDocument()
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(documentURL, doc.root); err != nil {
		return nil, err
	}
	return compiler.Compile(documentURL + "#/components/schemas/" + schema)
}
