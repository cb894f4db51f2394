package codexresponses

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/caddy-codex/responses/catalog"
	"github.com/caddy-codex/responses/routing"
)

// ModelPrice is what some of a provider's models cost, in US dollars per million tokens.
type ModelPrice struct {
	// Model is the provider's name of a model, or a pattern with * and ?. The most specific one counts.
	Model string `json:"model"`

	// Input and Output are for the tokens of prompts and of replies. 0 is free.
	Input  *float64 `json:"input"`
	Output *float64 `json:"output"`

	// CachedInput is for tokens of a prompt that the provider finds in its cache. Default: Input
	CachedInput *float64 `json:"cached_input,omitempty"`
}

const priceForm = "price <model or pattern> <input> <output> [<cached input>]"

// readPrice reads the arguments of a line.
func readPrice(args []string) (ModelPrice, error) {
	p := ModelPrice{Model: args[0]}
	for i, to := range []**float64{&p.Input, &p.Output, &p.CachedInput}[:len(args)-1] {
		rate, err := strconv.ParseFloat(args[i+1], 64)
		if err != nil {
			return p, p.wrong(fmt.Sprintf("%q", args[i+1]))
		}
		*to = &rate
	}
	return p, p.check()
}

func (p *ModelPrice) check() error {
	switch {
	case p.Model == "":
		return errors.New("a price is of no model; give the provider's name of one, or a pattern such as *")
	case p.Input == nil || p.Output == nil:
		return fmt.Errorf("price of %s: it needs both input and output; 0 is free", p.Model)
	}
	for _, rate := range []*float64{p.Input, p.Output, p.CachedInput} {
		if rate != nil && !(*rate >= 0 && *rate <= catalog.MaxRate) { // which NaN is not
			return p.wrong(strconv.FormatFloat(*rate, 'g', -1, 64))
		}
	}
	if p.CachedInput != nil && *p.CachedInput > *p.Input {
		return fmt.Errorf("price of %s: cached input costs %v, more than input with %v; the form is: %s", p.Model, *p.CachedInput, *p.Input, priceForm)
	}
	return nil
}

func (p *ModelPrice) wrong(value string) error {
	return fmt.Errorf("price of %s: %s is not a number of US dollars per million tokens from 0 to %d, such as 2.50", p.Model, value, catalog.MaxRate)
}

func (p *ModelPrice) price() *catalog.Price {
	return &catalog.Price{Rates: catalog.Rates{Input: *p.Input, Output: *p.Output, CachedInput: p.CachedInput}}
}

// checkPrices finds what is wrong with the prices of a provider.
func checkPrices(prices []ModelPrice) error {
	given := make(map[string]bool, len(prices))
	for i := range prices {
		p := &prices[i]
		if err := p.check(); err != nil {
			return err
		}
		if given[p.Model] {
			return fmt.Errorf("the price of %s is given twice", p.Model)
		}
		given[p.Model] = true
	}
	return nil
}

// priceList finds the configured price of a model. A nil one is empty.
type priceList struct {
	table  *routing.Table
	prices map[string]*catalog.Price // by pattern
}

func newPriceList(prices []ModelPrice) (*priceList, error) {
	if len(prices) == 0 {
		return nil, nil
	}
	l := &priceList{prices: make(map[string]*catalog.Price, len(prices))}
	var patterns []routing.Route
	for i := range prices {
		patterns = append(patterns, routing.Route{Pattern: prices[i].Model})
		l.prices[prices[i].Model] = prices[i].price()
	}
	var err error
	l.table, err = routing.NewTable(patterns)
	return l, err
}

// of is the price of an upstream model, nil for none.
func (l *priceList) of(model string) *catalog.Price {
	if l == nil {
		return nil
	}
	pattern, ok := l.table.Lookup(model)
	if !ok {
		return nil
	}
	return l.prices[pattern.Pattern]
}
