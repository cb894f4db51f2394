package gcp_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// grants is a server that gives tokens: token-1, token-2, each for an hour.
type grants struct {
	*httptest.Server
	calls atomic.Int32
	form  url.Values // of the last request
	path  string

	enter  func(call int32) // called for each request, if set
	status int              // 0: 200
	body   string           // instead of a token
}

func newGrants(t *testing.T) *grants {
	t.Helper()
	g := new(grants)
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *grants) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := g.calls.Add(1)
	r.ParseForm()
	g.form, g.path = r.Form, r.URL.Path
	if g.enter != nil {
		g.enter(call)
	}
	w.Header().Set("Content-Type", "application/json")
	if g.status != 0 {
		w.WriteHeader(g.status)
	}
	if g.body != "" {
		w.Write([]byte(g.body))
		return
	}
	// Each lives an hour longer than the one before: their lives are counted from now, whatever a test's clock says.
	fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":%d,"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}`, call, 3600*call)
}

// privateKey is one for all tests, for making one takes its time.
var privateKey = func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}()

// serviceAccount is the JSON of a service account's key.
func serviceAccount(t *testing.T, tokenURL string) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(privateKey)
	if err != nil {
		t.Fatal(err)
	}
	return marshal(t, map[string]string{
		"type": "service_account", "project_id": "p", "client_email": "codex@p.iam.gserviceaccount.com", "private_key_id": "k1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": tokenURL,
	})
}

// login is what gcloud keeps of a person who logged in.
func login(t *testing.T, g *grants) string {
	t.Helper()
	return marshal(t, map[string]string{
		"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r", "token_uri": g.URL, "quota_project_id": "payer",
	})
}

// otherCloud is a workload identity federation with a cloud that writes its tokens into a file.
func otherCloud(t *testing.T, g *grants) string {
	t.Helper()
	return marshal(t, map[string]any{
		"type": "external_account", "audience": "//iam.googleapis.com/pool", "token_url": g.URL + "/v1/token",
		"subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": map[string]string{"file": file(t, "subject")},
	})
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// claims checks the signature of a JSON Web Token and returns what it says, header and claims together.
func claims(t *testing.T, assertion string) map[string]any {
	t.Helper()
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no web token", assertion)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&privateKey.PublicKey, crypto.SHA256, hash[:], signature); err != nil {
		t.Error(err)
	}
	said := make(map[string]any)
	for _, part := range parts[:2] {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &said); err != nil {
			t.Fatal(err)
		}
	}
	return said
}

// isolate hides the Google credentials of whoever runs the tests.
func isolate(t *testing.T) {
	t.Helper()
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("APPDATA", t.TempDir())
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
