package streamcheck

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Narrowed unions say better what is wrong; they must not say it of anything else. The plain schemas are the judge here.
func TestNarrowingKeepsTheMeaning(t *testing.T) {
	plain := plainStreamEvent(t)
	good := good(t).body()
	spoil := strings.NewReplacer(
		`"type":"message"`, `"type":"massage"`, `"type":"custom"}`, `"type":"custom","name":7}`, `"type":"output_text"`, `"type":"text"`,
		`"type":"search"`, `"type":"find_in_page"`, `"usage":{`, `"usage":{"total_tokens":"14","x":{},`, `"call_id":"call_1"`, `"id":"c"`,
		`"type":"url_citation"`, `"type":"file_path"`, `"summary":[]`, `"summary":null`, `"execution":"client"`, `"execution":"user"`,
		`"effort":"high"`, `"effort":"ultra"`, `"completed_at":1700000001`, `"completed_at":"now"`)
	var refused int
	for _, body := range []string{good, spoil.Replace(good)} {
		events, err := Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for i, event := range events {
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(event.Data))
			if err != nil {
				t.Fatal(err)
			}
			want, got := plain.Validate(value), checkEventSchema(event)
			if (want == nil) != (got == nil) {
				t.Errorf("event %d: got %v, want %v\n%s", i, got, want, event.Data)
			}
			if want != nil {
				refused++
			}
		}
	}
	if refused < 10 {
		t.Errorf("only %d events were bad: the comparison says little", refused)
	}
}

// plainStreamEvent compiles OpenAI's union of all events, amended and not narrowed.
func plainStreamEvent(t *testing.T) *jsonschema.Schema {
	t.Helper()
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	doc := openapi{root: asObject(root)}
	doc.amend()
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(documentURL, doc.root); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(documentURL + "#/components/schemas/ResponseStreamEvent")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSchemaFaultsAreAboutTheBranchThatWasMeant(t *testing.T) {
	event := Event{Type: "response.output_item.done", Data: []byte(`{"type":"response.output_item.done","sequence_number":1,` +
		`"output_index":0,"item":{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"x"}]}}`)}
	const want = "not as OpenAI's schema has it: /item/content/0: missing properties 'annotations', 'logprobs'"
	if err := checkEventSchema(event); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
