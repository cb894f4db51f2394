package catalog

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"
)

// priceForm is how a provider writes the price of a model into its list.
type priceForm struct {
	at                                     string // of the object with the rates in the row; empty for the row itself
	input, output, cachedInput, cacheWrite string

	scale float64 // by which a rate is multiplied to be in US dollars per million tokens
	text  bool    // rates are texts, not numbers

	// overrides is where the rates of longer prompts are: each has the number of tokens from which it holds, and the rates that differ.
	overrides string
}

var priceForms = []priceForm{
	{ // OpenRouter's, per token
		at: "pricing", input: "prompt", output: "completion", cachedInput: "input_cache_read", cacheWrite: "input_cache_write",
		scale: 1e6, text: true, overrides: "overrides",
	},
	{ // Vercel's, per token
		at: "pricing", input: "input", output: "output", cachedInput: "input_cache_read", cacheWrite: "input_cache_write", scale: 1e6, text: true,
	},
	{at: "pricing", input: "input", output: "output", cachedInput: "cached_input", scale: 1}, // Together's, per million
	{ // xAI's, in cents per 100 million
		input: "prompt_text_token_price", output: "completion_text_token_price", cachedInput: "cached_prompt_text_token_price", scale: 1e-4,
	},
	{at: "model_spec.pricing", input: "input.usd", output: "output.usd", cachedInput: "cache_input.usd", scale: 1}, // Venice's, per million
}

// readPrice reads what a row says its model costs, nil where it does not say so.
func readPrice(row gjson.Result) *Price {
	for i := range priceForms {
		form, object := &priceForms[i], row
		if form.at != "" {
			object = row.Get(form.at)
		}
		rates, ok := form.read(object, Rates{})
		switch {
		case !ok:
		case !form.text && rates.Input == 0 && rates.Output == 0:
			return nil // these have zeros where there is no price
		default:
			return &Price{Rates: rates, Tiers: form.tiers(object, rates)}
		}
	}
	return nil
}

// read replaces the rates that an object has, and reports whether those of input and output are among them.
func (f *priceForm) read(object gjson.Result, rates Rates) (Rates, bool) {
	input, output := f.rate(object, f.input), f.rate(object, f.output)
	if input != nil {
		rates.Input = *input
	}
	if output != nil {
		rates.Output = *output
	}
	rates.CachedInput = cmp.Or(f.rate(object, f.cachedInput), rates.CachedInput)
	rates.CacheWrite = cmp.Or(f.rate(object, f.cacheWrite), rates.CacheWrite)
	return rates, input != nil && output != nil
}

// rate reads one rate, nil for none. OpenRouter has -1 where it depends on where the request goes.
func (f *priceForm) rate(object gjson.Result, name string) *float64 {
	if name == "" {
		return nil
	}
	value := object.Get(name)
	rate := value.Num
	switch {
	case f.text && value.Type == gjson.String:
		var err error
		if rate, err = strconv.ParseFloat(value.Str, 64); err != nil {
			return nil
		}
	case f.text || value.Type != gjson.Number:
		return nil
	}
	const places = 1e6 // beyond them is what the multiplication has made
	if rate = math.Round(rate*f.scale*places) / places; rate >= 0 && rate <= MaxRate {
		return &rate
	}
	return nil
}

// tiers reads the rates of longer prompts. What one of them does not have is as below it.
func (f *priceForm) tiers(object gjson.Result, rates Rates) []Tier {
	if f.overrides == "" {
		return nil
	}
	overrides := object.Get(f.overrides).Array()
	slices.SortStableFunc(overrides, func(a, b gjson.Result) int { return cmp.Compare(tokensFrom(a), tokensFrom(b)) })
	var tiers []Tier
	for _, override := range overrides {
		above := tokensFrom(override) - 1
		if longer, _ := f.read(override, rates); above > 0 && longer != rates {
			rates = longer
			tiers = append(tiers, Tier{Above: above, Rates: rates})
		}
	}
	return tiers
}

// tokensFrom is the length of the prompts from which on an override holds, 0 where it goes by something else.
func tokensFrom(override gjson.Result) int { return number(override.Get("min_prompt_tokens")) }
