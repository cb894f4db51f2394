package converse_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
)

// bedrock is AWS's own client, and the service that it speaks to.
type bedrock struct {
	*bedrockruntime.Client
	upstream *upstreamtest.Upstream
}

func newBedrock(t *testing.T) *bedrock {
	t.Helper()
	upstream := upstreamtest.New(t)
	return &bedrock{upstream: upstream, Client: bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(upstream.URL), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})}
}

// message makes the SDK's type of a message: it reads it as a reply.
func (b *bedrock) message(t *testing.T, raw string) types.Message {
	t.Helper()
	b.upstream.Script(upstreamtest.JSON(200, `{"output":{"message":`+raw+`},"stopReason":"end_turn","metrics":{"latencyMs":1},"usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}`))
	out, err := b.Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: aws.String("m")})
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return out.Output.(*types.ConverseOutputMemberMessage).Value
}

func lazy(value gjson.Result) document.Interface { return document.NewLazyDocument(value.Value()) }

// request makes the SDK's type of a body.
func (b *bedrock) request(t *testing.T, body []byte) *bedrockruntime.ConverseStreamInput {
	t.Helper()
	doc := gjson.ParseBytes(body)
	in := &bedrockruntime.ConverseStreamInput{ModelId: aws.String("m")}
	for _, message := range doc.Get("messages").Array() {
		in.Messages = append(in.Messages, b.message(t, message.Raw))
	}
	cachePoint := types.CachePointBlock{Type: types.CachePointTypeDefault}
	for _, block := range doc.Get("system").Array() {
		if text := block.Get("text"); text.Exists() {
			in.System = append(in.System, &types.SystemContentBlockMemberText{Value: text.String()})
		} else {
			in.System = append(in.System, &types.SystemContentBlockMemberCachePoint{Value: cachePoint})
		}
	}
	if config := doc.Get("toolConfig"); config.Exists() {
		in.ToolConfig = new(types.ToolConfiguration)
		for _, tool := range config.Get("tools").Array() {
			spec := tool.Get("toolSpec")
			if !spec.Exists() {
				in.ToolConfig.Tools = append(in.ToolConfig.Tools, &types.ToolMemberCachePoint{Value: cachePoint})
				continue
			}
			one := types.ToolSpecification{Name: aws.String(spec.Get("name").String()), InputSchema: &types.ToolInputSchemaMemberJson{Value: lazy(spec.Get("inputSchema.json"))}}
			if description := spec.Get("description"); description.Exists() {
				one.Description = aws.String(description.String())
			}
			if strict := spec.Get("strict"); strict.Exists() {
				one.Strict = aws.Bool(strict.Bool())
			}
			in.ToolConfig.Tools = append(in.ToolConfig.Tools, &types.ToolMemberToolSpec{Value: one})
		}
		if config.Get("toolChoice.any").Exists() {
			in.ToolConfig.ToolChoice = &types.ToolChoiceMemberAny{}
		}
		if name := config.Get("toolChoice.tool.name"); name.Exists() {
			in.ToolConfig.ToolChoice = &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String(name.String())}}
		}
	}
	if config := doc.Get("inferenceConfig"); config.Exists() {
		in.InferenceConfig = new(types.InferenceConfiguration)
		if limit := config.Get("maxTokens"); limit.Exists() {
			in.InferenceConfig.MaxTokens = aws.Int32(int32(limit.Int()))
		}
		if value := config.Get("temperature"); value.Exists() {
			in.InferenceConfig.Temperature = aws.Float32(float32(value.Float()))
		}
		if value := config.Get("topP"); value.Exists() {
			in.InferenceConfig.TopP = aws.Float32(float32(value.Float()))
		}
	}
	if format := doc.Get("outputConfig.textFormat.structure.jsonSchema"); format.Exists() {
		in.OutputConfig = &types.OutputConfig{TextFormat: &types.OutputFormat{
			Type: types.OutputFormatTypeJsonSchema,
			Structure: &types.OutputFormatStructureMemberJsonSchema{
				Value: types.JsonSchemaDefinition{Schema: aws.String(format.Get("schema").String()), Name: aws.String(format.Get("name").String())},
			},
		}}
	}
	if fields := doc.Get("additionalModelRequestFields"); fields.Exists() {
		in.AdditionalModelRequestFields = lazy(fields)
	}
	if tier := doc.Get("serviceTier.type"); tier.Exists() {
		in.ServiceTier = &types.ServiceTier{Type: types.ServiceTierType(tier.String())}
	}
	return in
}

