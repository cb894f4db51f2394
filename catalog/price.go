package catalog

// Price is what a model costs. Where nobody knows, there is none: a price of zeros says that the model is free.
type Price struct {
	Rates

	// Tiers are the rates of longer prompts, the shortest first. They hold for the whole request.
	Tiers []Tier `json:"tiers,omitempty"`
}

// Rates are in US dollars per million tokens.
type Rates struct {
	Input  float64 `json:"input"`
	Output float64 `json:"output"` // reasoning included

	// CachedInput is for what the provider finds in its cache. Default: Input
	CachedInput *float64 `json:"cached_input,omitempty"`

	// CacheWrite is for what the provider puts into its cache. Default: Input
	CacheWrite *float64 `json:"cache_write,omitempty"`
}

// Tier holds the rates of prompts that have more than a number of tokens.
type Tier struct {
	Above int `json:"above"`
	Rates
}

// MaxRate is more than any model costs, in US dollars per million tokens: what is above is no such rate.
const MaxRate = 10_000

// Cost is what a request costs in US dollars, by the number of tokens of its prompt and of the reply, where nothing of it is in a cache.
func (p *Price) Cost(prompt, reply int) float64 {
	rates := p.rates(prompt)
	return (float64(prompt)*rates.Input + float64(reply)*rates.Output) / 1e6
}

// rates are those of a prompt of a number of tokens.
func (p *Price) rates(prompt int) *Rates {
	rates := &p.Rates
	for i := range p.Tiers {
		if prompt > p.Tiers[i].Above {
			rates = &p.Tiers[i].Rates
		}
	}
	return rates
}
