package aws_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-codex/responses/identity"
	"github.com/caddy-codex/responses/identity/aws"
)

const (
	exampleID  = "AKIDEXAMPLE"
	exampleKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// isolate hides the AWS credentials of whoever runs the tests, and of the machine.
func isolate(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_ENDPOINT_URL",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "/nowhere/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func newIdentity(t *testing.T, c identity.Config) identity.Identity {
	t.Helper()
	id, err := identity.New(aws.Kind, c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// example is an identity with the credentials of AWS's own examples.
func example(t *testing.T, c identity.Config) identity.Identity {
	t.Helper()
	isolate(t)
	c.Secret = exampleID + ":" + exampleKey
	return newIdentity(t, c)
}

func TestAWSsOwnExample(t *testing.T) {
	isolate(t)
	// get-vanilla of the Signature Version 4 test suite.
	now := func() time.Time { return time.Date(2015, time.August, 30, 12, 36, 0, 0, time.UTC) }
	id, err := aws.NewMachine(identity.Config{Secret: exampleID + ":" + exampleKey, Scope: "service", Region: "us-east-1"}, now)
	if err != nil {
		t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.amazonaws.com/", http.NoBody)
	if err := id.Authorize(t.Context(), req, nil); err != nil {
		t.Fatal(err)
	}
	const want = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
		"Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
	if got := req.Header.Get("Authorization"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// sent signs a request, changes it as proxies may, sends it, and returns what the server verified.
func sent(t *testing.T, id identity.Identity, target, host, body string, header http.Header) signature {
	t.Helper()
	var got signature
	uri := ""
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got, uri = verify(t, r, exampleKey), r.RequestURI
	}))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host, req.Header = host, header
	if err := id.Authorize(t.Context(), req, []byte(body)); err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Traceparent", "00-another-01")
	req.Header.Set("User-Agent", "another")
	req.Header.Add("X-Forwarded-For", "10.0.0.1")
	req.ContentLength = -1 // in chunks
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if want, _, _ := strings.Cut(target, "?"); !strings.HasPrefix(uri, want) {
		t.Errorf("%s became %s", target, uri)
	}
	return got
}

func TestWhatIsSentIsWhatIsSigned(t *testing.T) {
	for name, test := range map[string]struct{ target, body string }{
		"a plain path":                    {"/v1/responses", `{"model":"m"}`},
		"no body":                         {"/v1/models", ""},
		"an escaped colon":                {"/model/anthropic.claude-sonnet-5-v1%3A0/converse-stream", "{}"},
		"a plain colon":                   {"/model/anthropic.claude-sonnet-5-v1:0/converse", "{}"},
		"escaped slashes":                 {"/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse", "{}"},
		"signs that Go leaves":            {"/model/a$b+c@d=e&f,g/invoke", "{}"},
		"a letter beyond ASCII":           {"/model/%C3%A9/invoke", "{}"},
		"a query":                         {"/v1/messages?beta=true", "{}"},
		"a query out of order":            {"/v1/messages?b=2&a=1&a=0", "{}"},
		"a query with signs and spaces":   {"/v1/messages?a=x+y%2Bz%20w&b=%C3%A9&c", "{}"},
		"a body that is not ASCII":        {"/v1/responses", `{"input":"é 日本 😀"}`},
		"a body with what breaks headers": {"/v1/responses", "{\r\n\t\"a\": 1}\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Traceparent": {"00-1-01"}}
			got := sent(t, example(t, identity.Config{}), test.target, "bedrock-runtime.us-east-1.amazonaws.com", test.body, header)
			if want := []string{"content-type", "host", "x-amz-date"}; !slices.Equal(got.headers, want) {
				t.Errorf("signed are %q, want %q", got.headers, want)
			}
			if got.id != exampleID {
				t.Errorf("signed by %q", got.id)
			}
		})
	}
}

func TestAWSsOwnHeadersAreSignedAndOnesOfAnotherSignatureReplaced(t *testing.T) {
	header := http.Header{
		"X-Amz-Target": {"  a   b "}, "X-Amz-Security-Token": {"old"}, "X-Amz-Date": {"20000101T000000Z"}, "Authorization": {"Bearer old"},
		"X-Amzn-Trace-Id": {"Root=1"},
	}
	got := sent(t, example(t, identity.Config{}), "/v1/responses", "bedrock-mantle.us-east-1.api.aws", "{}", header)
	if want := []string{"host", "x-amz-date", "x-amz-target"}; !slices.Equal(got.headers, want) {
		t.Errorf("signed are %q, want %q", got.headers, want)
	}
	if header.Get("X-Amz-Security-Token") != "" {
		t.Error("the token of another signature is still there")
	}
}

func TestASessionTokenIsSigned(t *testing.T) {
	isolate(t)
	for name, secret := range map[string]string{
		"after colons":             exampleID + ":" + exampleKey + ":to:ken==",
		"of a credential process":  `{"Version":1,"AccessKeyId":"` + exampleID + `","SecretAccessKey":"` + exampleKey + `","SessionToken":"to:ken=="}`,
		"as aws sts prints it":     `{"Credentials":{"AccessKeyId":"` + exampleID + `","SecretAccessKey":"` + exampleKey + `","SessionToken":"to:ken=="}}`,
		"in a file with a newline": exampleID + ":" + exampleKey + ":to:ken==\n",
	} {
		t.Run(name, func(t *testing.T) {
			header := make(http.Header)
			got := sent(t, newIdentity(t, identity.Config{Secret: secret}), "/", "bedrock-mantle.us-east-1.api.aws", "{}", header)
			if want := []string{"host", "x-amz-date", "x-amz-security-token"}; !slices.Equal(got.headers, want) {
				t.Errorf("signed are %q, want %q", got.headers, want)
			}
			if token := header.Get("X-Amz-Security-Token"); token != "to:ken==" {
				t.Errorf("the token is %q", token)
			}
		})
	}
}

func TestServiceAndRegionComeFromTheHost(t *testing.T) {
	for host, want := range map[string]string{
		"bedrock-runtime.us-east-1.amazonaws.com":                     "bedrock us-east-1",
		"bedrock-runtime.us-east-1.amazonaws.com:443":                 "bedrock us-east-1",
		"Bedrock-Runtime.US-East-1.amazonaws.com":                     "bedrock us-east-1",
		"bedrock-runtime-fips.us-gov-west-1.amazonaws.com":            "bedrock us-gov-west-1",
		"bedrock-runtime.cn-north-1.amazonaws.com.cn":                 "bedrock cn-north-1",
		"bedrock-runtime.ap-southeast-2.api.aws":                      "bedrock ap-southeast-2",
		"bedrock-mantle.eu-west-1.api.aws":                            "bedrock-mantle eu-west-1",
		"vpce-0a1-b2.bedrock-runtime.eu-central-1.vpce.amazonaws.com": "bedrock eu-central-1",
		"vpce-0a1-b2.bedrock-mantle.eu-central-1.vpce.amazonaws.com":  "bedrock-mantle eu-central-1",
		"proxy.example.com":                                           "bedrock xx-test-9",
		"localhost:8080":                                              "bedrock xx-test-9",
		"bedrock":                                                     "bedrock xx-test-9",
	} {
		t.Run(host, func(t *testing.T) {
			id := example(t, identity.Config{})
			t.Setenv("AWS_REGION", "xx-test-9")
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+host+"/v1/responses", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if err := id.Authorize(t.Context(), req, nil); err != nil {
				t.Fatal(err)
			}
			got := parseSignature(t, req.Header.Get("Authorization"))
			if got.service+" "+got.region != want {
				t.Errorf("signed for %s %s, want %s", got.service, got.region, want)
			}
			if wantHost := strings.TrimSuffix(host, ":443"); req.Host != wantHost {
				t.Errorf("the Host is %s, want %s", req.Host, wantHost)
			}
		})
	}
}

func TestAHeaderHostMayNameWhatTheAddressDoesNot(t *testing.T) {
	got := sent(t, example(t, identity.Config{}), "/", "bedrock-mantle.eu-west-1.api.aws", "{}", make(http.Header))
	if got.service != "bedrock-mantle" || got.region != "eu-west-1" {
		t.Errorf("signed for %s %s", got.service, got.region)
	}
}

func TestConfiguredServiceAndRegionComeFirst(t *testing.T) {
	id := example(t, identity.Config{Scope: "bedrock-mantle", Region: "eu-north-1"})
	got := sent(t, id, "/", "bedrock-runtime.us-east-1.amazonaws.com", "{}", make(http.Header))
	if got.service != "bedrock-mantle" || got.region != "eu-north-1" {
		t.Errorf("signed for %s %s", got.service, got.region)
	}
}

func TestFaultyConfigurationsAreRefusedAtOnce(t *testing.T) {
	const secret = "the secret must be <access key id>:<secret access key>"
	for name, test := range map[string]struct {
		config identity.Config
		want   string
	}{
		"an id alone":          {identity.Config{Secret: exampleID}, secret},
		"a key alone":          {identity.Config{Secret: ":" + exampleKey}, secret},
		"spaces":               {identity.Config{Secret: exampleID + ": " + exampleKey}, secret},
		"JSON of other things": {identity.Config{Secret: `{"a":1}`}, secret},
		"broken JSON":          {identity.Config{Secret: `{"AccessKeyId":"a","SecretAccessKey":"` + exampleKey}, secret},
		"an OAuth scope":       {identity.Config{Scope: "https://x/.default"}, "the scope must be the name of an AWS service"},
		"a host as region":     {identity.Config{Region: "https://x"}, "the scope must be the name of an AWS service"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := identity.New(aws.Kind, test.config)
			if err == nil || !strings.HasPrefix(err.Error(), "identity sigv4: "+test.want) || strings.Contains(err.Error(), exampleKey) {
				t.Errorf("got %v", err)
			}
		})
	}
}
