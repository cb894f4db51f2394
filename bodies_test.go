package codexresponses_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// encoded applies content codings in their order.
func encoded(t *testing.T, text string, codings ...string) string {
	t.Helper()
	for _, coding := range codings {
		var out bytes.Buffer
		w := map[string]func() io.WriteCloser{
			"gzip":    func() io.WriteCloser { return gzip.NewWriter(&out) },
			"deflate": func() io.WriteCloser { return zlib.NewWriter(&out) },
			"br":      func() io.WriteCloser { return brotli.NewWriter(&out) },
			"zstd": func() io.WriteCloser {
				w, err := zstd.NewWriter(&out)
				if err != nil {
					t.Fatal(err)
				}
				return w
			},
		}[coding]()
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		text = out.String()
	}
	return text
}

func TestANameOfAModelHasABound(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())))
	for path, body := range map[string]string{
		"/v1/responses": `{"model":"` + strings.Repeat("x", 1<<20) + `","input":"Say hello."}`, "/v1/chat/completions": `{"messages":[],"model":"` + strings.Repeat("x", 257) + `"}`,
	} {
		got := gw.Post(path, body)
		if e := errorOf(t, got); got.Status != http.StatusBadRequest || e.Get("param").String() != "model" || !strings.Contains(e.Get("message").String(), "256") {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
	}
	requireText(t, gw.Post("/v1/responses", `{"model":"`+strings.Repeat("x", 256)+`","input":"Say hello."}`), "Hello.")
	recorded(gw, 2)
	if n := len(gw.Logs()); n > 1<<16 {
		t.Errorf("the log has %d bytes", n)
	}
}

func TestBodiesInAnyCoding(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream))
	requireText(t, gw.Post("/v1/responses", whole), "Hello.")
	plain := string(upstream.Request(0).Body)
	for header, codings := range map[string][]string{
		"zstd": {"zstd"}, "gzip": {"gzip"}, "deflate": {"deflate"}, "br": {"br"}, "identity": nil, "": nil, "GZIP": {"gzip"},
		"gzip, zstd": {"gzip", "zstd"}, "br,identity , deflate": {"br", "deflate"},
	} {
		t.Run("coded "+header, func(t *testing.T) {
			n := len(upstream.Requests())
			for _, path := range []string{"/v1/responses", "/v1/chat/completions"} {
				if got := gw.With(t).Post(path, encoded(t, whole, codings...), "Content-Encoding: "+header); got.Status != http.StatusOK {
					t.Fatalf("got %d %s", got.Status, got.Body)
				}
			}
			if got := string(upstream.Request(n).Body); got != plain {
				t.Errorf("the upstream got %s, want %s", got, plain)
			}
			if got := string(upstream.Request(n + 1).Body); got != whole {
				t.Errorf("the upstream got %s, want %s", got, whole)
			}
			for _, request := range upstream.Requests()[n:] {
				if request.Header.Get("Content-Encoding") != "" {
					t.Error("the coding went upstream")
				}
			}
		})
	}
}

