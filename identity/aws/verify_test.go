package aws_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// signature is what an Authorization header of Signature Version 4 says.
type signature struct {
	id, date, region, service string
	headers                   []string
	hex                       string
}

var authorization = regexp.MustCompile(
	`^AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$`)

func parseSignature(t *testing.T, header string) signature {
	t.Helper()
	m := authorization.FindStringSubmatch(header)
	if m == nil {
		t.Fatalf("got Authorization %q", header)
	}
	return signature{m[1], m[2], m[3], m[4], strings.Split(m[5], ";"), m[6]}
}

// verify checks a request as a server gets it, by the description of the algorithm in "Create a signed AWS API request" of the IAM user
// guide, and returns what it was signed with.
func verify(t *testing.T, r *http.Request, secret string) signature {
	t.Helper()
	s := parseSignature(t, r.Header.Get("Authorization"))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(r.RequestURI, "?")
	canonical := r.Method + "\n" + escape(path, "/") + "\n" + canonicalQuery(t, query) + "\n"
	for _, name := range s.headers {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		canonical += name + ":" + strings.Join(strings.Fields(value), " ") + "\n"
	}
	canonical += "\n" + strings.Join(s.headers, ";") + "\n" + hash(body)
	scope := strings.Join([]string{s.date, s.region, s.service, "aws4_request"}, "/")
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", r.Header.Get("X-Amz-Date"), scope, hash([]byte(canonical))}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range strings.Split(scope, "/") {
		key = mac(key, part)
	}
	if want := hex.EncodeToString(mac(key, toSign)); s.hex != want {
		t.Errorf("the signature is %s, want %s, of\n%s", s.hex, want, canonical)
	}
	return s
}

func canonicalQuery(t *testing.T, query string) string {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for name, all := range values {
		for _, value := range all {
			pairs = append(pairs, escape(name, "")+"="+escape(value, ""))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escape is AWS's percent-encoding, which differs from Go's in what it leaves.
func escape(text, leave string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~"+leave, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
