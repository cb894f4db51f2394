package gemini_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"google.golang.org/genai"

	"github.com/caddy-codex/responses/internal/wiretest"
)

// sdkRequest is a request as Google's SDK for Go has it.
type sdkRequest struct {
	Contents          []*genai.Content        `json:"contents"`
	SystemInstruction *genai.Content          `json:"systemInstruction"`
	Tools             []*genai.Tool           `json:"tools"`
	ToolConfig        *genai.ToolConfig       `json:"toolConfig"`
	GenerationConfig  *genai.GenerationConfig `json:"generationConfig"`
	ContinuationToken []byte                  `json:"continuationToken"`
	ServiceTier       genai.ServiceTier       `json:"serviceTier"`
}

// Every member that is sent is one that Google's SDK knows, and of the type that it has there.
func TestGooglesSDKReadsWhatIsSent(t *testing.T) {
	var bodies [][]byte
	for _, p := range everybody(t) {
		for _, request := range wiretest.Requests(t) {
			bodies = append(bodies, wire.Body(t, p, string(request)))
		}
	}
	p := with(t, "image_detail", "send", "service_tier", "send", "tool_result_images", "native", "schema_profile", "gemini_openapi")
	own := func(data string) string { return sealed("gemini", "gemini-3.8-flash", data) }
	image := `{"type":"input_image","image_url":"data:image/png;base64,QUJD","detail":"low"}`
	p.Target.Continuation = []byte("QUJD")
	bodies = append(bodies, p.body(t, strings.Replace(talk(
		`{"role":"user","content":[`+image+`]}`, own(`{"parts":[{"text":"t","thought":true,"thoughtSignature":"QUJD"},`+search+`,`+found+`],"call":"QUJD"}`), calledA,
		pictured("call_a", image), answer, own(`{"texts":[{"from":0,"to":1,"signature":"QUJD"}]}`),
	), `"model":"m"`, `"model":"m","service_tier":"flex","instructions":"i","max_output_tokens":2000,"temperature":1,"top_p":0.5,"tool_choice":"required",`+
		`"text":{"format":{"type":"json_schema","schema":{"type":"object"}}},"reasoning":{"effort":"high"}`, 1)))
	p = with(t, "schema_profile", "gemini_openapi")
	bodies = append(bodies, p.body(t, ask(`"text":{"format":{"type":"json_schema","schema":{"type":["object","null"],"properties":{"a":{"anyOf":[{"const":"a"},{"type":"integer","minimum":1}]}},"required":["a"]}}}`)))
	for _, body := range bodies {
		// The documented word stands in the place of a signature as it is. The SDK would encode it once more.
		body = bytes.ReplaceAll(body, []byte("skip_thought_signature_validator"), []byte("QUJD"))
		var read sdkRequest
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&read); err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			t.Fatalf("more than one value: %s", body)
		}
		again, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "body", gjson.ParseBytes(body), gjson.ParseBytes(again))
	}
}

// same holds what was sent against what the SDK makes of it: nothing is missing, and no value is another. What is empty the SDK leaves out.
func same(t *testing.T, at string, was, is gjson.Result) {
	t.Helper()
	switch {
	case was.IsObject():
		for key, value := range was.Map() {
			same(t, at+"."+key, value, is.Map()[key])
		}
	case was.IsArray():
		for i, value := range was.Array() {
			if i >= len(is.Array()) {
				t.Fatalf("%s[%d] is lost", at, i)
			}
			same(t, at, value, is.Array()[i])
		}
	case was.Type == gjson.Number:
		if was.Num != is.Num {
			t.Errorf("%s: %s became %s", at, was.Raw, is.Raw)
		}
	case was.String() != is.String():
		t.Errorf("%s: %s became %s", at, was.Raw, is.Raw)
	}
}

// The frames of these tests are such as the SDK reads.
func TestGooglesSDKReadsTheFramesOfTheTests(t *testing.T) {
	frames := []string{
		says("a"), thinks("t"), callOf("1", "f", `{"a":1}`, "QUJD"), signs("QUJD"), finish("STOP"), parts(search, found), ends("CONTINUATION", `"continuationToken":"QUJD"`),
		`{"candidates":[{"finishReason":"STOP",` + ground + `}],` + usage + `}`, `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}`,
		"{" + deeper + `"partialArgs":[{"jsonPath":"$.cmd","stringValue":"l","willContinue":true}],` + waiting,
	}
	for _, frame := range frames {
		var read genai.GenerateContentResponse
		if err := json.Unmarshal([]byte(frame), &read); err != nil {
			t.Fatalf("%v\n%s", err, frame)
		}
		again, err := json.Marshal(&read)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "response", gjson.Parse(frame), gjson.ParseBytes(again))
	}
}
