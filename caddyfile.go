package codexresponses

import (
	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/dustin/go-humanize"

	"github.com/caddy-codex/responses/routing"
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
//			wire chat|responses|messages|gemini|converse|ollama
//			base_url <url>...
//			key <secret>...
//			model <client model> <upstream model>
//			set <knob> <value>...
//			timeouts {
//				first_event <duration>
//				idle <duration>
//			}
//			read_models <interval>|off
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
//		fetch public|any|off
//		compaction_prompt <text>
//		store off|memory|bolt|redis|postgres [<argument>...] {
//			ttl <duration>
//			max_per_client <size>
//			<any setting of the store>
//		}
//		websocket on|off
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

// position is a line of a Caddyfile, as a dispenser that stands at it: an error can then name the file, the line, and the snippets by
// which it came there.
type position struct{ *caddyfile.Dispenser }

func (p *parser) position() position {
	at := caddyfile.NewDispenser([]caddyfile.Token{p.Token()})
	at.Next()
	return position{at}
}

func (at position) wrap(err error) error {
	if err == nil {
		return nil
	}
	return at.WrapErr(err)
}

// badForm is the error of a subdirective that is not written as it should be.
func badForm(d *caddyfile.Dispenser, form string) error {
	return d.Errf("wrong number of arguments; the form is: %s", form)
}

func (p *parser) parse() error {
	p.Next() // the directive's name
	start := p.position()
	if p.NextArg() {
		return badForm(p.Dispenser, directive+" [<matcher>] { ... }")
	}
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
		return p.basePath()
	case "provider":
		return p.provider()
	case "route":
		return p.route()
	case "key":
		return p.secrets(&h.Keys, "key")
	case "forward_client_key":
		if p.NextArg() {
			return badForm(p.Dispenser, "forward_client_key")
		}
		h.ForwardClientKey = true
	case "max_body":
		return p.size(&h.MaxBody, "max_body <size>")
	case "heartbeat":
		return readDuration(p.Dispenser, &h.Heartbeat, "heartbeat <duration>")
	case "cors":
		return p.origins(&h.CORS)
	case "seal_key":
		return p.secrets(&h.SealKeys, "seal_key")
	case "store":
		return p.store()
	case "compaction_prompt":
		if !p.AllArgs(&h.CompactionPrompt) {
			return badForm(p.Dispenser, "compaction_prompt <text>")
		}
	case "fetch":
		return p.choice(&h.Fetch, "fetch public|any|off", checkFetch)
	case "websocket":
		return p.choice(&h.WebSocket, "websocket on|off", checkWebSocket)
	default:
		return p.Errf("unrecognized subdirective %s; there are base_path, provider, route, key, forward_client_key, max_body, heartbeat, "+
			"cors, seal_key, fetch, compaction_prompt, store, websocket", name)
	}
	return nil
}

// word reads the one argument of a subdirective.
func (p *parser) word(to *string, form string) error {
	if !p.AllArgs(to) {
		return badForm(p.Dispenser, form)
	}
	return nil
}

// choice reads the one argument of a subdirective that takes one of some words.
func (p *parser) choice(to *string, form string, check func(string) error) error {
	if err := p.word(to, form); err != nil {
		return err
	}
	if err := check(*to); err != nil {
		return p.WrapErr(err)
	}
	return nil
}

func (p *parser) basePath() error {
	if err := p.word(&p.handler.BasePath, "base_path <path>"); err != nil {
		return err
	}
	if err := checkBasePath(p.handler.BasePath); err != nil {
		return p.WrapErr(err)
	}
	return nil
}

// maxSize bounds sizes, in bytes: more is a slip of the pen.
const maxSize = 1 << 40

func (p *parser) size(to *int64, form string) error {
	var word string
	if err := p.word(&word, form); err != nil {
		return err
	}
	n, err := humanize.ParseBytes(word)
	if err != nil || n == 0 || n > maxSize {
		return p.Errf("%s: %s is not a size from 1 byte to 1TiB, such as 64MiB", form, word)
	}
	*to = int64(n)
	return nil
}

// readDuration reads the one argument of a subdirective as a duration.
func readDuration(d *caddyfile.Dispenser, to *caddy.Duration, form string) error {
	var word string
	if !d.AllArgs(&word) {
		return badForm(d, form)
	}
	duration, err := caddy.ParseDuration(word)
	if err != nil || duration <= 0 {
		return d.Errf("%s: %s is not a duration above zero, such as 10s", form, word)
	}
	*to = caddy.Duration(duration)
	return nil
}

func (p *parser) origins(to *[]string) error {
	origins := p.RemainingArgs()
	if len(origins) == 0 {
		return badForm(p.Dispenser, "cors <origin>...")
	}
	for _, origin := range origins {
		if err := checkOrigin(origin); err != nil {
			return p.WrapErr(err)
		}
	}
	*to = append(*to, origins...)
	return nil
}

const secretsForm = " <secret>..., each a placeholder such as {env.NAME} or {file./path}"

// secrets reads placeholders and refuses secrets that are written out, without repeating them.
func (p *parser) secrets(to *[]string, name string) error {
	secrets := p.RemainingArgs()
	if len(secrets) == 0 {
		return badForm(p.Dispenser, name+secretsForm)
	}
	if err := checkKeys(secrets); err != nil {
		return p.WrapErr(err)
	}
	*to = append(*to, secrets...)
	return nil
}

// route reads a route.
func (p *parser) route() error {
	at := p.position()
	args := p.RemainingArgs()
	if len(args) == 0 {
		return badForm(p.Dispenser, "route <pattern> <provider>[/<model>]... { ... }")
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
				return badForm(p.Dispenser, "to <provider>[/<model>]...")
			}
			if err := p.targets(route, targets); err != nil {
				return err
			}
		case "key":
			if err := p.secrets(&route.Keys, "key"); err != nil {
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
