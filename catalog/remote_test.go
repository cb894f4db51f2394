package catalog_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/caddy-codex/responses/catalog"
)

func TestListsOfModelsAreRead(t *testing.T) {
	tests := map[string]struct{ body, models, next string }{
		"OpenAI's": {
			`{"object":"list","data":[{"id":"gpt-5.5","object":"model","created":1,"owned_by":"openai"}]}`,
			`[{"id":"gpt-5.5"}]`, "",
		},
		"Groq's": {
			`{"data":[{"id":"openai/gpt-oss-120b","active":true,"context_window":131072,"max_completion_tokens":65536},{"id":"old","active":false}]}`,
			`[{"id":"openai/gpt-oss-120b","context_window":131072,"max_output_tokens":65536}]`, "",
		},
		"OpenRouter's": {
			`{"data":[{"id":"z/glm","name":"Z: GLM","context_length":200000,"architecture":{"input_modalities":["text","image","file"],"output_modalities":["text"]},"top_provider":{"context_length":131072,"max_completion_tokens":32768},"supported_parameters":["tools"]},` +
				`{"id":"x/painter","architecture":{"output_modalities":["image"]}}]}`,
			`[{"id":"z/glm","name":"Z: GLM","context_window":200000,"max_output_tokens":32768,"modalities":["text","image"]}]`, "",
		},
		"OpenRouter's older": {
			`{"data":[{"id":"a","architecture":{"modality":"text->text"}},{"id":"b","architecture":{"modality":"text+image->text"}}]}`,
			`[{"id":"a","modalities":["text"]},{"id":"b","modalities":["text","image"]}]`, "",
		},
		"vLLM's":      {`{"data":[{"id":"Qwen/Qwen3-32B","max_model_len":40960}]}`, `[{"id":"Qwen/Qwen3-32B","context_window":40960}]`, ""},
		"llama.cpp's": {`{"models":[{"name":"x","capabilities":["completion"]}],"data":[{"id":"x","meta":{"n_ctx_train":131072}}]}`, `[{"id":"x","context_window":131072}]`, ""},
		"llama.cpp's, with what is loaded": {
			`{"data":[{"id":"x","meta":{"n_ctx_train":131072,"n_ctx":8192}}]}`, `[{"id":"x","context_window":8192}]`, "",
		},
		"LM Studio's": {
			`{"data":[{"id":"a","type":"llm","max_context_length":131072,"loaded_context_length":4096},{"id":"b","type":"embeddings"},{"id":"c","type":"vlm"}]}`,
			`[{"id":"a","context_window":4096},{"id":"c"}]`, "",
		},
		"Together's": {
			`[{"id":"moonshotai/Kimi-K3","type":"chat","display_name":"Kimi K3","context_length":262144},{"id":"flux","type":"image"}]`,
			`[{"id":"moonshotai/Kimi-K3","name":"Kimi K3","context_window":262144}]`, "",
		},
		"Mistral's": {
			`{"data":[{"id":"mistral-large-4","name":"mistral-large-4","max_context_length":1048576,"capabilities":{"completion_chat":true,"vision":true}},{"id":"codestral","max_context_length":1,"capabilities":{"vision":false}}]}`,
			`[{"id":"mistral-large-4","name":"mistral-large-4","context_window":1048576,"modalities":["text","image"]},{"id":"codestral","context_window":1,"modalities":["text"]}]`, "",
		},
		"Kimi's":  {`{"data":[{"id":"kimi-k3","context_length":1048576,"supports_image_in":true}]}`, `[{"id":"kimi-k3","context_window":1048576,"modalities":["text","image"]}]`, ""},
		"Copilot": {`{"data":[{"id":"g","capabilities":{"limits":{"max_context_window_tokens":128000,"max_output_tokens":16384},"supports":{"vision":true}}}]}`, `[{"id":"g","context_window":128000,"max_output_tokens":16384,"modalities":["text","image"]}]`, ""},
		"Anthropic's": {
			`{"data":[{"type":"model","id":"claude-opus-5-5","display_name":"Claude Opus 5.5","max_input_tokens":1000000,"max_tokens":128000,"capabilities":{"image_input":{"supported":true}}}],"has_more":true,"first_id":"x","last_id":"claude opus"}`,
			`[{"id":"claude-opus-5-5","name":"Claude Opus 5.5","context_window":1000000,"max_output_tokens":128000,"modalities":["text","image"]}]`, "after_id=claude+opus",
		},
		"Anthropic's last page": {`{"data":[{"id":"a"}],"has_more":false,"last_id":"a"}`, `[{"id":"a"}]`, ""},
		"Gemini's": {
			`{"models":[{"name":"models/gemini-4-pro","displayName":"Gemini 4 Pro","inputTokenLimit":1048576,"outputTokenLimit":65536,"supportedGenerationMethods":["generateContent"]},{"name":"models/embedding","supportedGenerationMethods":["embedContent"]}],"nextPageToken":"a b"}`,
			`[{"id":"gemini-4-pro","name":"Gemini 4 Pro","context_window":1048576,"max_output_tokens":65536}]`, "pageToken=a+b",
		},
		"Ollama's":                        {`{"object":"list","data":[{"id":"qwen3:32b","object":"model","created":1,"owned_by":"library"}]}`, `[{"id":"qwen3:32b"}]`, ""},
		"names":                           {`["a","b"]`, `[{"id":"a"},{"id":"b"}]`, ""},
		"numbers in texts":                {`{"data":[{"id":"a","context_length":"131072"}]}`, `[{"id":"a","context_window":131072}]`, ""},
		"numbers that are none of tokens": {`{"data":[{"id":"a","context_length":-5,"max_output_tokens":9007199254740993},{"id":"b","context_length":null,"max_tokens":4096}]}`, `[{"id":"a"},{"id":"b"}]`, ""},
		"rows that are none":              {`{"data":[null,7,{},{"id":""},{"id":5},{"id":"a","architecture":7,"modalities":{},"capabilities":"x"}]}`, `[{"id":"a"}]`, ""},
		"nothing":                         {`{"data":[]}`, `null`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			page, err := catalog.ReadPage([]byte(test.body))
			got, _ := json.Marshal(page.Models)
			if err != nil || string(got) != test.models || page.Next != test.next {
				t.Errorf("got %s, then %q, %v\nwant %s, then %q", got, page.Next, err, test.models, test.next)
			}
		})
	}
	for name, body := range map[string]string{
		"a page": "<html>", "nothing at all": "", "an error": `{"error":{"message":"no"}}`, "a text": `"models"`, "half": `{"data":[{"id":"a"`,
	} {
		if page, err := catalog.ReadPage([]byte(body)); err == nil {
			t.Errorf("%s: got %+v", name, page)
		}
	}
}

