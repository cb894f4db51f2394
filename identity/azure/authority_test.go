package azure_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

// authority stands for login.microsoftonline.com. It gives tokens for an hour: token-1, token-2.
type authority struct {
	calls atomic.Int32 // for tokens
	mu    sync.Mutex
	form  url.Values // of the last request for a token
	path  string

	status int    // 0: 200
	body   string // instead of a token
	err    error  // instead of an answer
}

func (a *authority) set(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// RoundTrip implements http.RoundTripper, for the library insists on https and on Microsoft's hosts.
func (a *authority) RoundTrip(req *http.Request) (*http.Response, error) {
	a.mu.Lock()
	err := a.err
	a.mu.Unlock()
	if err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	tenant := "https://login.microsoftonline.com/" + strings.Split(req.URL.Path, "/")[1]
	switch {
	case strings.HasSuffix(req.URL.Path, "/discovery/instance"):
		fmt.Fprint(w, `{"tenant_discovery_endpoint":"`+tenant+`/v2.0/.well-known/openid-configuration","api-version":"1.1","metadata":[]}`)
	case strings.HasSuffix(req.URL.Path, "/openid-configuration"):
		fmt.Fprintf(w, `{"token_endpoint":"%s/oauth2/v2.0/token","authorization_endpoint":"%s/oauth2/v2.0/authorize","issuer":"%s/v2.0"}`,
			tenant, tenant, tenant)
	case req.URL.Host == "identity.test":
		fmt.Fprintf(w, `{"access_token":"of the machine by %s","token_type":"Bearer","expires_on":"4070908800","resource":%q}`,
			req.Header.Get("X-Identity-Header"), req.URL.Query().Get("resource"))
	case strings.HasSuffix(req.URL.Path, "/oauth2/v2.0/token"):
		a.token(w, req)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	res := w.Result()
	res.Request = req
	return res, nil
}

func (a *authority) token(w http.ResponseWriter, req *http.Request) {
	call := a.calls.Add(1)
	body, _ := io.ReadAll(req.Body)
	form, _ := url.ParseQuery(string(body))
	a.mu.Lock()
	a.form, a.path = form, req.URL.Path
	a.mu.Unlock()
	if a.status != 0 {
		w.WriteHeader(a.status)
		io.WriteString(w, a.body)
		return
	}
	fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":3600}`, call)
}
