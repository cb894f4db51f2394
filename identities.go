package codexresponses

import (
	"strings"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/identity"
)

// identityKey tells the identities of one provider apart: models may differ in what they are asked with, routes in their credentials.
type identityKey struct{ kind, scope, secret string }

// isCredentials tells credentials that are a document, such as the JSON of a Google service account, from a key.
func isCredentials(key string) bool { return strings.HasPrefix(key, "{") }

// identity is what signs the requests of an attempt, nil where a key does or nothing is wanted.
func (u *upstream) identity(a *attempt) (identity.Identity, *fault.Fault) {
	key := identityKey{kind: a.dialect.Identity, scope: a.dialect.IdentityScope}
	switch {
	case key.kind == "none", a.keyed, u.ownHeaders["Authorization"]:
		return nil, nil
	case a.secret() != "":
		key.secret = a.secret()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if id, ok := u.identities[key]; ok {
		return id, nil
	}
	id, err := identity.New(key.kind, identity.Config{Scope: key.scope, Secret: key.secret})
	if err != nil {
		return nil, fault.New(fault.Unauthorized, "cannot be asked: %v", err)
	}
	u.identities[key] = id
	return id, nil
}
