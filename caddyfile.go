package codexresponses

import (
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
	"github.com/dustin/go-humanize"

	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/translate/dialect"
)

const directive = "codex_responses"

func init() {
	httpcaddyfile.RegisterHandlerDirective(directive, parseCaddyfile)
	httpcaddyfile.RegisterDirectiveOrder(directive, httpcaddyfile.Before, "reverse_proxy")
}

// parseCaddyfile sets up the handler from Caddyfile tokens. Syntax:
//
//	codex_responses [<matcher>] {
//		base_path <path>
//		provider <name> [<preset>] {
//			wire chat
//			base_url <url>...
//			key <secret>...
//			model <client model> <upstream model>
//			set <knob> <value>...
//			<any reverse_proxy subdirective>
//		}
//		route <pattern> <provider>[/<model>]... {
//			to <provider>[/<model>]...
//			key <secret>...
//		}
//		key <secret>...
//		forward_client_key
//		max_body <size>
//		heartbeat <duration>
//		cors <origin>...
//		seal_key <secret>...
//	}
//
// A secret is a placeholder such as {env.NAME} or {file./path}.
func parseCaddyfile(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	p := parser{Helper: h, handler: new(Handler)}
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.handler, nil
}

// parser reads the directive. Rules that concern more than one line are checked at the end, with the line that breaks them.
type parser struct {
	httpcaddyfile.Helper
	handler   *Handler
	providers []position
	routes    []position
}

// position is a line of a Caddyfile.
type position struct {
	file string
	line int
}

func (p *parser) position() position { return position{p.File(), p.Line()} }

func (at position) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w, at %s:%d", directive, err, at.file, at.line)
}

const subdirectives = "base_path, provider, route, key, forward_client_key, max_body, heartbeat, cors, seal_key"

func (p *parser) parse() error {
	p.Next() // the directive's name
	if p.NextArg() {
		return p.ArgErr()
	}
	start := p.position()
	for p.NextBlock(0) {
		if err := p.subdirective(); err != nil {
			return err
		}
	}
	config := &p.handler.Config
	for i, at := range p.providers {
		if err := config.checkProvider(i); err != nil {
			return at.wrap(err)
		}
	}
	for i, at := range p.routes {
		if err := config.checkRoute(i); err != nil {
			return at.wrap(err)
		}
	}
	return start.wrap(config.check())
}

func (p *parser) subdirective() error {
	h := p.handler
	switch name := p.Val(); name {
	case "base_path":
		return p.word(&h.BasePath)
	case "provider":
		return p.provider()
	case "route":
		return p.route()
	case "key":
		return p.secrets(&h.Keys)
	case "forward_client_key":
		if p.NextArg() {
			return p.ArgErr()
		}
		h.ForwardClientKey = true
	case "max_body":
		return p.size(&h.MaxBody)
	case "heartbeat":
		return p.duration(&h.Heartbeat)
	case "cors":
		origins := p.RemainingArgs()
		if len(origins) == 0 {
			return p.ArgErr()
		}
		for _, origin := range origins {
			if err := checkOrigin(origin); err != nil {
				return p.WrapErr(err)
			}
		}
		h.CORS = append(h.CORS, origins...)
	case "seal_key":
		return p.secrets(&h.SealKeys)
	default:
		return p.Errf("unrecognized subdirective %s; there are %s", name, subdirectives)
	}
	return nil
}

// word reads the one argument of a subdirective.
func (p *parser) word(to *string) error {
	if !p.AllArgs(to) {
		return p.ArgErr()
	}
	return nil
}

func (p *parser) size(to *int64) error {
	var word string
	if err := p.word(&word); err != nil {
		return err
	}
	n, err := humanize.ParseBytes(word)
	if err != nil || n == 0 || n > 1<<40 {
		return p.Errf("%s is not a size such as 64MiB", word)
	}
	*to = int64(n)
	return nil
}

func (p *parser) duration(to *caddy.Duration) error {
	var word string
	if err := p.word(&word); err != nil {
		return err
	}
	d, err := caddy.ParseDuration(word)
	if err != nil || d <= 0 {
		return p.Errf("%s is not a duration such as 10s", word)
	}
	*to = caddy.Duration(d)
	return nil
}

func (p *parser) secrets(to *[]string) error {
	return readSecrets(p.Dispenser, to)
}

