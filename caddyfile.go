package codexresponses

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
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
//			price <model or pattern> <input> <output> [<cached input>]
//			set <knob> <value>...
//			timeouts {
//				connect <duration>
//				first_event <duration>
//				idle <duration>
//				total <duration>|off
//			}
//			max_concurrent <n> [queue <n>]
//			probe <interval>|off
//			read_models <interval>|off
//			<any reverse_proxy subdirective>
//		}
//		route <pattern> <provider>[/<model>]... {
//			to <provider>[/<model>]... [weight <n>] [only image|tools|context [<tokens>]|effort <effort>...]...
//			policy first|round_robin|weighted|least_busy|fastest|cheapest
//			retry [within <duration>] [attempts <n>]
//			sticky on|off
//			key <secret>...
//		}
//		fallback_model <model>
//		retry [within <duration>] [attempts <n>]
//		max_concurrent <n> [queue <n>]
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
	p := parser{Helper: h, handler: new(Handler), given: make(given)}
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.handler, nil
}

// parser reads the directive. Rules that concern more than one line are checked at the end, with the line that breaks them.
type parser struct {
	httpcaddyfile.Helper
	handler   *Handler
	given     given
	providers []position
	routes    []routePosition
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
	for i := range p.routes {
		if err := p.routes[i].check(config, i); err != nil {
			return err
		}
	}
	return start.wrap(config.check())
}

func (p *parser) subdirective() error {
	if err := p.given.once(p.Dispenser, "provider", "route", "key", "cors", "seal_key"); err != nil {
		return err
	}
	h := p.handler
	switch name := p.Val(); name {
	case "base_path":
		return p.basePath()
	case "provider":
		return p.provider()
	case "route":
		return p.route()
	case "fallback_model":
		return p.choice(&h.FallbackModel, "fallback_model <model>", checkFallback)
	case "retry":
		retry, err := readRetry(p.RemainingArgs())
		if err != nil {
			return p.WrapErr(err)
		}
		h.Retry = retry
	case "max_concurrent":
		bound, err := readBound(p.RemainingArgs())
		if err != nil {
			return p.WrapErr(err)
		}
		h.MaxConcurrent = bound
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
		return p.Errf("unrecognized subdirective %s; there are base_path, provider, route, fallback_model, retry, max_concurrent, key, forward_client_key, "+
			"max_body, heartbeat, cors, seal_key, fetch, compaction_prompt, store, websocket", name)
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
