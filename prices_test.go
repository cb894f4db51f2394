package codexresponses_test

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// order is in which order a route asks its targets, by the names of their providers: none of them can be reached.
func order(t *testing.T, providers []string, targets, body string) []string {
	t.Helper()
	once := fmt.Sprint("retry attempts ", len(strings.Fields(targets))) // each of them
	gw := start(t, append(providers, "route m {\nto "+targets+"\npolicy cheapest\n"+once+"\n}")...)
	gw.Post("/v1/responses", body)
	return texts(recorded(gw, 0).Get("attempts.#.provider"))
}

func TestTheCheapestIsAskedAndTheNextWhereItRests(t *testing.T) {
	boom := upstreamtest.Error(500, "server_error", "", "Boom.")
	dear, cheap, middle := upstreamtest.New(t, hello()), upstreamtest.New(t, hello(), boom), upstreamtest.New(t, hello())
	gw := start(t, provider("dear", dear.URL, "price * 5 25"), provider("cheap", cheap.URL, "price * 0.1 0.5"), provider("middle", middle.URL, "price * 2 10"),
		"route m {\nto dear cheap middle\npolicy cheapest\n}")
	for range 6 {
		requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	}
	if d, c, m := len(dear.Requests()), len(cheap.Requests()), len(middle.Requests()); d != 0 || c != 4 || m != 5 {
		t.Errorf("the dear one was asked %d times, the cheap one %d, the one between them %d", d, c, m)
	}
}

func TestTargetsStandByWhatTheRequestMayCost(t *testing.T) {
	nobody := refusing(t)
	long := strings.Replace(whole, "Say hello.", strings.Repeat("Say hello. ", 100_000), 1)
	at := func(name, preset string, lines ...string) string {
		return "provider " + name + " " + preset + " {\nwire chat\nbase_url " + nobody + "\nkey {env.PRICES}\n" + strings.Join(lines, "\n") + "\n}"
	}
	t.Setenv("PRICES", "some-key")
	tests := map[string]struct {
		providers     []string
		targets, body string
		want          []string
	}{
		"what is free comes first, what nobody knows last": {
			[]string{provider("unknown", nobody), provider("one", nobody, "price * 0.01 0.01"), provider("free", nobody, "price * 0 0"), provider("other", nobody)},
			"unknown one free other", whole,
			[]string{"free", "one", "unknown", "other"},
		},
		"without any price the order is the route's": {
			[]string{provider("b", nobody), provider("a", nobody)},
			"b a", whole,
			[]string{"b", "a"},
		},
		"the most specific pattern counts": {
			[]string{provider("a", nobody, "price * 1 1", "price gpt-* 3 3", "price gpt-5 9 9"), provider("b", nobody, "price * 2 2"), provider("c", nobody, "price * 5 5")},
			"a/gpt-5 c a/gpt-5.5 b a/x", whole,
			[]string{"a", "b", "a", "c", "a"},
		},
		"a prompt counts by its length": {
			[]string{provider("input", nobody, "price * 5 1"), provider("output", nobody, "price * 1 20")},
			"input output", long,
			[]string{"output", "input"},
		},
		"a short prompt counts little": {
			[]string{provider("input", nobody, "price * 5 1"), provider("output", nobody, "price * 1 20")},
			"output input", whole,
			[]string{"input", "output"},
		},
		"the models of presets have their prices": {
			[]string{at("a", "openai"), at("b", "deepseek"), at("c", "xai")},
			"a/gpt-5.4-pro c/grok-4.7 b/deepseek-flash", whole,
			[]string{"b", "c", "a"},
		},
		"what is configured goes before the preset": {
			[]string{at("a", "openai", "price gpt-5.4-pro 0.01 0.01"), at("b", "deepseek")},
			"b/deepseek-flash a/gpt-5.4-pro", whole,
			[]string{"a", "b"},
		},
		"a tier does not concern a short prompt": {
			[]string{at("tiered", "xai"), provider("flat", nobody, "price * 3 9")},
			"flat tiered/grok-4.7", whole,
			[]string{"tiered", "flat"},
		},
		"a long prompt has the prices of its tier": {
			[]string{at("tiered", "xai"), provider("flat", nobody, "price * 3 9")},
			"tiered/grok-4.7 flat", long,
			[]string{"flat", "tiered"},
		},
		"local models cost nothing": {
			[]string{provider("cheap", nobody, "price * 0.01 0.01"), at("vllm", ""), at("mine", "ollama")},
			"cheap vllm mine", whole,
			[]string{"vllm", "mine", "cheap"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := order(t, test.providers, test.targets, test.body); !slices.Equal(got, test.want) {
				t.Errorf("asked %v, want %v", got, test.want)
			}
		})
	}
}

// Ollama's hosted service has another price than one's own machine, and a coding plan another than the API.
func TestThePricesOfAPresetAreNotThoseOfItsAlternatives(t *testing.T) {
	nobody, err := url.Parse(refusing(t))
	if err != nil {
		t.Fatal(err)
	}
	host := net.JoinHostPort(nobody.Hostname(), nobody.Port())
	t.Setenv("PRICES", "some-key")
	at := func(preset, base string) string {
		return "provider " + preset + " {\nwire chat\nbase_url http://" + base + "\nto " + host + "\nkey {env.PRICES}\n}"
	}
	got := order(t, []string{at("ollama", "ollama.com/v1"), at("kimi", "api.kimi.com/coding/v1"), provider("dear", nobody.String(), "price * 100 100")},
		"ollama kimi/kimi-k3 dear", whole)
	if !slices.Equal(got, []string{"dear", "ollama", "kimi"}) {
		t.Errorf("asked %v", got)
	}
}

func TestPricesAreReadFromAProvidersOwnList(t *testing.T) {
	upstream := listing(t, rows(`{"id":"dear","pricing":{"prompt":"0.00001","completion":"0.00005"}}`, `{"id":"cheap","pricing":{"prompt":"0.0000001","completion":"0.0000005"}}`,
		`{"id":"gift","pricing":{"prompt":"0","completion":"0"}}`))
	gw := start(t, mock(upstream, hourly, "price gift 50 50"), "route m {\nto mock/dear mock/gift mock/cheap\npolicy cheapest\n}")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	awaitReading(gw, "mock")
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	first, second := recorded(gw, 0).Get("attempts.0.model").String(), recorded(gw, 1).Get("attempts.0.model").String()
	if first != "gift" || second != "cheap" {
		t.Errorf("asked %q before the list was read, and %q after it", first, second)
	}
	if data, info := listed(gw, "cheap"); strings.Contains(data.Raw+info.Raw, "pric") {
		t.Errorf("GET /models tells prices: %s %s", data.Raw, info.Raw)
	}
}
