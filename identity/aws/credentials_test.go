package aws_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/aws"
)

// signs returns what a request to a host was signed with.
func signs(t *testing.T, id identity.Identity, host string) (signature, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+host+"/v1/responses", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.Authorize(t.Context(), req, nil); err != nil {
		return signature{}, err
	}
	return parseSignature(t, req.Header.Get("Authorization")), nil
}

const mantle = "bedrock-mantle.us-east-1.api.aws"

func wantSigner(t *testing.T, id identity.Identity, want string) {
	t.Helper()
	if got, err := signs(t, id, mantle); err != nil || got.id != want {
		t.Errorf("signed by %q, %v, want %q", got.id, err, want)
	}
}

// file writes a file for the test and returns its path.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// roles is a server that gives credentials for a role, each for an hour, as containers and machines get them.
type roles struct {
	*httptest.Server
	calls atomic.Int32
	now   func() time.Time
	out   atomic.Bool      // of order
	enter func(call int32) // called before credentials are given, if set
}

func newRoles(t *testing.T, now func() time.Time) *roles {
	t.Helper()
	r := &roles{now: now}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (s *roles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.out.Load():
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Path == "/latest/api/token":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
		w.Write([]byte("t"))
	case strings.HasSuffix(r.URL.Path, "/security-credentials/"):
		w.Write([]byte("role"))
	default:
		call := s.calls.Add(1)
		if s.enter != nil {
			s.enter(call)
		}
		fmt.Fprintf(w, `{"Code":"Success","AccessKeyId":"AKID%d","SecretAccessKey":"s","Token":"t","Expiration":%q}`,
			call, s.now().Add(time.Hour).UTC().Format(time.RFC3339))
	}
}

func TestCredentialsOfTheEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(t *testing.T)
		want    string
	}{
		"variables": {func(t *testing.T) {
			t.Helper()
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
		}, "AKIDENV"},
		"the default profile": {func(t *testing.T) {
			t.Helper()
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file(t, "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n"))
		}, "AKIDFILE"},
		"a profile that is named": {func(t *testing.T) {
			t.Helper()
			t.Setenv("AWS_PROFILE", "other")
			t.Setenv("AWS_CONFIG_FILE", file(t, "[profile other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = s\n"))
		}, "AKIDOTHER"},
		"a container's role": {func(t *testing.T) {
			t.Helper()
			t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", newRoles(t, time.Now).URL+"/creds")
		}, "AKID1"},
		"a machine's role": {func(t *testing.T) {
			t.Helper()
			t.Setenv("AWS_EC2_METADATA_DISABLED", "")
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", newRoles(t, time.Now).URL)
		}, "AKID1"},
		"a web identity": {func(t *testing.T) {
			t.Helper()
			t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/codex")
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(t, "subject"))
			t.Setenv("AWS_REGION", "us-east-1")
			t.Setenv("AWS_ENDPOINT_URL_STS", newTokenService(t, 200, `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>`+
				`<Credentials><AccessKeyId>AKIDWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>`+
				`<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`))
		}, "AKIDWEB"},
	} {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			test.prepare(t)
			wantSigner(t, newIdentity(t, identity.Config{}), test.want)
		})
	}
}

func newTokenService(t *testing.T, status int, answer string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTheRegionOfAProfileServesWhereTheHostHasNone(t *testing.T) {
	isolate(t)
	t.Setenv("AWS_CONFIG_FILE", file(t, "[default]\nregion = eu-west-3\naws_access_key_id = a\naws_secret_access_key = s\n"))
	if got, err := signs(t, newIdentity(t, identity.Config{}), "proxy.example.com"); err != nil || got.region != "eu-west-3" {
		t.Errorf("signed for %q, %v", got.region, err)
	}
}

func TestAHundredRequestsAskForTheRoleOnce(t *testing.T) {
	isolate(t)
	server := newRoles(t, time.Now)
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.URL+"/creds")
	id := newIdentity(t, identity.Config{})
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { wantSigner(t, id, "AKID1") })
	}
	all.Wait()
	if calls := server.calls.Load(); calls != 1 {
		t.Errorf("asked %d times, want once", calls)
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

// at is an identity with a clock.
func at(t *testing.T, clock *clock) identity.Identity {
	t.Helper()
	id, err := aws.NewMachine(identity.Config{}, clock.read)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestARoleIsRenewedWhileItsCredentialsAreGood(t *testing.T) {
	isolate(t)
	start := time.Now()
	clock := &clock{now: start}
	server := newRoles(t, clock.read)
	asked, answer := make(chan struct{}), make(chan struct{})
	server.enter = func(call int32) {
		if call == 2 {
			close(asked)
			<-answer
		}
	}
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.URL+"/creds")
	id := at(t, clock)
	wantSigner(t, id, "AKID1")
	clock.set(start.Add(54 * time.Minute))
	wantSigner(t, id, "AKID1")
	if calls := server.calls.Load(); calls != 1 {
		t.Errorf("asked %d times in 54 minutes, want once", calls)
	}
	clock.set(start.Add(56 * time.Minute))
	wantSigner(t, id, "AKID1")
	<-asked
	wantSigner(t, id, "AKID1") // while the next ones are on their way
	clock.set(start.Add(time.Hour))
	close(answer)
	wantSigner(t, id, "AKID2")
	if calls := server.calls.Load(); calls != 2 {
		t.Errorf("asked %d times, want twice", calls)
	}
}

func TestTheRoleOfAMachineOutlivesAnOutageOfItsMetadata(t *testing.T) {
	isolate(t)
	start := time.Now()
	clock := &clock{now: start}
	server := newRoles(t, clock.read)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.URL)
	id := at(t, clock)
	wantSigner(t, id, "AKID1")
	server.out.Store(true)
	clock.set(start.Add(2 * time.Hour))
	wantSigner(t, id, "AKID1")
	server.out.Store(false)
	clock.set(start.Add(3 * time.Hour))
	wantSigner(t, id, "AKID2")
}
