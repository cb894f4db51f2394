package codexresponses_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Secrets that must not come out anywhere. None looks like a key, so that nothing finds them by their looks.
const (
	routeSecret    = "canaryR0uteQxw81"
	providerSecret = "canaryPr0viderZmq27"
	globalSecret   = "canaryGl0balPlo93"
	fileSecret     = "canaryF1leYtr55"
	headerSecret   = "canaryHeaderUpWsx64"
	sealSecret     = "canarySealKeyEdc46Rfv"
	clientSecret   = "canaryCl1entVbn38"
	cookieSecret   = "canaryC00kieUjm72"
	promptSecret   = "canaryPr0mptOkl19"
)

var secretWords = []string{routeSecret, providerSecret, globalSecret, fileSecret, headerSecret, sealSecret, clientSecret, cookieSecret}

// requireNone checks that nothing secret is in a text. what names the text.
func requireNone(t *testing.T, what, text string, also ...string) {
	t.Helper()
	for _, word := range append(also, secretWords...) {
		if at := strings.Index(text, word); at >= 0 {
			t.Errorf("%s: %s is in it: ...%s...", what, word, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}

// setSecrets puts the secrets where a configuration finds them, and returns the file that holds one.
func setSecrets(t *testing.T) (file string) {
	t.Helper()
	t.Setenv("ROUTE_KEY", routeSecret)
	t.Setenv("PROVIDER_KEY", providerSecret)
	t.Setenv("GLOBAL_KEY", globalSecret)
	t.Setenv("HEADER_KEY", headerSecret)
	t.Setenv("SEAL_KEY", sealSecret)
	file = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(fileSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// blab makes a reply that quotes all credentials of the request: in an error with a status, or in whatever form is given.
func blab(status int, kind, form string) upstreamtest.Reply {
	return upstreamtest.Func(func(w http.ResponseWriter, r *http.Request) {
		var quoted []string
		for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "Cookie"} {
			if value := r.Header.Get(name); value != "" {
				quoted = append(quoted, strings.TrimPrefix(value, "Bearer "))
			}
		}
		all := strings.Join(quoted, " and ")
		w.Header().Set("Content-Type", kind)
		w.Header().Set("X-Echo", all)
		w.Header().Set("Set-Cookie", "echo="+html.EscapeString(all))
		w.Header().Set("WWW-Authenticate", "Bearer realm=\""+all+"\"")
		w.Header().Set("Location", "https://login.example/?"+all)
		w.WriteHeader(status)
		io.WriteString(w, strings.ReplaceAll(form, "%", all))
		http.NewResponseController(w).Flush()
		if strings.HasSuffix(form, "cut") {
			reset(w)
		}
	})
}

// blabs are replies that quote credentials in every place that a gateway reads.
func blabs() map[string]upstreamtest.Reply {
	const (
		stream   = "text/event-stream"
		document = "application/json"
		chunk    = `data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}` + "\n\n"
		problem  = `{"error":{"message":"No: % is wrong","type":"%","param":"%","code":"%"}}`
	)
	replies := map[string]upstreamtest.Reply{
		"a text":                        blab(500, "text/plain", "No: %"),
		"a page":                        blab(502, "text/html", "<html>%</html>"),
		"a page as success":             blab(200, "text/html", "<html>%</html>"),
		"a redirect":                    blab(307, "text/html", ""),
		"a flat error":                  blab(400, document, `{"message":"No: %","code":"%"}`),
		"a detail":                      blab(422, document, `{"detail":[{"msg":"No: %","loc":["%"]}]}`),
		"the cause behind a market":     blab(502, document, `{"error":{"message":"No","metadata":{"raw":"{\"error\":{\"message\":\"No: %\"}}"}}}`),
		"an error as success":           blab(200, document, problem),
		"an error as first event":       blab(200, stream, "data: "+problem+"\n\n"),
		"an error in the midst":         blab(200, stream, chunk+"data: "+problem+"\n\n"),
		"a finish reason":               blab(200, stream, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"error: %"}]}`+"\n\n"),
		"a chunk that is not JSON":      blab(200, stream, "data: {\"%\n\n"),
		"a chunk not JSON in the midst": blab(200, stream, chunk+"data: {\"%\n\n"),
		"a comment":                     blab(200, stream, ": %\n\nevent: %\ndata: [DONE]\n\n"),
		"a cut":                         blab(200, stream, chunk+"data: {\"%cut"),
		"a success":                     blab(200, stream, chunk+`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n"),
	}
	for _, status := range []int{400, 401, 402, 403, 404, 413, 422, 429, 500, 503} {
		replies[fmt.Sprintf("an error with status %d", status)] = blab(status, document, problem)
	}
	return replies
}

func TestSecretsStayInside(t *testing.T) {
	file := setSecrets(t)
	client := []string{
		"Authorization: Bearer " + clientSecret, "Cookie: session=" + cookieSecret, "Proxy-Authorization: Basic " + cookieSecret,
	}
	bodies := map[string]string{
		"/v1/responses":        strings.Replace(streamed, "hello", promptSecret, 1),
		"/responses":           strings.Replace(whole, "hello", promptSecret, 1),
		"/v1/chat/completions": strings.Replace(chatty, "hello", promptSecret, 1),
	}
	for name, reply := range blabs() {
		t.Run(name, func(t *testing.T) {
			u := upstreamtest.New(t, reply)
			caddyfile := "{\nmetrics\n}\n:PORT {\nmetrics /metrics\n" + directive(
				mock(u, "key {env.PROVIDER_KEY}"), provider("file", u.URL, "key {file."+file+"}", "set auth x-api-key"),
				provider("bare", u.URL, "set auth api-key"), provider("own", u.URL, "header_up Authorization \"Bearer {env.HEADER_KEY}\""),
				"key {env.GLOBAL_KEY}", "seal_key {env.SEAL_KEY}", "forward_client_key",
				"route m mock bare {\nkey {env.ROUTE_KEY}\n}", "route n mock file bare own", "route o own") + "\n}"
			gw := gatewaytest.Start(t, caddyfile)
			sent := 0
			for path, body := range bodies {
				for _, model := range []string{"m", "n", "o"} {
					for _, header := range [][]string{client, append(client, asCodex)} {
						stream := gw.PostStream(path, strings.Replace(body, `"m"`, `"`+model+`"`, 1), header...)
						got, err := stream.Rest()
						sent++
						requireNone(t, "the header of "+path, fmt.Sprint(stream.Header), promptSecret)
						if path == "/v1/chat/completions" && stream.Status == http.StatusOK {
							continue // the provider's own words, byte for byte
						}
						if err != nil {
							t.Errorf("%s: %v", path, err)
						}
						requireNone(t, "the body of "+path, string(got), promptSecret)
					}
				}
			}
			for i := range sent {
				gw.AccessLog(i)
			}
			requireNone(t, "the metrics", string(gw.Get("/metrics").Body), promptSecret)
			requireNone(t, "the models", string(gw.Get("/v1/models").Body), promptSecret)
			requireNone(t, "the logs", gw.Logs(), promptSecret)
		})
	}
}

func TestSecretsStayInsideWhenNothingAnswers(t *testing.T) {
	setSecrets(t)
	for name, m := range mishaps() {
		if m.provider == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			block := strings.Replace(m.block(t), "wire chat", "wire chat\nkey {env.PROVIDER_KEY}", 1)
			gw := start(t, block)
			for _, path := range []string{"/v1/responses", "/v1/chat/completions"} {
				got := gw.Post(path, strings.Replace(streamed, "hello", promptSecret, 1), "Authorization: Bearer "+clientSecret)
				requireNone(t, "the body", string(got.Body), promptSecret)
			}
			gw.AccessLog(1)
			requireNone(t, "the logs", gw.Logs(), promptSecret)
		})
	}
	t.Run("a key that no header can hold", func(t *testing.T) {
		t.Setenv("PROVIDER_KEY", providerSecret+"\n"+routeSecret)
		gw := start(t, mock(upstreamtest.New(t, hello()), "key {env.PROVIDER_KEY}"))
		got := gw.Post("/v1/responses", streamed)
		if got.Status != http.StatusBadGateway {
			t.Errorf("got %d", got.Status)
		}
		requireNone(t, "the body", string(got.Body))
		gw.AccessLog(0)
		requireNone(t, "the logs", gw.Logs())
	})
}