func TestBodiesThatCannotBeTaken(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream), "max_body 2KiB")
	large := strings.Replace(whole, "hello", strings.Repeat("hello ", 400), 1)
	padded := whole + strings.Repeat(" ", 2048-len(whole))
	cut := func(text string) string { return text[:len(text)-6] }
	for name, test := range map[string]struct {
		body, coding string
		status       int
		code         string
		says         string
	}{
		"too large":                     {large, "", http.StatusRequestEntityTooLarge, "request_too_large", "2048"},
		"too large by one byte":         {padded + " ", "", http.StatusRequestEntityTooLarge, "request_too_large", "2048"},
		"too large when decoded":        {encoded(t, large, "zstd"), "zstd", http.StatusRequestEntityTooLarge, "request_too_large", "2048"},
		"too large in the midst":        {encoded(t, large, "gzip", "br"), "gzip, br", http.StatusRequestEntityTooLarge, "request_too_large", "2048"},
		"a bomb":                        {encoded(t, strings.Repeat("\x00", 64<<20), "gzip", "gzip"), "gzip, gzip", http.StatusRequestEntityTooLarge, "request_too_large", ""},
		"in an unknown coding":          {whole, "lzma", http.StatusUnsupportedMediaType, "unsupported_content_encoding", "lzma"},
		"in too many codings":           {whole, "gzip,gzip,gzip,gzip,gzip", http.StatusUnsupportedMediaType, "unsupported_content_encoding", ""},
		"not in the coding it says":     {whole, "zstd", http.StatusBadRequest, "invalid_prompt", "zstd"},
		"cut zstd":                      {cut(encoded(t, whole, "zstd")), "zstd", http.StatusBadRequest, "invalid_prompt", "zstd"},
		"cut gzip":                      {cut(encoded(t, whole, "gzip")), "gzip", http.StatusBadRequest, "invalid_prompt", "gzip"},
		"cut deflate":                   {cut(encoded(t, whole, "deflate")), "deflate", http.StatusBadRequest, "invalid_prompt", "deflate"},
		"cut br":                        {cut(encoded(t, whole, "br")), "br", http.StatusBadRequest, "invalid_prompt", "br"},
		"empty":                         {"", "", http.StatusBadRequest, "invalid_prompt", "JSON"},
		"empty and coded":               {"", "gzip", http.StatusBadRequest, "invalid_prompt", "gzip"},
		"not JSON":                      {"Say hello.", "", http.StatusBadRequest, "invalid_prompt", "JSON"},
		"broken JSON":                   {cut(whole), "", http.StatusBadRequest, "invalid_prompt", "JSON"},
		"an array":                      {"[" + whole + "]", "", http.StatusBadRequest, "invalid_prompt", "JSON"},
		"two values":                    {whole + whole, "", http.StatusBadRequest, "invalid_prompt", "JSON"},
		"not UTF-8":                     {strings.Replace(whole, "hello", "\xff", 1), "", http.StatusBadRequest, "invalid_prompt", "UTF-8"},
		"without a model":               {`{"input":"Say hello."}`, "", http.StatusBadRequest, "invalid_prompt", "model"},
		"with a model that is a number": {`{"model":5,"input":"Say hello."}`, "", http.StatusBadRequest, "invalid_prompt", "model"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/v1/responses", "/v1/chat/completions"} {
				got := gw.With(t).Post(path, test.body, "Content-Encoding: "+test.coding)
				e := errorOf(t, got)
				if got.Status != test.status || e.Get("code").String() != test.code || e.Get("type").String() != "invalid_request_error" ||
					!strings.Contains(e.Get("message").String(), test.says) {
					t.Errorf("%s: got %d %s", path, got.Status, got.Body)
				}
				if strings.Contains(test.says, "model") && e.Get("param").String() != "model" {
					t.Errorf("%s: param is %s", path, e.Get("param"))
				}
				codex := gw.With(t).Post(path, test.body, "Content-Encoding: "+test.coding, asCodex)
				if codex.Status != http.StatusBadRequest || errorOf(t, codex).Get("code").String() != "invalid_prompt" ||
					errorOf(t, codex).Get("message").String() != e.Get("message").String() {
					t.Errorf("%s: Codex got %d %s", path, codex.Status, codex.Body)
				}
			}
		})
	}
	if n := len(upstream.Requests()); n > 0 {
		t.Errorf("the upstream got %d requests", n)
	}
	requireText(t, gw.Post("/v1/responses", padded), "Hello.")
}

func TestChatCompletionsWithTwoModelsAreRefused(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	got := start(t, mock(upstream)).Post("/v1/chat/completions", `{"model":"m","messages":[],"model":"expensive"}`)
	if errorOf(t, got); got.Status != http.StatusBadRequest || len(upstream.Requests()) > 0 {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestALimitOfTheSiteHoldsAsWell(t *testing.T) {
	gw := gatewaytest.Start(t, ":PORT {\nrequest_body {\nmax_size 20B\n}\n"+directive(mock(upstreamtest.New(t, hello())))+"\n}")
	body := io.MultiReader(strings.NewReader(whole)) // of unknown length, or Caddy itself would refuse it
	response, err := gw.Client.Post(gw.URL+"/v1/responses", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(text), "20 bytes") {
		t.Errorf("got %d %s, %v", response.StatusCode, text, err)
	}
}

func TestABodyOfUnknownLength(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())), "max_body 1KiB")
	for size, status := range map[int]int{1024: http.StatusOK, 1025: http.StatusRequestEntityTooLarge, 1 << 20: http.StatusRequestEntityTooLarge} {
		body := io.MultiReader(strings.NewReader(whole), strings.NewReader(strings.Repeat(" ", size-len(whole))))
		response, err := gw.Client.Post(gw.URL+"/v1/responses", "application/json", body)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%d bytes: got %d, want %d", size, response.StatusCode, status)
		}
	}
}

func TestAClientThatGoesAwayWhileItSends(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream))
	conn, err := net.Dial("tcp", strings.TrimPrefix(gw.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n%s", whole)
	conn.Close()
	if got := recorded(gw, 0).Get("finish").String(); got != "client_closed" {
		t.Errorf("the record says %s", got)
	}
	if n := len(upstream.Requests()); n > 0 {
		t.Errorf("the upstream got %d requests", n)
	}
}
