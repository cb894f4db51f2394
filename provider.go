package codexresponses

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/caddy-codex/responses/catalog"
	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/presets"
	"github.com/caddy-codex/responses/routing"
	"github.com/caddy-codex/responses/translate/dialect"
)

// upstream is a provider made ready: its preset and configuration put together, its secrets resolved.
type upstream struct {
	name     string
	title    string
	wireName string
	wire     *wire
	base     *url.URL // host and port of the first base URL; scheme, path and query of all
	known    string   // by what its targets and keys are known from one configuration to the next
	keys     []string
	wanted   []string          // placeholders that should give a key, empty where the provider does without
	models   map[string]string // client's name to provider's
	preset   *presets.Preset   // an empty one for providers without
	prices   *priceList        // as configured
	custom   dialect.Settings
	timeouts Timeouts
	proxy    *reverseproxy.Handler
	gate     *routing.Gate
	inner    http.RoundTripper // the proxy's own transport

	prober     *modelReader // that asks whether the provider works again; nil where it is not probed
	probeEvery time.Duration

	ownHeaders map[string]bool // request headers that header_up sets, which are not ours to remove

	reader *modelReader // of the provider's own list of models; nil for none

	mu         sync.Mutex
	identities map[identityKey]identity.Identity
	dialects   map[string]*dialect.Dialect // by upstream model
	edition    int64                       // of the lessons that they know
	read       *catalog.Listing            // that they know
	noted      map[string]bool             // what the log has been told once
}

// maxDialects bounds the dialects that are kept; names that clients make up are worked out each time beyond it.
const maxDialects = 512

// maxNoted bounds what the log is told once, and longestNote the bytes of each: clients make it up.
const (
	maxNoted    = 32
	longestNote = 1 << 10
)

// note reports whether the log is to be told something, which it is once.
func (u *upstream) note(text string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.noted[text] || len(u.noted) == maxNoted || len(text) > longestNote {
		return false
	}
	if u.noted == nil {
		u.noted = make(map[string]bool)
	}
	u.noted[text] = true
	return true
}

// provision makes the provider ready.
func (p *Provider) provision(ctx caddy.Context) (*upstream, error) {
	u := &upstream{
		name: p.Name, title: p.Name, wireName: p.wire(), models: p.Models, custom: p.Dialect, timeouts: p.Timeouts.withDefaults(p.local()),
		preset: &presets.Preset{}, dialects: make(map[string]*dialect.Dialect), identities: make(map[identityKey]identity.Identity),
	}
	bases, keys, optional := p.BaseURLs, p.Keys, false
	if preset := p.preset(); preset != nil {
		preset = preset.For(u.wireName)
		u.preset, u.title = preset, preset.Title
		if len(bases) == 0 {
			bases = []string{preset.BaseURL}
		}
		if len(keys) == 0 && preset.KeyEnv != "" {
			keys = []string{"{env." + preset.KeyEnv + "}"}
			optional = preset.Local
		}
	}
	if !optional {
		u.wanted = keys
	}
	u.wire = wires[u.wireName]
	var err error
	if u.keys, err = secrets(keys); err != nil {
		return nil, err
	}
	urls, err := resolveBases(bases)
	if err != nil {
		return nil, err
	}
	u.base = urls[0]
	u.known = u.name + " " + u.base.String()
	if err := u.setPrices(p.Prices, p.preset()); err != nil {
		return nil, err
	}
	inner, err := u.provisionProxy(ctx, p.ReverseProxy, urls)
	if err != nil {
		return nil, err
	}
	u.inner = inner
	u.reader, err = newModelReader(ctx, u, inner, time.Duration(p.ReadModels))
	if err != nil {
		return nil, err
	}
	return u, u.setProbe(ctx, time.Duration(p.Probe))
}

// resolveBases reads the base URLs. Hosts of one service differ in host and port alone.
func resolveBases(bases []string) ([]*url.URL, error) {
	repl := caddy.NewReplacer()
	urls := make([]*url.URL, len(bases))
	for i, base := range bases {
		resolved, err := repl.ReplaceOrErr(base, true, true)
		if err != nil {
			return nil, fmt.Errorf("base_url %s: %w", base, err)
		}
		if urls[i], err = parseBaseURL(resolved); err != nil {
			return nil, err
		}
		if first := urls[0]; urls[i].Scheme != first.Scheme || urls[i].Path != first.Path || urls[i].RawQuery != first.RawQuery {
			return nil, fmt.Errorf("base_url %s and %s differ in more than host and port; make two providers of them", first, urls[i])
		}
	}
	return urls, nil
}

