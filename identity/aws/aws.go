// Package aws signs requests with Signature Version 4, as Amazon Bedrock wants it of callers without an API key.
//
// Without a secret it takes what the SDK's default chain finds: the environment, a profile of the shared files with its roles, SSO and
// processes, a web identity, or the role of the container or machine. A secret is <access key id>:<secret access key>, with a session
// token after a further colon where there is one, or the JSON that `aws sts assume-role` and credential processes print.
package aws

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/internal/fresh"
)

// Kind is what configurations call it.
const Kind = "sigv4"

func init() { identity.Register(Kind, New) }

// machine is an AWS identity.
type machine struct {
	service string     // empty: by host
	region  string     // empty: by host, else the environment's
	signer  *v4.Signer // remembers the keys it derives
	now     func() time.Time
	found   *fresh.Cache[credentials]
}

// New makes the identity.
func New(c identity.Config) (identity.Identity, error) { return newMachine(c, time.Now) }

func newMachine(c identity.Config, now func() time.Time) (*machine, error) {
	m := &machine{service: c.Scope, region: c.Region, signer: v4.NewSigner(), now: now}
	from := &source{client: c.Client, now: now}
	if strings.ContainsAny(m.service+m.region, " /:") {
		return nil, errors.New("the scope must be the name of an AWS service, such as bedrock, and the region one such as us-east-1")
	}
	if c.Secret != "" {
		var err error
		if from.static, err = parseSecret(c.Secret); err != nil {
			return nil, err
		}
	}
	m.found = fresh.New(from.fetch, now)
	return m, nil
}

// Authorize implements identity.Identity.
func (m *machine) Authorize(ctx context.Context, req *http.Request, body []byte) error {
	found, err := m.found.Get(ctx)
	if err != nil {
		return err
	}
	service, region := place(cmp.Or(req.Host, req.URL.Host), req.URL.Host)
	service, region = cmp.Or(m.service, service), cmp.Or(m.region, region, found.region)
	if region == "" {
		return &identity.Missing{What: "AWS region", Remedy: "set a region, or AWS_REGION, or one in the profile"}
	}
	hash := sha256.Sum256(body)
	signed := signable(req)
	if err := m.signer.SignHTTP(ctx, found.Credentials, signed, hex.EncodeToString(hash[:]), service, region, m.now()); err != nil {
		return err
	}
	for _, name := range [...]string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"} {
		if value := signed.Header.Get(name); value != "" {
			req.Header.Set(name, value)
		} else {
			req.Header.Del(name)
		}
	}
	req.Host, req.URL = signed.Host, signed.URL
	return nil
}

// signable is what of a request gets signed: neither Content-Length nor headers that proxies and traces write into on the way. AWS asks
// for Host, Content-Type and its own.
func signable(req *http.Request) *http.Request {
	header := make(http.Header)
	for name, values := range req.Header {
		switch {
		case name == "X-Amz-Date", name == "X-Amz-Security-Token": // of another signature
		case name == "Content-Type", strings.HasPrefix(name, "X-Amz-"):
			header[name] = values
		}
	}
	url := *req.URL
	return &http.Request{Method: cmp.Or(req.Method, http.MethodGet), URL: &url, Host: cmp.Or(req.Host, url.Host), Header: header}
}

// Interface guard
var _ identity.Identity = (*machine)(nil)
