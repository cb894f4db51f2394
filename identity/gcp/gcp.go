// Package gcp asks in the name of a Google identity, as Vertex AI wants it.
//
// Without a secret it takes what Application Default Credentials find: the file that GOOGLE_APPLICATION_CREDENTIALS names, gcloud's own
// file, or the metadata server of the machine. A secret is the JSON of such a file.
package gcp

import (
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/internal/fresh"
)

// Kind is what configurations call it.
const Kind = "gcp"

func init() { identity.Register(Kind, New) }

// defaultScope is that of all of Google Cloud; finer ones do not exist for Vertex AI.
const defaultScope = "https://www.googleapis.com/auth/cloud-platform"

// requestTimeout bounds one request for a token: the library's own requests know no context.
const requestTimeout = 15 * time.Second

// machine is a Google identity.
type machine struct {
	client *http.Client
	secret []byte
	kind   google.CredentialsType // of the secret
	scopes []string
	tokens *fresh.Cache[token]
}

// token is what goes into a request.
type token struct {
	authorization string
	project       string // that pays, empty for the one that the credentials belong to
}

// New makes the identity.
func New(c identity.Config) (identity.Identity, error) { return newMachine(c, nil) }

func newMachine(c identity.Config, now func() time.Time) (*machine, error) {
	m := &machine{client: &http.Client{Timeout: requestTimeout}, secret: []byte(c.Secret), scopes: strings.Fields(c.Scope)}
	if c.Client != nil {
		client := *c.Client
		if client.Timeout == 0 {
			client.Timeout = requestTimeout
		}
		m.client = &client
	}
	if len(m.scopes) == 0 {
		m.scopes = []string{defaultScope}
	}
	if c.Secret != "" {
		var err error
		if m.kind, err = kindOf(m.secret); err != nil {
			return nil, err
		}
	}
	m.tokens = fresh.New(m.fetch, now)
	return m, nil
}

// Authorize implements identity.Identity.
func (m *machine) Authorize(ctx context.Context, req *http.Request, _ []byte) error {
	t, err := m.tokens.Get(ctx)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", t.authorization)
	if t.project != "" && req.Header.Get(projectHeader) == "" {
		req.Header.Set(projectHeader, t.project)
	}
	return nil
}

// projectHeader names the project that pays. Vertex AI wants it of a person's credentials, which belong to none.
const projectHeader = "X-Goog-User-Project"

// fetch gets a token. It starts from the files each time, so that credentials can be replaced, and because the library's sources hand
// out their last token until it has all but expired.
func (m *machine) fetch(ctx context.Context) (fresh.Lease[token], error) {
	client, last := *m.client, &trip{inner: m.client.Transport}
	client.Transport = last
	creds, err := m.credentials(context.WithValue(ctx, oauth2.HTTPClient, &client))
	if err != nil {
		return fresh.Lease[token]{}, missing(err)
	}
	t, err := creds.TokenSource.Token()
	if err != nil {
		return fresh.Lease[token]{}, refused(err, last)
	}
	project := os.Getenv("GOOGLE_CLOUD_QUOTA_PROJECT")
	if project == "" {
		project = gjson.GetBytes(creds.JSON, "quota_project_id").String()
	}
	return fresh.Lease[token]{Value: token{t.Type() + " " + t.AccessToken, project}, Expires: t.Expiry}, nil
}

// credentials are the configured ones, else those that the environment offers.
func (m *machine) credentials(ctx context.Context) (*google.Credentials, error) {
	if len(m.secret) == 0 {
		return google.FindDefaultCredentials(ctx, m.scopes...)
	}
	return google.CredentialsFromJSONWithType(ctx, m.secret, m.kind, m.scopes...)
}

// Interface guard
var _ identity.Identity = (*machine)(nil)
