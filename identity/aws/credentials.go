package aws

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	sdkcredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/smithy-go"
	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/internal/fresh"
)

// credentials are what requests are signed with, and the region that was found beside them.
type credentials struct {
	aws.Credentials
	region string
}

// source gets credentials. A cache calls it, once at a time.
type source struct {
	client *http.Client            // nil: the SDK's
	static aws.CredentialsProvider // nil: what the environment offers
	now    func() time.Time
	last   credentials
}

const (
	// reread is how often credentials are read that say of no end: other programs put new ones into the shared files.
	reread = 5 * time.Minute

	// extension is how much longer the role of a machine is used while its metadata service is out of order. AWS keeps such credentials
	// valid then, and its SDKs do the same.
	extension = 5 * time.Minute
)

// fetch gets credentials. It starts from the environment and the files each time.
func (s *source) fetch(ctx context.Context) (fresh.Lease[credentials], error) {
	found, err := s.find(ctx)
	switch {
	case err != nil && s.last.Source == ec2rolecreds.ProviderName:
		return fresh.Lease[credentials]{Value: s.last, Expires: s.now().Add(extension)}, nil
	case err != nil:
		return fresh.Lease[credentials]{}, failure(err)
	}
	s.last = found
	if !found.CanExpire {
		return fresh.Lease[credentials]{Value: found, Renew: s.now().Add(reread)}, nil
	}
	return fresh.Lease[credentials]{Value: found, Expires: found.Expires}, nil
}

// find asks the SDK's default chain.
func (s *source) find(ctx context.Context) (credentials, error) {
	options := []func(*config.LoadOptions) error{
		// The expiry itself is wanted here, not the time from which the SDK would renew.
		config.WithCredentialsCacheOptions(func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 0 }),
	}
	if s.client != nil {
		options = append(options, config.WithHTTPClient(s.client))
	}
	if s.static != nil {
		options = append(options, config.WithCredentialsProvider(s.static))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return credentials{}, err
	}
	found, err := c.Credentials.Retrieve(ctx)
	return credentials{found, c.Region}, err
}

// failure is the failure to get credentials.
func failure(err error) error {
	remedy := "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is (ECS, EKS, EC2)"
	var operation *smithy.OperationError
	var process *processcreds.ProviderError
	var answer smithy.APIError
	var status interface{ HTTPStatusCode() int }
	switch {
	case errors.As(err, &operation) && operation.Service() == "ec2imds": // the end of the chain
		return &identity.Missing{What: "AWS credentials", Remedy: remedy}
	case errors.As(err, &process): // may quote what the process printed
		return &identity.Missing{What: "AWS credentials", Reason: "the credential_process of the profile failed", Remedy: "try it by hand"}
	case operation == nil:
		return &identity.Missing{What: "usable AWS credentials", Reason: err.Error(), Remedy: remedy}
	}
	r := &identity.Refused{By: "AWS " + operation.Service(), Reason: operation.Err.Error(), Passing: identity.Unreachable(err)}
	if errors.As(err, &answer) {
		r.Reason = answer.ErrorCode() + ": " + answer.ErrorMessage()
	}
	if errors.As(err, &status) {
		r.Passing = identity.Passing(status.HTTPStatusCode())
	}
	return r
}

// parseSecret reads credentials that are written down.
func parseSecret(secret string) (aws.CredentialsProvider, error) {
	secret = strings.TrimSpace(secret)
	if strings.HasPrefix(secret, "{") {
		return parseJSON(secret)
	}
	id, rest, _ := strings.Cut(secret, ":")
	key, token, _ := strings.Cut(rest, ":")
	if id == "" || key == "" || strings.ContainsAny(secret, " \t\r\n") {
		return nil, errSecret
	}
	return sdkcredentials.NewStaticCredentialsProvider(id, key, token), nil
}

var errSecret = errors.New(`the secret must be <access key id>:<secret access key>, with :<session token> where there is one, or JSON with ` +
	`"AccessKeyId", "SecretAccessKey" and "SessionToken"`)

// parseJSON reads what a credential process prints, or with a member around it, as the CLI does.
func parseJSON(secret string) (aws.CredentialsProvider, error) {
	if !gjson.Valid(secret) {
		return nil, errSecret
	}
	for _, at := range [...]string{"", "Credentials.", "AccessKey."} {
		found := gjson.GetMany(secret, at+"AccessKeyId", at+"SecretAccessKey", at+"SessionToken")
		if id, key := found[0].String(), found[1].String(); id != "" && key != "" {
			return sdkcredentials.NewStaticCredentialsProvider(id, key, found[2].String()), nil
		}
	}
	return nil, errSecret
}
