package gcp

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/compute/metadata"
	"github.com/tidwall/gjson"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/caddy-codex/responses/identity"
)

// kinds are the credentials that a secret may hold: a key, a person's login, and what stands for another cloud's identity.
var kinds = []google.CredentialsType{
	google.ServiceAccount, google.AuthorizedUser, google.ExternalAccount, google.ExternalAccountAuthorizedUser,
	google.ImpersonatedServiceAccount,
}

// kindOf says which credentials a secret holds.
func kindOf(secret []byte) (google.CredentialsType, error) {
	if !gjson.ValidBytes(secret) || !gjson.ParseBytes(secret).IsObject() {
		return "", errors.New("the secret must be the JSON of credentials, such as {file./path/to.json}")
	}
	kind := google.CredentialsType(gjson.GetBytes(secret, "type").String())
	if !slices.Contains(kinds, kind) {
		names := make([]string, len(kinds))
		for i := range kinds {
			names[i] = string(kinds[i])
		}
		return "", fmt.Errorf("the secret's type is %q; it must be one of %s", kind, strings.Join(names, ", "))
	}
	return kind, nil
}

// missing is the failure to find credentials, or to read those that were found.
func missing(err error) error {
	m := &identity.Missing{
		What: "Google credentials",
		Remedy: "set GOOGLE_APPLICATION_CREDENTIALS to the path of their JSON, or key {file./path/to.json}, " +
			"or run where a metadata server is",
	}
	// The library knows no type for finding nothing, and says then where to read on.
	if !strings.Contains(err.Error(), "could not find default credentials") {
		m.What, m.Reason = "usable Google credentials", err.Error()
	}
	return m
}

// trip remembers how the last request for a token went: the library's errors often tell it in words alone.
type trip struct {
	inner  http.RoundTripper // nil: the default
	status int
	err    error
}

// RoundTrip implements http.RoundTripper.
func (t *trip) RoundTrip(req *http.Request) (*http.Response, error) {
	inner := t.inner
	if inner == nil {
		inner = http.DefaultTransport
	}
	res, err := inner.RoundTrip(req)
	t.status, t.err = 0, err
	if err == nil {
		t.status = res.StatusCode
	}
	return res, err
}

// refused is the failure to get a token for credentials.
func refused(err error, last *trip) error {
	r := &identity.Refused{By: "Google", Reason: err.Error(), Passing: last.err != nil || identity.Unreachable(err)}
	var answer *oauth2.RetrieveError
	var machine *metadata.Error
	var undefined metadata.NotDefinedError
	switch {
	case last.status >= 400:
		body := []byte(r.Reason)
		if errors.As(err, &answer) {
			body = answer.Body
		} else if at := bytes.IndexByte(body, '{'); at >= 0 { // "status code 400: " and the body, which may hold anything
			body = body[at:]
		}
		r.Passing = identity.Passing(last.status)
		r.Reason = strings.TrimSpace(strconv.Itoa(last.status) + " " + http.StatusText(last.status) + " " + reason(body))
	case errors.As(err, &undefined):
		return &identity.Missing{What: "service account", Remedy: "attach one to the machine"}
	case errors.As(err, &machine):
		r.Passing = identity.Passing(machine.Code)
	}
	return r
}

// reason is what an answer says of an error, be it in the form of OAuth or of Google's APIs. The rest of the answer may be anything.
func reason(body []byte) string {
	if !gjson.ValidBytes(body) {
		return ""
	}
	parts := gjson.GetManyBytes(body, "error", "error_description", "error.status", "error.message")
	first, second := parts[0], parts[1]
	if first.IsObject() {
		first, second = parts[2], parts[3]
	}
	if second.String() == "" {
		return first.String()
	}
	return first.String() + ": " + second.String()
}
