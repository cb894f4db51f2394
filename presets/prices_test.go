package presets

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/catalog"
)

var monthForm = regexp.MustCompile(`^20[0-9]{2}-(0[1-9]|1[0-2])$`)

func TestEveryPriceIsWhole(t *testing.T) {
	forEach(t, func(t *testing.T, p *Preset) {
		priced := false
		for i := range p.Models {
			model := &p.Models[i]
			if model.Price == nil {
				continue
			}
			priced = true
			if model.Price.Input == 0 || model.Price.Output == 0 {
				t.Errorf("%s costs nothing", model.ID)
			}
			checkPrice(t, model.ID, model.Price)
		}
		if priced != monthForm.MatchString(p.PricesAsOf) || !priced && p.PricesAsOf != "" {
			t.Errorf("prices: %v, as of %q", priced, p.PricesAsOf)
		}
	})
}

func checkPrice(t *testing.T, id string, price *catalog.Price) {
	t.Helper()
	checkRates(t, id, &price.Rates)
	last := catalog.Tier{Rates: price.Rates}
	for _, tier := range price.Tiers {
		if checkRates(t, id, &tier.Rates); tier.Above <= last.Above || tier.Input <= last.Input || tier.Output < last.Output {
			t.Errorf("%s has a tier above %d tokens that costs no more than the one below it", id, tier.Above)
		}
		if (tier.CachedInput == nil) != (price.CachedInput == nil) {
			t.Errorf("%s has a price of cached input in some tiers only", id)
		}
		last = tier
	}
}

func checkRates(t *testing.T, id string, r *catalog.Rates) {
	t.Helper()
	if r.Input < 0 || r.Output < r.Input || r.Output > catalog.MaxRate {
		t.Errorf("%s costs %v and %v", id, r.Input, r.Output)
	}
	if r.CachedInput != nil && (*r.CachedInput < 0 || *r.CachedInput > r.Input) {
		t.Errorf("%s has cached input for %v, other for %v", id, *r.CachedInput, r.Input)
	}
	if r.CacheWrite != nil && (*r.CacheWrite <= 0 || *r.CacheWrite > catalog.MaxRate || r.CachedInput != nil && *r.CacheWrite < *r.CachedInput) {
		t.Errorf("%s writes to the cache for %v", id, *r.CacheWrite)
	}
}

// A member that is left out would be taken for zero, which is free.
func TestEveryPriceHasInputAndOutput(t *testing.T) {
	for _, name := range Names() {
		data, err := files.ReadFile(path.Join("data", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range []string{"price", "models.#.price", "models.#.price.tiers|@flatten"} {
			found := gjson.GetBytes(data, list)
			rows := []gjson.Result{found}
			if found.IsArray() {
				rows = found.Array()
			}
			for _, row := range rows {
				if row.Exists() && (row.Get("input").Type != gjson.Number || row.Get("output").Type != gjson.Number) {
					t.Errorf("%s has the price %s", name, row.Raw)
				}
			}
		}
	}
}

func TestOnlyOnesOwnMachineIsFree(t *testing.T) {
	for _, name := range Names() {
		preset, _ := Get(name)
		price, err := json.Marshal(preset.Price)
		if err != nil {
			t.Fatal(err)
		}
		if free := string(price) == `{"input":0,"output":0}`; free != preset.Local || !free && preset.Price != nil {
			t.Errorf("%s has the price %s for all models, local %v", name, price, preset.Local)
		}
		for wire := range preset.Wires {
			if other := preset.For(wire); other.Price != preset.Price || slices.ContainsFunc(other.Models, func(m catalog.Model) bool {
				own, _ := preset.Model(m.ID)
				return m.Price != own.Price
			}) {
				t.Errorf("%s has other prices by %s", name, wire)
			}
		}
	}
}
