package codexresponses

import (
	"cmp"
	"math"
	"net/url"
	"slices"

	"github.com/caddy-codex/responses/catalog"
	"github.com/caddy-codex/responses/presets"
	"github.com/caddy-codex/responses/routing"
)

// typicalPrompt is the length in tokens of a prompt of which nobody knows it.
const typicalPrompt = 10_000

// price is what a request may cost at a target in US dollars, where the route goes by that; 0 where nobody knows. It is for comparing: a
// prompt that is in the provider's cache costs less, but there its thread stays anyway.
func (c *conduct) price(t *target, n routing.Needs) float64 {
	if c.policy != routing.Cheapest {
		return 0
	}
	price := t.upstream.price(t.model)
	if price == nil {
		return 0
	}
	return max(price.Cost(cmp.Or(n.Context, typicalPrompt), routing.TypicalReply), math.SmallestNonzeroFloat64)
}

// price is what an upstream model costs: as it is configured, else as the preset says, else as the provider's own list does. nil where
// nobody knows.
func (u *upstream) price(id string) *catalog.Price {
	if price := u.prices.of(id); price != nil {
		return price
	}
	return cmp.Or(u.describe(id).Price, u.preset.Price)
}

// setPrices makes ready what is known of prices. Those of a preset do not hold where it is used for one of its alternatives, which has
// another currency, or a plan.
func (u *upstream) setPrices(configured []ModelPrice, preset *presets.Preset) (err error) {
	if preset != nil && isAlternative(preset, u.base.Hostname()) {
		u.preset.Price = nil
		for i := range u.preset.Models {
			u.preset.Models[i].Price = nil
		}
	}
	u.prices, err = newPriceList(configured)
	return err
}

func isAlternative(preset *presets.Preset, host string) bool {
	return slices.ContainsFunc(preset.Alternatives, func(a presets.Alternative) bool {
		other, err := url.Parse(a.BaseURL)
		return err == nil && other.Hostname() == host
	})
}
