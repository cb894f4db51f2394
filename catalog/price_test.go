package catalog_test

import (
	"encoding/json"
	"testing"

	"github.com/caddy-codex/responses/catalog"
)

func TestWhatARequestCostsGoesByTheLengthOfItsPrompt(t *testing.T) {
	price := catalog.Price{
		Rates: catalog.Rates{Input: 2, Output: 10},
		Tiers: []catalog.Tier{
			{Above: 200_000, Rates: catalog.Rates{Input: 4, Output: 15}},
			{Above: 500_000, Rates: catalog.Rates{Input: 8, Output: 30}},
		},
	}
	for name, test := range map[string]struct {
		price         catalog.Price
		prompt, reply int
		want          float64
	}{
		"a short prompt":                     {price, 100_000, 1000, 0.21},
		"a prompt up to the tier":            {price, 200_000, 0, 0.4},
		"the whole prompt is in its tier":    {price, 200_001, 0, 0.800004},
		"and so is the reply":                {price, 300_000, 1000, 1.215},
		"the longest are in the highest one": {price, 1_000_000, 1000, 8.03},
		"one price for all":                  {catalog.Price{Rates: catalog.Rates{Input: 1, Output: 1}}, 1_000_000, 500_000, 1.5},
		"a free model":                       {catalog.Price{}, 1_000_000, 1000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.price.Cost(test.prompt, test.reply); got < test.want-1e-9 || got > test.want+1e-9 {
				t.Errorf("it costs %v, want %v", got, test.want)
			}
		})
	}
}

func TestListsSayWhatModelsCost(t *testing.T) {
	tests := map[string]struct{ row, want string }{
		"OpenRouter's, per token": {
			`"pricing":{"prompt":"0.0000007742","completion":"0.0000024332","input_cache_read":"0.00000014378","request":"0"}`,
			`{"input":0.7742,"output":2.4332,"cached_input":0.14378}`,
		},
		"a free model of OpenRouter's":             {`"pricing":{"prompt":"0","completion":"0"}`, `{"input":0,"output":0}`},
		"what OpenRouter does not know beforehand": {`"pricing":{"prompt":"-1","completion":"-1"}`, `null`},
		"OpenRouter's for longer prompts": {
			`"pricing":{"prompt":"0.000002","completion":"0.00001","input_cache_write":"0.0000025","overrides":[` +
				`{"min_prompt_tokens":500000,"prompt":"0.000008"},{"min_prompt_tokens":200001,"prompt":"0.000004","completion":"0.000015"},` +
				`{"min_prompt_tokens":900000,"web_search":"0.02"},{"prompt":"0.1"},7]}`,
			`{"input":2,"output":10,"cache_write":2.5,"tiers":[{"above":200000,"input":4,"output":15,"cache_write":2.5},{"above":499999,"input":8,"output":15,"cache_write":2.5}]}`,
		},
		"Vercel's, per token": {
			`"pricing":{"input":"0.00000075","output":"0.00000375","input_cache_read":"0.000000075"}`, `{"input":0.75,"output":3.75,"cached_input":0.075}`,
		},
		"Together's, per million":               {`"pricing":{"hourly":0,"input":0.15,"output":0.6,"base":0}`, `{"input":0.15,"output":0.6}`},
		"Together's with a price for the cache": {`"pricing":{"input":1.25,"output":3.75,"cached_input":0.13}`, `{"input":1.25,"output":3.75,"cached_input":0.13}`},
		"Together's zeros are no price":         {`"pricing":{"hourly":0,"input":0,"output":0}`, `null`},
		"xAI's, in cents per 100 million": {
			`"prompt_text_token_price":20000,"cached_prompt_text_token_price":5000,"completion_text_token_price":60000`, `{"input":2,"output":6,"cached_input":0.5}`,
		},
		"Venice's, per million":      {`"model_spec":{"pricing":{"input":{"usd":0.45},"output":{"usd":3.2}}}`, `{"input":0.45,"output":3.2}`},
		"none":                       {`"owned_by":"somebody"`, `null`},
		"half a price":               {`"pricing":{"prompt":"0.000001"}`, `null`},
		"what is no number":          {`"pricing":{"prompt":"on request","completion":"NaN"}`, `null`},
		"what nobody would pay":      {`"pricing":{"prompt":"1","completion":"1"}`, `null`},
		"rates that are no rates":    {`"pricing":{"input":true,"output":{}}`, `null`},
		"a price that is no object":  {`"pricing":"cheap"`, `null`},
		"a list in a price's place":  {`"pricing":[{"prompt":"0.1"}]`, `null`},
		"overrides that are no list": {`"pricing":{"prompt":"0","completion":"0","overrides":"x"}`, `{"input":0,"output":0}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			page, err := catalog.ReadPage([]byte(`{"data":[{"id":"a",` + test.row + `}]}`))
			if err != nil || len(page.Models) != 1 {
				t.Fatalf("got %+v, %v", page, err)
			}
			if got, _ := json.Marshal(page.Models[0].Price); string(got) != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestAKnownPriceStays(t *testing.T) {
	read := catalog.Model{ID: "m", Price: &catalog.Price{Rates: catalog.Rates{Input: 1, Output: 2}}}
	unknown, free := catalog.Model{ID: "m"}, catalog.Model{ID: "m", Price: &catalog.Price{}}
	unknown.Complete(&read)
	free.Complete(&read)
	if unknown.Price == nil || unknown.Price.Input != 1 || free.Price.Input != 0 {
		t.Errorf("got %+v and %+v", unknown.Price, free.Price)
	}
}
