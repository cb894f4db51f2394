package aws_test

import (
	"errors"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/identity"
)

func TestFailuresSayWhatToDo(t *testing.T) {
	const remedy = "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is (ECS, EKS, EC2) (identity sigv4)"
	webIdentity := func(t *testing.T, status int, answer string) {
		t.Helper()
		t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/codex")
		t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(t, "subject"))
		t.Setenv("AWS_REGION", "us-east-1")
		t.Setenv("AWS_MAX_ATTEMPTS", "1")
		t.Setenv("AWS_ENDPOINT_URL_STS", newTokenService(t, status, answer))
	}
	for name, test := range map[string]struct {
		prepare func(t *testing.T)
		host    string
		kind    fault.Kind
		want    string
	}{
		"nothing at all": {
			func(*testing.T) {}, mantle, fault.Unauthorized, "has no AWS credentials" + remedy,
		},
		"a profile that is not there": {
			func(t *testing.T) { t.Helper(); t.Setenv("AWS_PROFILE", "absent") }, mantle, fault.Unauthorized,
			"has no usable AWS credentials: failed to get shared config profile, absent" + remedy,
		},
		"a role that may not be assumed": {
			func(t *testing.T) {
				t.Helper()
				webIdentity(t, 403, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized.</Message></Error></ErrorResponse>`)
			}, mantle, fault.Unauthorized,
			"got no token from AWS STS: AccessDenied: Not authorized. (identity sigv4)",
		},
		"a token service that is out of order": {
			func(t *testing.T) {
				t.Helper()
				webIdentity(t, 503, `<ErrorResponse><Error><Code>ServiceUnavailable</Code><Message>Later.</Message></Error></ErrorResponse>`)
			}, mantle, fault.Unavailable,
			"got no token from AWS STS: ServiceUnavailable: Later. (identity sigv4)",
		},
		"a process whose output holds a secret": {
			func(t *testing.T) {
				t.Helper()
				t.Setenv("AWS_CONFIG_FILE", file(t, "[default]\ncredential_process = echo {\"SecretAccessKey\":\"hush\n"))
			}, mantle, fault.Unauthorized,
			"has no AWS credentials: the credential_process of the profile failed; try it by hand (identity sigv4)",
		},
		"a host that names no region": {
			func(t *testing.T) {
				t.Helper()
				t.Setenv("AWS_ACCESS_KEY_ID", "a")
				t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
			}, "proxy.example.com", fault.Unauthorized,
			"has no AWS region; set a region, or AWS_REGION, or one in the profile (identity sigv4)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			test.prepare(t)
			_, err := signs(t, newIdentity(t, identity.Config{}), test.host)
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != test.kind || f.Message != test.want {
				t.Errorf("got %+v\nwant kind %d, %s", f, test.kind, test.want)
			}
		})
	}
}