func TestAListingFindsModels(t *testing.T) {
	var none *catalog.Listing
	if _, ok := none.Model("a"); ok || none.Models() != nil {
		t.Error("no listing has a model")
	}
	l := catalog.NewListing([]catalog.Model{{ID: "b", ContextWindow: 1}, {ID: "a"}, {ID: "b", ContextWindow: 2}})
	if got, ok := l.Model("b"); !ok || got.ContextWindow != 1 || len(l.Models()) != 2 || l.Models()[1].ID != "a" {
		t.Errorf("got %+v of %+v", got, l.Models())
	}
	if _, ok := l.Model("c"); ok {
		t.Error("a model that is not there is found")
	}
}

func TestWhatIsKnownStays(t *testing.T) {
	read := catalog.Model{ID: "x", Name: "Read", ContextWindow: 1, MaxOutputTokens: 2, Modalities: []string{"text", "image"}}
	for name, test := range map[string]struct{ known, want catalog.Model }{
		"all":      {catalog.Model{ID: "x"}, read},
		"the rest": {catalog.Model{ID: "x", ContextWindow: 9, Modalities: []string{"text"}}, catalog.Model{ID: "x", Name: "Read", ContextWindow: 9, MaxOutputTokens: 2, Modalities: []string{"text"}}},
		"nothing":  {catalog.Model{ID: "x", Name: "N", ContextWindow: 9, MaxOutputTokens: 8, Modalities: []string{"text"}}, catalog.Model{ID: "x", Name: "N", ContextWindow: 9, MaxOutputTokens: 8, Modalities: []string{"text"}}},
	} {
		test.known.Complete(&read)
		if got, want := fmt.Sprintf("%+v", test.known), fmt.Sprintf("%+v", test.want); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add(`{"data":[{"id":"a","context_length":5,"architecture":{"input_modalities":["text"]}}],"has_more":true,"last_id":"a"}`)
	f.Add(`[{"name":"models/x","nextPageToken":"t"}]`)
	f.Fuzz(func(t *testing.T, body string) {
		page, err := catalog.ReadPage([]byte(body))
		for _, m := range page.Models {
			if err != nil || m.ID == "" || m.ContextWindow < 0 || m.MaxOutputTokens < 0 {
				t.Errorf("%q gives %+v, %v", body, m, err)
			}
		}
	})
}
