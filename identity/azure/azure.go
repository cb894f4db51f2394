// Package azure asks in the name of a Microsoft Entra identity, as Azure OpenAI and Foundry want it.
//
// Without a secret it takes what azidentity's default chain finds: a service principal in the environment, a workload identity, the
// machine's managed identity, the login of a developer's tools. A secret is the JSON that `az ad sp create-for-rbac` prints of a
// service principal.
package azure

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/internal/fresh"
)

// Kind is what configurations call it.
const Kind = "entra"

func init() { identity.Register(Kind, New) }

// retryDelay is the pause before the one repetition of a request for a token. The library alone would go on for half a minute, while
// another target of the request may be waiting.
const retryDelay = 500 * time.Millisecond

// machine is an Entra identity.
type machine struct {
	options   azcore.ClientOptions
	principal *principal // nil: what the environment offers
	scope     string     // empty: by host

	mu     sync.Mutex
	found  azcore.TokenCredential          // what gave the last token
	tokens map[string]*fresh.Cache[string] // by scope
}

// New makes the identity.
func New(c identity.Config) (identity.Identity, error) {
	m := &machine{scope: c.Scope, tokens: make(map[string]*fresh.Cache[string])}
	m.options.Retry = policy.RetryOptions{MaxRetries: 1, RetryDelay: retryDelay}
	if c.Client != nil {
		m.options.Transport = c.Client
	}
	if c.Secret != "" {
		var err error
		if m.principal, err = parsePrincipal(c.Secret); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Authorize implements identity.Identity.
func (m *machine) Authorize(ctx context.Context, req *http.Request, _ []byte) error {
	scope := m.scope
	if scope == "" {
		scope = scopeOf(req.URL.Hostname())
	}
	token, err := m.of(scope).Get(ctx)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// of is the cache for a scope. There are few: those that are configured or that scopeOf knows.
func (m *machine) of(scope string) *fresh.Cache[string] {
	m.mu.Lock()
	defer m.mu.Unlock()
	cache, ok := m.tokens[scope]
	if !ok {
		scopes := strings.Fields(scope)
		cache = fresh.New(func(ctx context.Context) (fresh.Lease[string], error) { return m.fetch(ctx, scopes) }, nil)
		m.tokens[scope] = cache
	}
	return cache
}

// scopeOf is the scope that a host's tokens must have.
func scopeOf(host string) string {
	switch host = "." + strings.ToLower(host); {
	case strings.HasSuffix(host, ".services.ai.azure.com"):
		return "https://ai.azure.com/.default"
	case strings.HasSuffix(host, ".azure.us"):
		return "https://cognitiveservices.azure.us/.default"
	case strings.HasSuffix(host, ".azure.cn"):
		return "https://cognitiveservices.azure.cn/.default"
	default:
		return "https://cognitiveservices.azure.com/.default"
	}
}

// fetch gets a token. Once a credential has given one it is kept until it fails: another of the chain may be somebody else. After a
// failure the environment is read anew.
func (m *machine) fetch(ctx context.Context, scopes []string) (fresh.Lease[string], error) {
	m.mu.Lock()
	credential := m.found
	m.mu.Unlock()
	var err error
	if credential == nil {
		if credential, err = m.credential(); err != nil {
			return fresh.Lease[string]{}, missing(err.Error())
		}
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: scopes})
	if err != nil {
		credential = nil
	}
	m.mu.Lock()
	m.found = credential
	m.mu.Unlock()
	if err != nil {
		return fresh.Lease[string]{}, refused(err)
	}
	return fresh.Lease[string]{Value: token.Token, Expires: token.ExpiresOn, Renew: token.RefreshOn}, nil
}

// credential is the configured one, else what the environment offers.
func (m *machine) credential() (azcore.TokenCredential, error) {
	if p := m.principal; p != nil {
		return azidentity.NewClientSecretCredential(p.tenant, p.client, p.secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: m.options})
	}
	return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: m.options})
}

// Interface guard
var _ identity.Identity = (*machine)(nil)