// What the encoder writes is what AWS's client sends for the same.
func TestAWSsClientSendsTheSame(t *testing.T) {
	b := newBedrock(t)
	all := claude(t)
	all.Apply(t, map[string]json.RawMessage{"service_tier": []byte(`"send"`), "tools_strict": []byte(`"send"`)})
	bodies := map[string][]byte{
		"everything": all.body(t, strings.Replace(talk(
			late, `{"role":"user","content":[`+text+`,`+picture+`,`+file("a.pdf", pdf)+`]}`, thought("plain", "up", `{"reasoningText":{"text":"t","signature":"s"}}`), answer,
			thought("plain", "up", `{"redactedContent":"QUJD"}`), calledA, calledB, output("call_a", text, picture, file("b.pdf", pdf)), outB, late, user,
		), `"stream":true`, `"stream":true,"temperature":0.5,"top_p":0.25,"max_output_tokens":100,"service_tier":"flex","reasoning":{"effort":"high"},`+
			`"tool_choice":{"type":"function","name":"g"},"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}}`, 1)),
		"a choice of any": plain().body(t, ask(oneTool, `"tool_choice":"required"`)),
	}
	for name, body := range wiretest.Requests(t) {
		bodies[name] = all.body(t, string(body))
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			in := b.request(t, body)
			b.upstream.Script(upstreamtest.Converse(start(), stop("end_turn"), counts()))
			out, err := b.ConverseStream(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			for range out.GetStream().Events() { // the client cannot be closed while it reads
			}
			_ = out.GetStream().Close()
			requests := b.upstream.Requests()
			sameJSON(t, body, requests[len(requests)-1].Body)
		})
	}
}

func sameJSON(t *testing.T, got, want []byte) {
	t.Helper()
	var values [2]any
	for i, text := range [][]byte{got, want} {
		if err := json.Unmarshal(text, &values[i]); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	if !reflect.DeepEqual(values[0], values[1]) {
		t.Errorf("the encoder writes\n%s\nAWS's client sends\n%s", got, want)
	}
}

// AWS's client reads the replies of the tests as they are meant.
func TestAWSsClientReadsTheReplies(t *testing.T) {
	b := newBedrock(t)
	b.upstream.Script(upstreamtest.Converse(
		start(), think(0, "t"), sign(0, "s"), end(0), says(1, "x"), end(1), calls(2, "call_1", "f"), input(2, `{"a":1}`), end(2), stop("tool_use"), counts(),
		upstreamtest.ConverseException("throttlingException", "slow down"),
	))
	out, err := b.ConverseStream(t.Context(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String("us.m:0")})
	if err != nil {
		t.Fatal(err)
	}
	if path := b.upstream.Requests()[0].Path; path != "/model/us.m:0/converse-stream" {
		t.Errorf("it asks at %s", path)
	}
	var got []string
	for event := range out.GetStream().Events() {
		switch event := event.(type) {
		case *types.ConverseStreamOutputMemberMessageStart:
			got = append(got, string(event.Value.Role))
		case *types.ConverseStreamOutputMemberContentBlockStart:
			use := event.Value.Start.(*types.ContentBlockStartMemberToolUse).Value
			got = append(got, *use.ToolUseId+" "+*use.Name)
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			switch delta := event.Value.Delta.(type) {
			case *types.ContentBlockDeltaMemberText:
				got = append(got, "text "+delta.Value)
			case *types.ContentBlockDeltaMemberToolUse:
				got = append(got, "input "+*delta.Value.Input)
			case *types.ContentBlockDeltaMemberReasoningContent:
				switch piece := delta.Value.(type) {
				case *types.ReasoningContentBlockDeltaMemberText:
					got = append(got, "reasoning "+piece.Value)
				case *types.ReasoningContentBlockDeltaMemberSignature:
					got = append(got, "signature "+piece.Value)
				}
			}
		case *types.ConverseStreamOutputMemberMessageStop:
			got = append(got, string(event.Value.StopReason))
		case *types.ConverseStreamOutputMemberMetadata:
			if usage := event.Value.Usage; *usage.InputTokens != 9 || *usage.OutputTokens != 5 || *usage.CacheReadInputTokens != 4 {
				t.Errorf("usage is %+v", usage)
			}
		}
	}
	want := []string{"assistant", "reasoning t", "signature s", "text x", "call_1 f", `input {"a":1}`, "tool_use"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if err := out.GetStream().Err(); err == nil || !strings.Contains(err.Error(), "slow down") {
		t.Errorf("it ends with %v", err)
	}
}
