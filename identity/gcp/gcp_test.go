package gcp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/gcp"
)

func authorize(ctx context.Context, id identity.Identity) (http.Header, error) {
	req := httptest.NewRequest(http.MethodPost, "https://aiplatform.googleapis.com/v1/x", http.NoBody)
	err := id.Authorize(ctx, req, nil)
	return req.Header, err
}

// authorized wants a request that carries a token.
func authorized(t *testing.T, id identity.Identity, want string) http.Header {
	t.Helper()
	h, err := authorize(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.Get("Authorization"); got != want {
		t.Errorf("got Authorization %q, want %q", got, want)
	}
	return h
}

func newIdentity(t *testing.T, c identity.Config) identity.Identity {
	t.Helper()
	id, err := identity.New(gcp.Kind, c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAServiceAccountSignsForItsToken(t *testing.T) {
	isolate(t)
	for name, test := range map[string]struct{ configured, want string }{
		"of all of Google Cloud": {"", "https://www.googleapis.com/auth/cloud-platform"},
		"of the scopes asked":    {"a  b", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGrants(t)
			id := newIdentity(t, identity.Config{Secret: serviceAccount(t, g.URL), Scope: test.configured})
			if g.calls.Load() != 0 {
				t.Error("a token was asked for before a request")
			}
			before := time.Now()
			h := authorized(t, id, "Bearer token-1")
			if got := h.Get("X-Goog-User-Project"); got != "" {
				t.Errorf("the project %q is to pay", got)
			}
			if got := g.form.Get("grant_type"); got != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
				t.Errorf("asked by grant %q", got)
			}
			said := claims(t, g.form.Get("assertion"))
			for name, want := range map[string]any{
				"alg": "RS256", "kid": "k1", "iss": "codex@p.iam.gserviceaccount.com", "aud": g.URL, "scope": test.want,
			} {
				if said[name] != want {
					t.Errorf("%s is %v, want %v", name, said[name], want)
				}
			}
			if lives := time.Unix(int64(said["exp"].(float64)), 0).Sub(before); lives <= 0 || lives > time.Hour+time.Minute {
				t.Errorf("the assertion lives %v", lives)
			}
			authorized(t, id, "Bearer token-1")
			if calls := g.calls.Load(); calls != 1 {
				t.Errorf("%d requests for a token, want 1", calls)
			}
		})
	}
}

func TestAHundredRequestsAskForOneToken(t *testing.T) {
	isolate(t)
	g := newGrants(t)
	id := newIdentity(t, identity.Config{Secret: serviceAccount(t, g.URL)})
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if h, err := authorize(t.Context(), id); err != nil || h.Get("Authorization") != "Bearer token-1" {
				t.Errorf("got %v, %v", h, err)
			}
		})
	}
	all.Wait()
	if calls := g.calls.Load(); calls != 1 {
		t.Errorf("%d requests for a token, want 1", calls)
	}
}

func TestTheNextTokenIsAskedForWhileTheLastIsGood(t *testing.T) {
	isolate(t)
	g := newGrants(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	g.enter = func(call int32) {
		if call == 2 {
			close(asked)
			<-answer
		}
	}
	start := time.Now()
	clock := &clock{now: start}
	id, err := gcp.NewMachine(identity.Config{Secret: serviceAccount(t, g.URL)}, clock.read)
	if err != nil {
		t.Fatal(err)
	}
	authorized(t, id, "Bearer token-1")
	clock.set(start.Add(54 * time.Minute))
	authorized(t, id, "Bearer token-1")
	if calls := g.calls.Load(); calls != 1 {
		t.Errorf("%d requests for a token after 54 minutes, want 1", calls)
	}
	clock.set(start.Add(56 * time.Minute))
	authorized(t, id, "Bearer token-1")
	<-asked
	authorized(t, id, "Bearer token-1") // while the next one is on its way
	clock.set(start.Add(time.Hour + time.Minute))
	close(answer)
	authorized(t, id, "Bearer token-2")
	if calls := g.calls.Load(); calls != 2 {
		t.Errorf("%d requests for a token, want 2", calls)
	}
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func TestCredentialsOfTheEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		credentials func(t *testing.T, g *grants) string
		form        map[string]string
		project     string
	}{
		"a service account": {
			func(t *testing.T, g *grants) string { t.Helper(); return serviceAccount(t, g.URL) },
			map[string]string{"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"},
			"",
		},
		"the login of a person, whose requests a project pays": {
			login,
			map[string]string{"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c"},
			"payer",
		},
		"the identity of another cloud, from a file": {
			otherCloud,
			map[string]string{
				"grant_type":    "urn:ietf:params:oauth:grant-type:token-exchange",
				"subject_token": "subject", "audience": "//iam.googleapis.com/pool",
			},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			g := newGrants(t)
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file(t, test.credentials(t, g)))
			h := authorized(t, newIdentity(t, identity.Config{}), "Bearer token-1")
			for name, want := range test.form {
				if got := g.form.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if got := h.Get("X-Goog-User-Project"); got != test.project {
				t.Errorf("the project %q pays, want %q", got, test.project)
			}
		})
	}
}

func TestThePayingProjectOfTheEnvironmentComesFirst(t *testing.T) {
	isolate(t)
	g := newGrants(t)
	t.Setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "chosen")
	h := authorized(t, newIdentity(t, identity.Config{Secret: serviceAccount(t, g.URL)}), "Bearer token-1")
	if got := h.Get("X-Goog-User-Project"); got != "chosen" {
		t.Errorf("the project %q pays", got)
	}
}

func TestTheMetadataServerGivesTokens(t *testing.T) {
	isolate(t)
	g := newGrants(t)
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(g.URL, "http://"))
	header, err := authorize(t.Context(), newIdentity(t, identity.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("Bearer token-%d", g.calls.Load()) // the first time in a process it is asked for the project before
	if got := header.Get("Authorization"); got != want {
		t.Errorf("got Authorization %q, want %q", got, want)
	}
	if want := "/computeMetadata/v1/instance/service-accounts/default/token"; g.path != want {
		t.Errorf("asked at %q, want %q", g.path, want)
	}
	if got := g.form.Get("scopes"); got != "https://www.googleapis.com/auth/cloud-platform" {
		t.Errorf("asked for the scopes %q", got)
	}
}

func TestTheConfiguredClientAsks(t *testing.T) {
	isolate(t)
	var hosts []string
	client := &http.Client{Transport: tripper(func(req *http.Request) (*http.Response, error) {
		hosts = append(hosts, req.URL.Host)
		return &http.Response{StatusCode: http.StatusOK, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(`{"access_token":"t","expires_in":60}`))}, nil
	})}
	id := newIdentity(t, identity.Config{Secret: serviceAccount(t, "https://oauth2.googleapis.com/token"), Client: client})
	authorized(t, id, "Bearer t")
	if !slices.Equal(hosts, []string{"oauth2.googleapis.com"}) || client.Timeout != 0 {
		t.Errorf("asked %q, and the client's own timeout is %v", hosts, client.Timeout)
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
