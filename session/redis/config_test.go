package redis_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session/redis"
)

func TestCaddyfile(t *testing.T) {
	for name, test := range map[string]struct{ caddyfile, want string }{
		"nothing":                  {"redis", `{}`},
		"an address":               {"redis localhost:6379", `{"addresses":["localhost:6379"]}`},
		"a URL in the environment": {"redis {env.REDIS_URL}", `{"addresses":["{env.REDIS_URL}"]}`},
		"everything of a server": {`redis redis.internal {
			username gateway
			password {env.REDIS_PASSWORD}
			db 2
			tls {
				ca one.pem two.pem
				server_name redis.example.com
				cert gateway.pem
				key gateway.key
			}
			key_prefix team:
			timeout 500ms
		}`, `{"addresses":["redis.internal"],"username":"gateway","password":"{env.REDIS_PASSWORD}","db":2,
			"tls":{"ca":["one.pem","two.pem"],"server_name":"redis.example.com","certificate":"gateway.pem","key":"gateway.key"},
			"key_prefix":"team:","timeout":500000000}`},
		"a cluster": {`redis a:1 {
			address b:2 c:3
			cluster
			tls
		}`, `{"addresses":["a:1","b:2","c:3"],"tls":{},"cluster":true}`},
		"sentinels": {`redis {
			address a b
			sentinel main {
				username watcher
				password {file./secret}
			}
		}`, `{"addresses":["a","b"],"sentinel":{"master":"main","username":"watcher","password":"{file./secret}"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var b redis.Backend
			if err := b.UnmarshalCaddyfile(caddyfile.NewTestDispenser(test.caddyfile)); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(b)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Join(strings.Fields(test.want), ""); string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestCaddyfileMistakes(t *testing.T) {
	for caddyfileText, want := range map[string]string{
		"redis { host localhost \n}":                           "host is no setting of the store redis; there are address,",
		"redis { address \n}":                                  "the form is: address <address>...",
		"redis { username a b \n}":                             "the form is: username <name>",
		"redis { password hunter2 \n}":                         "password is written out",
		"redis { password {env.A}{env.B} \n}":                  "password is written out",
		"redis { sentinel main { \n password hunter2 \n } \n}": "the password for sentinel is written out",
		"redis { sentinel main { \n master other \n } \n}":     "master is no setting of sentinel",
		"redis { sentinel \n}":                                 "the form is: sentinel <master>",
		"redis { sentinel main \n cluster \n}":                 "exclude each other",
		"redis { cluster yes \n}":                              "the form is: cluster",
		"redis { db two \n}":                                   "db two is not a number",
		"redis { db -1 \n}":                                    "db is negative",
		"redis { timeout soon \n}":                             "timeout soon is not a duration",
		"redis { timeout 0 \n}":                                "timeout 0 is not a duration",
		"redis { tls on \n}":                                   "the form is: tls { ... }",
		"redis { tls { \n insecure \n } \n}":                   "insecure is no setting of tls",
		"redis { tls { \n cert gateway.pem \n } \n}":           "it needs both or none",
		"redis a b":                                                      "several addresses are those of a cluster or of Sentinels",
		"redis redis://:hunter2@localhost":                               "holds a password",
		"redis rediss://user:hunter2@localhost:1/0":                      "holds a password",
		"redis unix://:hunter2@/run/redis.sock":                          "holds a password",
		"redis redis://user:{env.HUNTER2}@localhost":                     "holds a password",
		"redis { \n address a redis://:hunter2@localhost \n cluster \n}": "holds a password",
	} {
		t.Run(caddyfileText, func(t *testing.T) {
			var b redis.Backend
			err := b.UnmarshalCaddyfile(caddyfile.NewTestDispenser(strings.ReplaceAll(caddyfileText, "{ ", "{\n")))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("got %v, want %q", err, want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the secret: %v", err)
			}
			if provision := b.Provision(caddy.Context{}); strings.Contains(want, "password") && provision == nil {
				t.Error("JSON is not checked as the Caddyfile is")
			}
		})
	}
}

func TestProvisionMistakes(t *testing.T) {
	t.Setenv("URL", "redis://:hunter2@localhost:port")
	t.Setenv("QUERY", "redis://:hunter2@localhost?read_timeout=1s")
	t.Setenv("SCHEME", "http://:hunter2@localhost")
	t.Setenv("PREFIX", "a{b}")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, b := range map[string]redis.Backend{
		"password: ":                       {Password: "{env.NOT_SET_ANYWHERE}"},
		"there are {env.NAME}":             {Addresses: []string{"{http.request.host}"}},
		"what is special in a URL":         {Addresses: []string{"{env.URL}"}},
		"without parameters":               {Addresses: []string{"{env.QUERY}"}},
		"an address is host, host:port,":   {Addresses: []string{"{env.SCHEME}"}},
		"where db is a number":             {Addresses: []string{"redis://localhost/zero"}},
		"key_prefix has braces":            {KeyPrefix: "{env.PREFIX}"},
		"a cluster has no database but 0":  {Cluster: true, DB: 1},
		"some addresses begin with rediss": {Cluster: true, Addresses: []string{"redis://a", "rediss://b"}},
		"no such file":                     {TLS: &redis.TLS{CA: []string{"/does/not/exist.pem"}}},
		"text holds no certificate in PEM": {TLS: &redis.TLS{CA: []string{text}}},
		"reading the certificate " + text:  {TLS: &redis.TLS{Certificate: text, Key: text}},
		"sentinel has no name of a master": {Sentinel: &redis.Sentinel{}},
		"timeout is negative":              {Timeout: -1},
	} {
		t.Run(want, func(t *testing.T) {
			err := b.Provision(caddy.Context{})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"localhost":               "localhost:6379",
		"localhost:1":             "localhost:1",
		":1":                      "localhost:1",
		"::1":                     "[::1]:6379",
		"[::1]":                   "[::1]:6379",
		"[::1]:1":                 "[::1]:1",
		"redis://localhost":       "localhost:6379",
		"redis://":                "localhost:6379",
		"rediss://a.example:1/2":  "a.example:1",
		"redis://user@[::1]":      "[::1]:6379",
		"unix//run/redis.sock":    "/run/redis.sock",
		"unix:///run/redis.sock":  "/run/redis.sock",
		"unix:///run/redis?db=3":  "/run/redis",
		"":                        "error",
		"a/b":                     "error",
		"user@host":               "error",
		"unix/relative":           "error",
		"unix://host/path":        "error",
		"redis://host?protocol=3": "error",
		"https://host":            "error",
	} {
		got, err := redis.Place(text, "6379")
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: got %s and %v, want %s", text, got, err, want)
		}
	}
}
