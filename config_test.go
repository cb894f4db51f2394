package codexresponses_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
)

// validate loads a configuration as `caddy validate` does, with a storage of its own.
func validate(t *testing.T, config []byte) error {
	t.Helper()
	return validateIn(t, t.TempDir(), config)
}

// validateIn has a directory for what Caddy keeps.
func validateIn(t *testing.T, dir string, config []byte) error {
	t.Helper()
	var c caddy.Config
	if err := json.Unmarshal(config, &c); err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	c.Admin = &caddy.AdminConfig{Disabled: true}
	t.Setenv("XDG_DATA_HOME", dir) // where sessions are stored by default
	c.StorageRaw = caddyconfig.JSONModuleObject(map[string]string{"root": dir}, "module", "file_system", nil)
	return caddy.Validate(&c)
}

// server is a configuration with one handler, which has these members.
func server(members string) []byte {
	return fmt.Appendf(nil, `{"apps": {"http": {"servers": {"test": {"listen": ["127.0.0.1:0"], "automatic_https": {"disable": true},
		"routes": [{"handle": [{"handler": "codex_responses", %s}]}]}}}}}`, members)
}

func TestValidateTakesJSON(t *testing.T) {
	t.Setenv("TEST_KEY", "a secret of 16 bytes or more")
	t.Setenv("TEST_URL", "https://two.example.com/v1?version=2")
	t.Setenv("TEST_UNSET", "")
	tests := map[string]string{
		"a provider by its preset":                    `"providers": [{"name": "deepseek"}]`,
		"two providers of one preset":                 `"providers": [{"name": "a", "preset": "glm"}, {"name": "b", "preset": "glm"}]`,
		"a provider that is nobody's preset":          `"providers": [{"name": "a", "base_urls": ["http://localhost:1"]}]`,
		"base URLs that differ in host and port":      `"providers": [{"name": "a", "base_urls": ["https://one.example.com:8443/v1?version=2", "{env.TEST_URL}"]}]`,
		"a key that is not set, as a preset's may be": `"providers": [{"name": "a", "preset": "glm", "keys": ["{env.TEST_UNSET}"]}]`,
		"every member": `"base_path": "/api", "max_body": 1024, "heartbeat": "3s", "cors": ["*"], "seal_keys": ["{env.TEST_KEY}"],
			"keys": ["{env.TEST_KEY}"], "forward_client_key": true,
			"providers": [{"name": "a", "preset": "vllm", "wire": "chat", "base_urls": ["http://localhost:1/v1"], "keys": ["{env.TEST_KEY}"],
				"models": {"gpt-5.5": "qwen3"}, "prices": [{"model": "qwen*", "input": 0.5, "output": 2, "cached_input": 0}], "dialect": {"images": "none", "effort_map": {"low": "low"}, "tool_choice": []},
				"timeouts": {"first_event": "1m", "idle": "1m", "total": "1h"}, "max_concurrent": {"active": 8, "queued": -1}, "probe": "30s",
				"reverse_proxy": {"load_balancing": {"retries": 1}, "transport": {"protocol": "http"}}}],
			"fallback_model": "gpt-5.5", "max_concurrent": {"active": 100},
			"routes": [{"pattern": "gpt-*", "keys": ["{env.TEST_KEY}"], "policy": "weighted", "retry": {"within": "2m", "attempts": 3}, "sticky": "off",
				"targets": [{"provider": "a", "model": "qwen3", "weight": 2, "only": [{"only": "context", "tokens": 100000}]}, {"provider": "a"}]}]`,
	}
	for name, members := range tests {
		t.Run(name, func(t *testing.T) {
			if err := validate(t, server(members)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestValidateRefusesJSON(t *testing.T) {
	t.Setenv("TEST_SHORT", "short")
	t.Setenv("TEST_UNSET", "")
	const written = "a key is written out; use one placeholder such as {env.NAME} or {file./path}"
	tests := map[string]struct{ members, err string }{
		"no provider":                           {`"providers": []`, "no provider is configured; the presets are anthropic, azure,"},
		"a provider that is null":               {`"providers": [null]`, "a provider is null"},
		"a provider without a name":             {`"providers": [{"preset": "deepseek"}]`, "a provider has no name"},
		"a member that does not exist":          {`"providers": [{"name": "deepseek", "base_url": "http://localhost:1"}]`, `unknown field "base_url"`},
		"two providers with one name":           {`"providers": [{"name": "glm"}, {"name": "glm"}]`, "two providers are called glm"},
		"a knob of another wire":                {`"providers": [{"name": "deepseek", "dialect": {"cache_control": "ephemeral"}}]`, "knob cache_control is for the wire messages, converse; this provider speaks chat"},
		"a wire that a preset does not know":    {`"providers": [{"name": "anthropic", "wire": "chat"}]`, "the preset anthropic has no base URL for the wire chat, only for messages; give a base_url"},
		"a preset that does not exist":          {`"providers": [{"name": "a", "preset": "deep"}]`, `no preset is called "deep"; the presets are anthropic,`},
		"a provider without base URL or preset": {`"providers": [{"name": "a"}]`, "provider a has no base_url, and no preset has its name; the presets are"},
		"a wire that does not exist":            {`"providers": [{"name": "glm", "wire": "soap"}]`, `provider glm: no wire is called "soap"; the wires are: chat`},
		"a knob that does not exist":            {`"providers": [{"name": "glm", "dialect": {"x": 1}}]`, `provider glm: no knob is called "x"; the knobs are`},
		"a value that a knob does not have": {
			`"providers": [{"name": "glm", "dialect": {"images": "webp"}}]`, `provider glm: knob images is one of url, data, none, not "webp"`,
		},
		"a base URL without a scheme": {
			`"providers": [{"name": "a", "base_urls": ["localhost:1"]}]`, `provider a: base_url "localhost:1" is not of the form http://host/path`,
		},
		"base URLs of two services": {
			`"providers": [{"name": "a", "base_urls": ["https://one.example.com/v1", "https://two.example.com"]}]`, "differ in more than host and port",
		},
		"a base URL that is not set": {`"providers": [{"name": "a", "base_urls": ["{env.TEST_UNSET}"]}]`, "base_url {env.TEST_UNSET}: "},
		"a transport that does not exist": {
			`"providers": [{"name": "glm", "reverse_proxy": {"transport": {"protocol": "pigeon"}}}]`, "provider glm: loading transport: ",
		},
		"a price of no model":                    {`"providers": [{"name": "glm", "prices": [{"input": 1, "output": 2}]}]`, "provider glm: a price is of no model; give the provider's name of one"},
		"a price without one for replies":        {`"providers": [{"name": "glm", "prices": [{"model": "*", "input": 1}]}]`, "provider glm: price of *: it needs both input and output; 0 is free"},
		"a price below zero":                     {`"providers": [{"name": "glm", "prices": [{"model": "*", "input": 1, "output": -2}]}]`, "provider glm: price of *: -2 is not a number of US dollars per million tokens from 0 to 10000"},
		"a price that is given twice":            {`"providers": [{"name": "glm", "prices": [{"model": "*", "input": 1, "output": 2}, {"model": "*", "input": 1, "output": 2}]}]`, "provider glm: the price of * is given twice"},
		"a key that is written out":              {`"providers": [{"name": "glm"}], "keys": ["s3cret"]`, written},
		"a provider's key that is written out":   {`"providers": [{"name": "glm", "keys": ["s3cret"]}]`, "provider glm: " + written},
		"a route's key that is written out":      {`"providers": [{"name": "glm"}], "routes": [{"pattern": "*", "targets": [{"provider": "glm"}], "keys": ["s3cret"]}]`, "route *: " + written},
		"a seal key that is written out":         {`"providers": [{"name": "glm"}], "seal_keys": ["s3cret"]`, "seal_key: " + written},
		"a seal key that is not set":             {`"providers": [{"name": "glm"}], "seal_keys": ["{env.TEST_UNSET}"]`, "seal_key: {env.TEST_UNSET} resolves to nothing"},
		"a seal key that is too short":           {`"providers": [{"name": "glm"}], "seal_keys": ["{env.TEST_SHORT}"]`, "seal_key: "},
		"a placeholder that only a request has":  {`"providers": [{"name": "glm", "keys": ["{http.request.host}"]}]`, "provider glm: key {http.request.host}: "},
		"a key that is given twice":              {`"providers": [{"name": "glm", "keys": ["{env.TEST_KEY}", "{env.TEST_KEY}"]}]`, "provider glm: key {env.TEST_KEY} is given twice"},
		"a written key that is given twice":      {`"providers": [{"name": "glm", "keys": ["s3cret", "s3cret"]}]`, "provider glm: " + written},
		"a route that is null":                   {`"providers": [{"name": "glm"}], "routes": [null]`, "a route has no pattern"},
		"a route without a target":               {`"providers": [{"name": "glm"}], "routes": [{"pattern": "*"}]`, "route * has no target"},
		"a route to a provider that is not here": {`"providers": [{"name": "glm"}], "routes": [{"pattern": "*", "targets": [{"provider": "kimi"}]}]`, `the provider "kimi", which is not configured; the providers are: glm`},
		"two routes with one pattern": {
			`"providers": [{"name": "glm"}], "routes": [{"pattern": "a*", "targets": [{"provider": "glm"}]}, {"pattern": "a*", "targets": [{"provider": "glm"}]}]`,
			`two routes have the pattern "a*"`,
		},
		"a policy that does not exist":             {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm"}], "policy": "random"}]`, `route m: policy "random" is unknown; there are first, round_robin,`},
		"a weight that no policy goes by":          {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm", "weight": 2}]}]`, "route m: target glm: weight is for the policies weighted and least_busy; add policy weighted"},
		"a weight below zero":                      {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm", "weight": -1}], "policy": "weighted"}]`, "route m: target glm: weight -1 is not a number from 1 to 1000"},
		"a target that is given twice":             {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm"}, {"provider": "glm"}]}]`, "route m: target glm is given twice with the same conditions"},
		"two conditions of one kind":               {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm", "only": [{"only": "effort", "efforts": ["high"]}, {"only": "effort", "efforts": ["low"]}]}]}]`, "route m: target glm: only effort is given twice"},
		"a condition that does not exist":          {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm", "only": [{"only": "audio"}]}]}]`, `route m: target glm: only "audio" is unknown; there are image,`},
		"nothing but targets for more context":     {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm", "only": [{"only": "context"}]}]}]`, "route m: all targets are only for more context"},
		"a time to retry below zero":               {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm"}], "retry": {"within": "-1s"}}]`, "route m: retry: within is negative"},
		"more attempts than anybody wants":         {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm"}], "retry": {"attempts": 101}}]`, "route m: retry: attempts is a number from 1 to 100, not 101"},
		"stickiness that is neither on nor off":    {`"providers": [{"name": "glm"}], "routes": [{"pattern": "m", "targets": [{"provider": "glm"}], "sticky": "maybe"}]`, `route m: sticky is one of on, off, not "maybe"`},
		"a bound of nothing":                       {`"providers": [{"name": "glm"}], "max_concurrent": {}`, "max_concurrent: active is a number from 1 to 1000000, not 0"},
		"a provider's bound with too long a queue": {`"providers": [{"name": "glm", "max_concurrent": {"active": 1, "queued": 1000001}}]`, "provider glm: max_concurrent: queued is a number up to 1000000"},
		"a probe below zero":                       {`"providers": [{"name": "glm", "probe": "-1s"}]`, "provider glm: probe is negative"},
		"a timeout below zero":                     {`"providers": [{"name": "glm", "timeouts": {"total": "-1s"}}]`, "provider glm: timeouts: total is negative"},
		"a time to connect beside a transport":     {`"providers": [{"name": "glm", "timeouts": {"connect": "1s"}, "reverse_proxy": {"transport": {"protocol": "http"}}}]`, "provider glm: timeouts: connect is for the default transport"},
		"a fallback model that is a pattern":       {`"providers": [{"name": "glm"}], "fallback_model": "*"`, "fallback_model * is a pattern"},
		"a fallback model that nobody knows":       {`"providers": [{"name": "glm"}, {"name": "deepseek"}], "fallback_model": "nobody"`, `fallback_model: no model is called "nobody" here; there are`},
		"a fallback model where no model is known": {`"providers": [{"name": "a", "base_urls": ["http://localhost:1"]}, {"name": "b", "base_urls": ["http://localhost:2"]}], "fallback_model": "nobody"`, `fallback_model: no model is called "nobody" here; no route and no list of a provider names one; a/<model> is a model of that provider`},
		"a body limit below zero":                  {`"providers": [{"name": "glm"}], "max_body": -1`, "max_body is negative"},
		"a heartbeat below zero":                   {`"providers": [{"name": "glm"}], "heartbeat": "-1s"`, "heartbeat is negative"},
		"a store that is off with a time":          {`"providers": [{"name": "glm"}], "store": {"off": true, "ttl": "1h"}`, "store: what is off has no settings"},
		"a time in a store below zero":             {`"providers": [{"name": "glm"}], "store": {"ttl": "-1h"}`, "store: ttl is negative"},
		"a store's limit below zero":               {`"providers": [{"name": "glm"}], "store": {"max_per_client": -1}`, "store: max_per_client is negative"},
		"a store that does not exist":              {`"providers": [{"name": "glm"}], "store": {"backend": {"name": "sqlite"}}`, "loading the store: "},
		"an origin without a scheme":               {`"providers": [{"name": "glm"}], "cors": ["example.com"]`, `cors origin "example.com" is not of the form scheme://host`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := validate(t, server(test.members))
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Fatalf("got %v\nwant %s", err, test.err)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

// Who has not chosen a store is served without one.
func TestOnlyAStoreThatIsChosenMustOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "caddy", "codex_responses", "sessions.db"), 0o700); err != nil { // where the file would be
		t.Fatal(err)
	}
	if err := validateIn(t, dir, server(`"providers": [{"name": "glm"}]`)); err != nil {
		t.Errorf("the default: %v", err)
	}
	err := validateIn(t, dir, server(`"providers": [{"name": "glm"}], "store": {"backend": {"name": "bolt"}}`))
	if err == nil || !strings.Contains(err.Error(), "it is a directory or a device, not a file") {
		t.Errorf("one that is chosen: %v", err)
	}
}