// provisionProxy makes the embedded reverse proxy, with our transport around its own, which it returns.
func (u *upstream) provisionProxy(ctx caddy.Context, proxy *reverseproxy.Handler, urls []*url.URL) (http.RoundTripper, error) {
	if proxy == nil {
		proxy = new(reverseproxy.Handler)
	}
	inner, err := loadTransport(ctx, proxy, urls[0].Scheme == "https", u.timeouts.Connect)
	if err != nil {
		return nil, err
	}
	if len(proxy.Upstreams) == 0 && len(proxy.DynamicUpstreamsRaw) == 0 {
		for _, base := range urls {
			proxy.Upstreams = append(proxy.Upstreams, &reverseproxy.Upstream{Dial: hostPort(base)})
		}
	}
	u.ownHeaders = make(map[string]bool)
	if proxy.Headers != nil && proxy.Headers.Request != nil {
		for _, set := range []http.Header{proxy.Headers.Request.Add, proxy.Headers.Request.Set} {
			for name := range set {
				u.ownHeaders[http.CanonicalHeaderKey(name)] = true
			}
		}
	}
	proxy.Transport = &transport{inner: inner}
	u.proxy = proxy
	return inner, proxy.Provision(ctx)
}

func hostPort(base *url.URL) string {
	port := base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	return net.JoinHostPort(base.Hostname(), port)
}

// model is the provider's name for what a client calls name: by the model lines, else the name itself where the catalogue knows it
// or there is none, else the preset's default.
func (u *upstream) model(name string) string {
	if mapped, ok := u.models[name]; ok {
		return mapped
	}
	if len(u.preset.Models) == 0 || u.knows(name) || u.lists(name) || u.preset.DefaultModel == "" {
		return name
	}
	return u.preset.DefaultModel
}

// knows reports whether the provider's catalogue or model lines have the name.
func (u *upstream) knows(name string) bool {
	if _, ok := u.models[name]; ok {
		return true
	}
	_, ok := u.preset.Model(name)
	return ok
}

// lists reports whether the provider's own list has the name, as far as it has been read.
func (u *upstream) lists(name string) bool {
	_, ok := u.listing().Model(name)
	return ok
}

// listed are the models that the provider is known to have, by the client's names for them: those of the preset, or where it names none
// those of the provider's own list.
func (u *upstream) listed() []string {
	names := slices.Sorted(maps.Keys(u.models))
	for i := range u.preset.Models {
		names = append(names, u.preset.Models[i].ID)
	}
	if len(u.preset.Models) == 0 {
		for _, model := range u.listing().Models() {
			if len(names) < maxListed && u.models[model.ID] == "" {
				names = append(names, model.ID)
			}
		}
	}
	return names
}

// describe returns what is known about an upstream model: what the preset says, completed by what the provider does.
func (u *upstream) describe(id string) catalog.Model {
	model, ok := u.preset.Model(id)
	if !ok {
		model = catalog.Model{ID: id}
	}
	if read, ok := u.listing().Model(id); ok {
		model.Complete(&read)
	}
	return model
}

// blind reports whether an upstream model is known to read no images.
func (u *upstream) blind(id string) bool {
	model := u.describe(id)
	_, preset := u.preset.Model(id)
	return (preset || len(model.Modalities) > 0) && !model.Vision()
}

// dialect is the dialect for an upstream model.
func (u *upstream) dialect(id string) (*dialect.Dialect, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if edition, listing := lessonBook.Edition(), u.listing(); edition != u.edition || listing != u.read {
		clear(u.dialects)
		u.edition, u.read = edition, listing
	}
	if d, ok := u.dialects[id]; ok {
		return d, nil
	}
	d := dialect.Default()
	for _, settings := range append(u.preset.Layers(id), u.custom) {
		if err := d.Apply(settings); err != nil {
			return nil, fmt.Errorf("provider %s, model %s: %w", u.name, id, err)
		}
	}
	if u.custom["images"] == nil && u.blind(id) {
		d.Images = "none"
	}
	for _, lesson := range lessonBook.Of(u.lessonKey(id)) {
		if err := d.Apply(lesson.Settings(&d)); err != nil {
			return nil, fmt.Errorf("provider %s, model %s: %w", u.name, id, err)
		}
	}
	if len(u.dialects) < maxDialects {
		u.dialects[id] = &d
	}
	return &d, nil
}
