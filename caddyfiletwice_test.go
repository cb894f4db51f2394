package codexresponses_test

import (
	"fmt"
	"strings"
	"testing"
)

// inDirective is a Caddyfile whose directive begins with a provider, on line 3.
func inDirective(lines ...string) string {
	return ":8787 {\ncodex_responses {\nprovider deepseek\n" + strings.Join(lines, "\n") + "\n}\n}\n"
}

// inProvider is one whose provider has these lines, from line 4.
func inProvider(lines ...string) string {
	return ":8787 {\ncodex_responses {\nprovider deepseek {\n" + strings.Join(lines, "\n") + "\n}\n}\n}\n"
}

// inRoute is one whose route has these lines, from line 5.
func inRoute(lines ...string) string {
	return inDirective(append(append([]string{"route m deepseek {"}, lines...), "}")...)
}

func TestWhatStandsOnceIsRefusedTwice(t *testing.T) {
	type block struct {
		with     func(lines ...string) string
		line     int // of the second one
		settings []string
	}
	for name, b := range map[string]block{
		"the directive": {inDirective, 5, []string{
			"base_path /v1", "fallback_model m", "retry attempts 2", "max_concurrent 5", "forward_client_key", "max_body 1MiB", "heartbeat 5s",
			"fetch off", "compaction_prompt short", "store memory", "websocket off",
		}},
		"a provider": {inProvider, 5, []string{"wire chat", "max_concurrent 5", "probe 1m", "read_models off"}},
		"a route":    {inRoute, 6, []string{"policy first", "retry attempts 2", "sticky off"}},
		"timeouts": {func(lines ...string) string {
			return inProvider("timeouts {", strings.Join(lines, "\n"), "}")
		}, 6, []string{"connect 1m", "first_event 1m", "idle 1m", "total 1m"}},
		"a store": {func(lines ...string) string {
			return inDirective("store memory {", strings.Join(lines, "\n"), "}")
		}, 6, []string{"ttl 1h", "max_per_client 1MiB"}},
		"retry": {func(lines ...string) string {
			return inDirective("retry " + strings.Join(lines, " "))
		}, 4, []string{"within 1m", "attempts 3"}},
	} {
		for _, setting := range b.settings {
			t.Run(setting+" in "+name, func(t *testing.T) {
				if _, err := adapt("Caddyfile", b.with(setting)); err != nil {
					t.Fatalf("given once: %v", err)
				}
				word, _, _ := strings.Cut(setting, " ")
				_, err := adapt("Caddyfile", b.with(setting, setting))
				if want := fmt.Sprintf("%s is given twice, at Caddyfile:%d", word, b.line); err == nil || !strings.HasSuffix(err.Error(), want) {
					t.Errorf("got %v\nwant %s", err, want)
				}
			})
		}
	}
}

func TestWhatAddsUpMayStandAgain(t *testing.T) {
	for name, caddyfile := range map[string]string{
		"the directive": inDirective("key {env.K1}", "key {env.K2}", "cors https://a.example.com", "cors https://b.example.com",
			"seal_key {env.S1}", "seal_key {env.S2}", "provider ollama", "route m deepseek", "route n ollama"),
		"a provider": inProvider("base_url https://a.example.com", "base_url https://b.example.com", "key {env.K1}", "key {env.K2}", "model a b", "model c d",
			"price a 1 2", "price b 1 2", "set images none", "set tool_choice auto"),
		"a route": inRoute("key {env.K1}", "key {env.K2}", "to deepseek/a", "to deepseek/b"),
	} {
		if _, err := adapt("Caddyfile", caddyfile); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
