package azure

import (
	"errors"
	"fmt"

	"github.com/tidwall/gjson"
)

// principal is a service principal: an application with a secret.
type principal struct{ tenant, client, secret string }

// parsePrincipal reads what az prints of a new service principal, in its plain form and in that for SDKs.
func parsePrincipal(secret string) (*principal, error) {
	if !gjson.Valid(secret) || !gjson.Parse(secret).IsObject() {
		return nil, errors.New(`the secret must be JSON with "tenant", "appId" and "password", as az ad sp create-for-rbac prints it`)
	}
	var p principal
	for _, member := range []struct {
		value *string
		names [2]string
	}{
		{&p.tenant, [2]string{"tenant", "tenantId"}},
		{&p.client, [2]string{"appId", "clientId"}},
		{&p.secret, [2]string{"password", "clientSecret"}},
	} {
		for _, name := range member.names {
			if *member.value == "" {
				*member.value = gjson.Get(secret, name).String()
			}
		}
		if *member.value == "" {
			return nil, fmt.Errorf("the secret has neither %q nor %q", member.names[0], member.names[1])
		}
	}
	return &p, nil
}