func TestFaultyRequestsAreNotQuoted(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())), "max_body 1KiB")
	for _, body := range []string{
		promptSecret, `{"model":"m","input":"` + promptSecret, `{"model":"m","input":[{"type":"` + promptSecret + `"}]}`, `{"input":"` + promptSecret + `"}`,
		`{"model":"m","input":"` + strings.Repeat(promptSecret, 100) + `"}`, `{"model":"m","input":[{"role":"` + promptSecret + `","content":5}]}`,
		`{"model":"m","input":[` + `"` + promptSecret + `"]}`, `{"model":"m","input":"x","tools":"` + promptSecret + `"}`,
	} {
		requireNone(t, body[:min(len(body), 60)], gw.Post("/v1/responses", body).Get("error").Raw, promptSecret)
	}
	gw.AccessLog(7)
	requireNone(t, "the logs", gw.Logs(), promptSecret)
}

func TestSecretsAreNotInTheAdaptedConfiguration(t *testing.T) {
	file := setSecrets(t)
	text := site("provider deepseek {\nkey {env.PROVIDER_KEY} {file."+file+"}\n}", "key {env.GLOBAL_KEY}", "seal_key {env.SEAL_KEY}",
		"route m deepseek {\nkey {env.ROUTE_KEY}\n}")
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(strings.ReplaceAll(text, ":PORT", ":80")), nil)
	if err != nil {
		t.Fatal(err)
	}
	requireNone(t, "the configuration", string(adapted))
	for _, line := range []string{
		"key {$GLOBAL_KEY}", "seal_key {$SEAL_KEY}", "route m deepseek {\nkey {$ROUTE_KEY}\n}", "provider mock {\nkey {$PROVIDER_KEY}\n}",
		"provider mock {\nbase_url https://user:{$PROVIDER_KEY}@host/v1\n}",
	} {
		_, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(strings.ReplaceAll(site("provider deepseek", line), ":PORT", ":80")), nil)
		if err == nil {
			t.Errorf("%s: it was taken", line)
		} else {
			requireNone(t, "the error", err.Error())
		}
	}
}
