package postgres_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/postgres"
)

// wantNoSecret fails where an error or what is inside it holds a secret, in whatever form it is printed.
func wantNoSecret(t *testing.T, err error, secret string) {
	t.Helper()
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, secret) {
		t.Errorf("the error holds the secret: %s", text)
	}
}

func TestTheModuleIsRegistered(t *testing.T) {
	info, err := caddy.GetModule("codex_responses.stores.postgres")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := info.New().(session.Backend); !ok {
		t.Error("it is no session.Backend")
	}
}

func TestCaddyfile(t *testing.T) {
	for name, test := range map[string]struct{ caddyfile, want string }{
		"nothing is said": {"postgres", `{}`},
		"a dsn":           {"postgres {env.DATABASE_URL}", `{"dsn":"{env.DATABASE_URL}"}`},
		"everything": {
			"postgres {\n dsn postgres://app@db:5432/codex?sslmode=verify-full\n password {env.PGPASSWORD}\n table codex.sessions\n max_connections 20\n timeout 500ms\n}",
			`{"dsn":"postgres://app@db:5432/codex?sslmode=verify-full","password":"{env.PGPASSWORD}","table":"codex.sessions","max_connections":20,"timeout":500000000}`,
		},
		"words instead of a URL": {`postgres "host=db user=app"`, `{"dsn":"host=db user=app"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var b postgres.Backend
			if err := b.UnmarshalCaddyfile(caddyfile.NewTestDispenser(test.caddyfile)); err != nil {
				t.Fatal(err)
			}
			if got, _ := json.Marshal(b); string(got) != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestCaddyfileErrors(t *testing.T) {
	for name, test := range map[string]struct{ caddyfile, want string }{
		"two DSNs":                  {"postgres a b", "wrong number of arguments; the form is: postgres [<dsn>] { ... }"},
		"a line without a value":    {"postgres {\n table\n}", "the form is: table <value>"},
		"an unknown line":           {"postgres {\n host db\n}", "unrecognized subdirective host; postgres takes dsn, password, table, max_connections and timeout"},
		"no number":                 {"postgres {\n max_connections many\n}", "max_connections: many is not a number above zero"},
		"no connections":            {"postgres {\n max_connections 0\n}", "max_connections: 0 is not a number above zero"},
		"no duration":               {"postgres {\n timeout 2\n}", "timeout: 2 is not a duration above zero, such as 2s"},
		"a strange table":           {"postgres {\n table a;b\n}", `table "a;b" is not a name`},
		"a long table":              {"postgres {\n table " + strings.Repeat("x", 49) + "\n}", "is not a name"},
		"a password written out":    {"postgres {\n password secret\n}", "the password is written out"},
		"a password in the dsn":     {"postgres postgres://app:secret@db/codex", "the dsn holds a password"},
		"one that cannot be parsed": {"postgres postgres://app:se/cret@db/codex", "the dsn is not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			var b postgres.Backend
			err := b.UnmarshalCaddyfile(caddyfile.NewTestDispenser(test.caddyfile))
			if err == nil {
				err = b.Provision(caddy.Context{})
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			wantNoSecret(t, err, "secret")
		})
	}
}

func TestPasswordsInTheDSNAreFoundWhereverTheyAre(t *testing.T) {
	t.Setenv("SECRET", "secret")
	for dsn, refused := range map[string]bool{
		"":                                   false,
		"{env.SECRET}":                       false,
		"postgres://app@db/codex":            false,
		"postgres://app@{env.SECRET}/codex":  false,
		"postgres://app@db:5432,db2:5432/x":  false,
		"postgres:///codex?host=/run/pg":     false,
		"postgres://db/a@b:c":                false,
		"host=db user=app":                   false,
		"postgres://app:secret@db/codex":     true,
		"postgresql://app:secret@db/codex":   true,
		"postgres://app:{env.SECRET}@db/x":   true, // may hold characters that have to be escaped in a URL
		"postgres://db/x?user=a&password=se": true,
		"postgres://db/x?p%61ssword=secret":  true,
		"postgres://db/x?sslpassword=secret": true,
		"host=db password=secret":            true,
		"host=db password = 'secret'":        true,
		"{env.SECRET} password=secret":       true,
	} {
		b := postgres.Backend{DSN: dsn}
		err := b.Provision(caddy.Context{})
		if got := err != nil && strings.Contains(err.Error(), "the dsn holds a password"); got != refused {
			t.Errorf("%q: got %v", dsn, err)
		}
		wantNoSecret(t, err, "secret")
	}
}

func TestSettingsThatCannotBeRightAreRefused(t *testing.T) {
	t.Setenv("EMPTY", "")
	t.Setenv("BAD_URL", "postgres://app:hun/ter2@db/codex")
	t.Setenv("BAD_PORT", "postgres://app:hunter2@db:hunter2/codex")
	t.Setenv("BAD_WORDS", "host=db password='hunter2")
	t.Setenv("BAD_MODE", "postgres://app:hunter2@db/codex?sslmode=hunter2")
	for name, test := range map[string]struct {
		backend postgres.Backend
		want    string
	}{
		"an empty dsn":             {postgres.Backend{DSN: "{env.EMPTY}"}, "store postgres: dsn {env.EMPTY} is empty"},
		"an unknown placeholder":   {postgres.Backend{DSN: "{nothing}"}, "there are {env.NAME} and {file./path}"},
		"an unknown secret":        {postgres.Backend{Password: "{nothing}"}, "there are {env.NAME} and {file./path}"},
		"a negative number":        {postgres.Backend{MaxConnections: -1}, "max_connections -1 is negative"},
		"a negative timeout":       {postgres.Backend{Timeout: caddy.Duration(-time.Second)}, "timeout -1s is negative"},
		"a slash in the password":  {postgres.Backend{DSN: "{env.BAD_URL}"}, "the dsn is not a URL of the form postgres://user@host:port/database"},
		"a port that is no number": {postgres.Backend{DSN: "{env.BAD_PORT}"}, "the dsn is not a URL"},
		"words that do not end":    {postgres.Backend{DSN: "{env.BAD_WORDS}"}, "failed to parse as keyword/value"},
		"an unknown mode of TLS":   {postgres.Backend{DSN: "{env.BAD_MODE}"}, "sslmode is invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.backend.Provision(caddy.Context{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			for _, secret := range []string{"hunter", "ter2"} {
				wantNoSecret(t, err, secret)
			}
		})
	}
}
