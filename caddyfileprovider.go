package codexresponses

import (
	"fmt"
	"math"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/caddy-codex/responses/translate/dialect"
)

// provider reads a provider's block. What is not ours in it is for reverse_proxy.
func (p *parser) provider() error {
	at := p.position()
	segment := p.NewFromNextSegment()
	provider := new(Provider)
	if err := provider.unmarshalCaddyfile(segment); err != nil {
		return err
	}
	segment.Reset()
	segment.Next()
	if segment.NextBlock(0) { // something is left for reverse_proxy
		segment.Reset()
		proxy := new(reverseproxy.Handler)
		if err := proxy.UnmarshalCaddyfile(segment); err != nil {
			return explain(err, segment)
		}
		if err := proxy.FinalizeUnmarshalCaddyfile(p.WithDispenser(segment)); err != nil {
			return err
		}
		provider.ReverseProxy = proxy
	}
	p.handler.Providers = append(p.handler.Providers, provider)
	p.providers = append(p.providers, at)
	return nil
}

// explain adds to what reverse_proxy says of an unknown line of the block, not of a block within, which lines there are.
func explain(err error, segment *caddyfile.Dispenser) error {
	segment.Reset()
	segment.Next()
	for nesting := segment.Nesting(); segment.NextBlock(nesting); {
		if segment.Nesting() == nesting+1 && strings.HasPrefix(err.Error(), "unrecognized subdirective "+segment.Val()+", at") {
			return fmt.Errorf("%w; a provider takes wire, base_url, key, model, price, set, timeouts, max_concurrent, probe, read_models and the subdirectives of reverse_proxy", err)
		}
	}
	return err
}

// unmarshalCaddyfile reads the provider's own subdirectives and deletes their tokens.
func (p *Provider) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // "provider"
	args := d.RemainingArgs()
	switch len(args) {
	case 1:
		p.Name = args[0]
	case 2:
		p.Name, p.Preset = args[0], args[1]
	default:
		return badForm(d, "provider <name> [<preset>] { ... }")
	}
	d.DeleteN(len(args))
	given := make(given)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if d.Nesting() > nesting+1 {
			continue // a block of reverse_proxy's
		}
		if err := p.subdirective(d, given); err != nil {
			return err
		}
	}
	return nil
}

// forms are the provider's own subdirectives and how each is written.
var forms = map[string]string{
	"wire":           "wire " + strings.Join(wireNames(), "|"),
	"base_url":       "base_url <url>...",
	"key":            "key" + secretsForm,
	"model":          "model <client model> <upstream model>",
	"price":          priceForm,
	"set":            "set <knob> <value>...",
	"max_concurrent": boundForm,
	"probe":          "probe <interval>|off",
	"timeouts":       timeoutsForm,
	"read_models":    "read_models <interval>|off",
}

// arguments is how many a subdirective takes.
func arguments(name string) (least, most int) {
	switch name {
	case "wire", "probe", "read_models":
		return 1, 1
	case "model":
		return 2, 2
	case "price":
		return 3, 4
	default:
		return 1, math.MaxInt
	}
}

func (p *Provider) subdirective(d *caddyfile.Dispenser, given given) error {
	name := d.Val()
	form, ours := forms[name]
	if !ours {
		d.RemainingArgs() // which may be called like one of ours
		return nil
	}
	if err := given.once(d, "base_url", "key", "model", "price", "set"); err != nil {
		return err
	}
	if name == "timeouts" {
		return p.readTimeouts(d)
	}
	args := d.RemainingArgs()
	if least, most := arguments(name); len(args) < least || len(args) > most {
		return badForm(d, form)
	}
	if err := p.set(name, args); err != nil {
		return d.WrapErr(err)
	}
	d.DeleteN(len(args) + 1)
	return nil
}

// readTimeouts reads the block timeouts and deletes its tokens. Those of an empty one would stay.
func (p *Provider) readTimeouts(d *caddyfile.Dispenser) error {
	segment := d.NextSegment()
	block := caddyfile.NewDispenser(segment)
	block.Next()
	if block.NextArg() {
		return badForm(block, timeoutsForm)
	}
	p.Timeouts = new(Timeouts)
	given := make(given)
	for block.NextBlock(0) {
		if err := given.once(block); err != nil {
			return err
		}
		if err := p.Timeouts.subdirective(block); err != nil {
			return err
		}
	}
	if len(given) == 0 {
		return block.Errf("timeouts is empty; the form is: %s", timeoutsForm)
	}
	d.DeleteN(len(segment))
	return nil
}

const timeoutsForm = "timeouts { connect <duration>; first_event <duration>; idle <duration>; total <duration>|off }"

func (t *Timeouts) subdirective(d *caddyfile.Dispenser) error {
	name := d.Val()
	if name == "total" {
		const form = "total <duration>|off"
		var word string
		if !d.AllArgs(&word) {
			return badForm(d, form)
		}
		total, err := readOrOff(form, word)
		if err != nil {
			return d.WrapErr(err)
		}
		t.Total = total
		return nil
	}
	to, ok := map[string]*caddy.Duration{"connect": &t.Connect, "first_event": &t.FirstEvent, "idle": &t.Idle}[name]
	if !ok {
		return d.Errf("unrecognized subdirective %s; timeouts takes connect, first_event, idle and total", name)
	}
	return readDuration(d, to, name+" <duration>")
}

// set takes one of the provider's own subdirectives.
func (p *Provider) set(name string, args []string) error {
	switch name {
	case "wire":
		p.Wire = args[0]
		return checkWire(p.Wire)
	case "base_url":
		for _, base := range args {
			if err := checkBaseURL(base); err != nil {
				return err
			}
		}
		p.BaseURLs = append(p.BaseURLs, args...)
	case "key":
		p.Keys = append(p.Keys, args...)
		return checkKeys(p.Keys)
	case "model":
		if p.Models == nil {
			p.Models = make(map[string]string)
		}
		if _, ok := p.Models[args[0]]; ok {
			return fmt.Errorf("model %s is mapped twice", args[0])
		}
		p.Models[args[0]] = args[1]
	case "price":
		price, err := readPrice(args)
		if err != nil {
			return err
		}
		p.Prices = append(p.Prices, price)
		return checkPrices(p.Prices)
	case "set":
		value, err := dialect.Parse(args[0], args[1:])
		if err != nil {
			return err
		}
		if p.Dialect == nil {
			p.Dialect = make(dialect.Settings)
		}
		if _, ok := p.Dialect[args[0]]; ok {
			return fmt.Errorf("knob %s is set twice", args[0])
		}
		p.Dialect[args[0]] = value
	case "max_concurrent":
		bound, err := readBound(args)
		if err != nil {
			return err
		}
		p.MaxConcurrent = bound
	case "probe":
		interval, err := readOrOff(forms[name], args[0])
		if err != nil {
			return err
		}
		p.Probe = interval
	case "read_models":
		return p.setReadModels(args[0])
	}
	return nil
}

func (p *Provider) setReadModels(word string) error {
	interval, err := readOrOff(forms["read_models"], word)
	if err == nil && interval == 0 {
		interval = -1
	}
	p.ReadModels = interval
	return err
}
