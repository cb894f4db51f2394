package codexresponses

import (
	"strings"

	"github.com/caddy-codex/responses/fault"
)

// minSecret is the length from which a key is blotted out, in bytes. Local servers get words for keys, such as "none".
const minSecret = 8

// redact blots the credentials of an attempt out of a fault. Providers quote the key that they refuse, and not every key looks like one.
func (a *attempt) redact(f *fault.Fault) {
	for _, name := range [...]string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Amz-Security-Token"} {
		secret := a.sent.Get(name)
		if _, token, ok := strings.Cut(secret, " "); ok { // behind a scheme
			secret = token
		}
		if len(secret) < minSecret {
			continue
		}
		for _, text := range [...]*string{&f.Message, &f.Code, &f.Param} {
			*text = strings.ReplaceAll(*text, secret, "[redacted]")
		}
	}
}