// readSecrets reads placeholders and refuses secrets that are written out, without repeating them.
func readSecrets(d *caddyfile.Dispenser, to *[]string) error {
	keys := d.RemainingArgs()
	if len(keys) == 0 {
		return d.ArgErr()
	}
	if err := checkKeys(keys); err != nil {
		return d.WrapErr(err)
	}
	*to = append(*to, keys...)
	return nil
}

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
			return foreign(err)
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

// foreign adds to an error of reverse_proxy what else the block may hold.
func foreign(err error) error {
	if strings.Contains(err.Error(), "unrecognized subdirective") {
		return fmt.Errorf("%w (a provider takes wire, base_url, key, model, set and the subdirectives of reverse_proxy)", err)
	}
	return err
}

// unmarshalCaddyfile reads the provider's own subdirectives and deletes their tokens.
func (p *Provider) unmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // "provider"
	args := d.RemainingArgs()
	d.DeleteN(len(args))
	switch len(args) {
	case 1:
		p.Name = args[0]
	case 2:
		p.Name, p.Preset = args[0], args[1]
	default:
		return d.Err("a provider has a name and at most a preset: provider <name> [<preset>]")
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if d.Nesting() != nesting+1 {
			continue
		}
		if err := p.subdirective(d); err != nil {
			return err
		}
	}
	return nil
}

func (p *Provider) subdirective(d *caddyfile.Dispenser) error {
	name := d.Val()
	switch name {
	case "wire", "base_url", "key", "model", "set":
	default:
		return nil
	}
	args := d.RemainingArgs()
	if len(args) == 0 {
		return d.ArgErr()
	}
	if err := p.set(name, args); err != nil {
		return d.WrapErr(err)
	}
	d.DeleteN(len(args) + 1)
	return nil
}

// set takes one of the provider's own subdirectives.
func (p *Provider) set(name string, args []string) error {
	switch name {
	case "wire":
		if len(args) != 1 || wires[args[0]] == nil {
			return fmt.Errorf("wire is one of %s, not %s", strings.Join(wireNames(), ", "), strings.Join(args, " "))
		}
		p.Wire = args[0]
	case "base_url":
		for _, base := range args {
			if err := checkBaseURL(base); err != nil {
				return err
			}
		}
		p.BaseURLs = append(p.BaseURLs, args...)
	case "key":
		if err := checkKeys(args); err != nil {
			return err
		}
		p.Keys = append(p.Keys, args...)
	case "model":
		if len(args) != 2 {
			return fmt.Errorf("model takes the client's name and the provider's: model <client model> <upstream model>")
		}
		if p.Models == nil {
			p.Models = make(map[string]string)
		}
		if _, ok := p.Models[args[0]]; ok {
			return fmt.Errorf("model %s is mapped twice", args[0])
		}
		p.Models[args[0]] = args[1]
	case "set":
		value, err := dialect.Parse(args[0], args[1:])
		if err != nil {
			return err
		}
		if p.Dialect == nil {
			p.Dialect = make(dialect.Settings)
		}
		p.Dialect[args[0]] = value
	}
	return nil
}

// route reads a route.
func (p *parser) route() error {
	at := p.position()
	args := p.RemainingArgs()
	if len(args) == 0 {
		return p.Err("a route has a pattern and targets: route <pattern> <provider>[/<model>]...")
	}
	route := &Route{Pattern: args[0]}
	if err := p.targets(route, args[1:]); err != nil {
		return err
	}
	for nesting := p.Nesting(); p.NextBlock(nesting); {
		switch name := p.Val(); name {
		case "to":
			targets := p.RemainingArgs()
			if len(targets) == 0 {
				return p.ArgErr()
			}
			if err := p.targets(route, targets); err != nil {
				return err
			}
		case "key":
			if err := p.secrets(&route.Keys); err != nil {
				return err
			}
		default:
			return p.Errf("unrecognized subdirective %s; a route takes to and key", name)
		}
	}
	p.handler.Routes = append(p.handler.Routes, route)
	p.routes = append(p.routes, at)
	return nil
}

func (p *parser) targets(route *Route, texts []string) error {
	for _, text := range texts {
		target, err := routing.ParseTarget(text)
		if err != nil {
			return p.WrapErr(err)
		}
		route.Targets = append(route.Targets, target)
	}
	return nil
}
