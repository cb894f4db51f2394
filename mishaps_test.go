package codexresponses_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// mishap is a way in which a provider fails before it has said anything.
type mishap struct {
	reply    upstreamtest.Reply
	provider func(t *testing.T) string // instead of a reply: the block of a provider called mock that cannot be reached

	status     int    // for plain clients
	code, kind string // of the error
	retryAfter string
	says       []string

	codex string // code of the failed response that Codex gets; empty where Codex gets a 400 with the same error
}

const page = "<!DOCTYPE html>\n<html><body><h1>Not here</h1></body></html>"

// nowhere tells providers apart that are not there: of one that has failed the gateway knows.
var nowhere atomic.Int64

// mishaps are what can go wrong before the first event.
func mishaps() map[string]mishap {
	problem := upstreamtest.Error
	return map[string]mishap{
		"nobody listens": {
			provider: func(t *testing.T) string { return provider("mock", refusing(t)) },
			status:   502, code: "server_error", kind: "server_error", says: []string{"connection refused"}, codex: "server_error",
		},
		"a host that does not exist": {
			provider: func(t *testing.T) string {
				return provider("mock", fmt.Sprintf("http://nowhere.invalid/%d", nowhere.Add(1)), "transport http {\nresolvers "+nameserver(t)+"\n}")
			},
			status: 502, code: "server_error", kind: "server_error", says: []string{"nowhere.invalid", "no such host"}, codex: "server_error",
		},
		"a certificate that is not trusted": {
			provider: func(t *testing.T) string { return provider("mock", secure(t, upstreamtest.New(t, hello())).URL) },
			status:   502, code: "server_error", kind: "server_error", says: []string{"certificate"}, codex: "server_error",
		},
		"no answer in time": {
			provider: func(t *testing.T) string {
				u := upstreamtest.New(t, hello().HoldHeader(make(chan struct{})))
				return mock(u, "transport http {\nresponse_header_timeout 50ms\n}")
			},
			status: 504, code: "server_error", kind: "server_error", says: []string{"timeout"}, codex: "server_error",
		},
		"a connection reset before the answer": {
			reply:  upstreamtest.Func(func(w http.ResponseWriter, _ *http.Request) { reset(w) }),
			status: 502, code: "server_error", kind: "server_error", says: []string{"could not be reached"}, codex: "server_error",
		},
		"a connection closed before the first event": {
			reply:  upstreamtest.Stream().Cut(),
			status: 502, code: "server_error", kind: "server_error", says: []string{"broke off"}, codex: "server_error",
		},
		"a refused key": {
			reply:  problem(401, "invalid_request_error", "invalid_api_key", "Bad key."),
			status: 502, code: "provider_unauthorized", kind: "server_error", says: []string{"401", "Bad key."},
		},
		"no money": {
			reply:  problem(402, "unknown_error", "invalid_request_error", "Insufficient Balance"),
			status: 429, code: "insufficient_quota", kind: "insufficient_quota", says: []string{"402", "Insufficient Balance"},
		},
		"a country that is not served": {
			reply:  problem(403, "forbidden", "", "Not in your country."),
			status: 502, code: "provider_unauthorized", kind: "server_error", says: []string{"403", "Not in your country."},
		},
		"an unknown model": {
			reply:  problem(404, "invalid_request_error", "model_not_found", "There is no model m."),
			status: 404, code: "model_not_found", kind: "invalid_request_error", says: []string{"404", "There is no model m."},
		},
		"a rate limit that says when to come back": {
			reply:  problem(429, "rate_limit_error", "rate_limit_exceeded", "Slow down.").WithHeader("Retry-After", "7"),
			status: 429, code: "rate_limit_exceeded", kind: "rate_limit_error", retryAfter: "7", says: []string{"429", "Slow down."},
			codex: "rate_limit_exceeded",
		},
		"a rate limit that does not say": {
			reply:  problem(429, "rate_limit_error", "", "Slow down."),
			status: 429, code: "rate_limit_exceeded", kind: "rate_limit_error", retryAfter: "5", says: []string{"429", "Slow down."},
			codex: "rate_limit_exceeded",
		},
		"an error of the provider": {
			reply:  problem(500, "server_error", "", "Something broke."),
			status: 502, code: "server_error", kind: "server_error", says: []string{"500", "Something broke."}, codex: "server_error",
		},
		"no capacity": {
			reply:  problem(503, "server_error", "", "Try later.").WithHeader("Retry-After", "3"),
			status: 503, code: "server_error", kind: "server_error", retryAfter: "3", says: []string{"503", "Try later."}, codex: "rate_limit_exceeded",
		},
		"a request that the provider does not take": {
			reply:  problem(400, "invalid_request_error", "", "No such tool type."),
			status: 400, code: "invalid_prompt", kind: "invalid_request_error", says: []string{"400", "No such tool type."},
		},
		"a prompt that is too long": {
			reply:  problem(400, "invalid_request_error", "context_length_exceeded", "At most 65536 tokens."),
			status: 400, code: "context_length_exceeded", kind: "invalid_request_error", says: []string{"400", "At most 65536 tokens."},
		},
		"a page with status 200": {
			reply:  upstreamtest.JSON(200, page).WithHeader("Content-Type", "text/html"),
			status: 502, code: "provider_not_an_api", kind: "server_error", says: []string{"page", "/v1"},
		},
		"a page that says it is a stream": {
			reply:  upstreamtest.Raw(page),
			status: 502, code: "provider_not_an_api", kind: "server_error", says: []string{"page", "/v1"},
		},
		"a page with status 404": {
			reply:  upstreamtest.JSON(404, page).WithHeader("Content-Type", "text/html"),
			status: 502, code: "provider_not_an_api", kind: "server_error", says: []string{"404", "HTML", "/v1"},
		},
		"a page with status 502": {
			reply:  upstreamtest.JSON(502, page).WithHeader("Content-Type", "text/html"),
			status: 502, code: "server_error", kind: "server_error", says: []string{"502", "HTML"}, codex: "server_error",
		},
		"a redirect": {
			reply:  upstreamtest.JSON(302, "").WithHeader("Location", "https://login.example/"),
			status: 502, code: "server_error", kind: "server_error", says: []string{"302"}, codex: "server_error",
		},
		"a coding that was not asked for": {
			reply:  upstreamtest.Raw("\x1f\x8b\x08\x00").WithHeader("Content-Encoding", "gzip"),
			status: 502, code: "server_error", kind: "server_error", says: []string{"gzip"}, codex: "server_error",
		},
		"an empty body": {
			reply:  upstreamtest.Raw(""),
			status: 502, code: "server_error", kind: "server_error", says: []string{"before it began"}, codex: "server_error",
		},
		"nothing but the mark of the end": {
			reply:  upstreamtest.Stream(),
			status: 502, code: "server_error", kind: "server_error", says: []string{"without an answer"}, codex: "server_error",
		},
		"nothing but comments": {
			reply:  upstreamtest.Raw(": hi\n\n"),
			status: 502, code: "server_error", kind: "server_error", says: []string{"before it began"}, codex: "server_error",
		},
		"an error as the first event": {
			reply:  upstreamtest.Stream(upstreamtest.ErrorBody("server_error", "", "Something broke.")),
			status: 502, code: "server_error", kind: "server_error", says: []string{"Something broke."}, codex: "server_error",
		},
		"an error together with an empty event": {
			reply:  upstreamtest.Raw(frames(upstreamtest.Text(""), upstreamtest.ErrorBody("server_error", "", "Something broke."))),
			status: 502, code: "server_error", kind: "server_error", says: []string{"Something broke."}, codex: "server_error",
		},
		"an error as a document with status 200": {
			reply:  upstreamtest.Error(200, "invalid_request_error", "invalid_api_key", "Bad key."),
			status: 502, code: "provider_unauthorized", kind: "server_error", says: []string{"Bad key."},
		},
		"a chunk that is not JSON": {
			reply:  upstreamtest.Raw("data: {\"choices\":[{\n\n"),
			status: 502, code: "server_error", kind: "server_error", says: []string{"not JSON"}, codex: "server_error",
		},
		"a content filter": {
			reply:  upstreamtest.Raw(frames(upstreamtest.Finish("content_filter"))),
			status: 400, code: "content_filter", kind: "invalid_request_error", says: []string{"filter"},
		},
	}
}

// nameserver knows no name. It returns its address.
func nameserver(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			answer := query[:n]
			answer[2], answer[3] = answer[2]|0x80, 3 // a response: no such name
			conn.WriteTo(answer, from)
		}
	}()
	return conn.LocalAddr().String()
}

// reset ends a connection as a crashing host does.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// start runs a gateway whose provider has the mishap.
func (m *mishap) start(t *testing.T, lines ...string) *gatewaytest.Gateway {
	t.Helper()
	return start(t, append(lines, m.block(t))...)
}

func (m *mishap) block(t *testing.T) string {
	t.Helper()
	if m.provider != nil {
		return m.provider(t)
	}
	return mock(upstreamtest.New(t, m.reply))
}

// check checks an HTTP error.
func (m *mishap) check(t *testing.T, got gatewaytest.Response, status int) {
	t.Helper()
	e := errorOf(t, got)
	if got.Status != status || e.Get("code").String() != m.code || e.Get("type").String() != m.kind || got.Header.Get("Retry-After") != m.retryAfter {
		t.Errorf("got %d, Retry-After %q: %s", got.Status, got.Header.Get("Retry-After"), got.Body)
	}
	m.checkMessage(t, e.Get("message").String())
}

func (m *mishap) checkMessage(t *testing.T, message string) {
	t.Helper()
	for _, words := range append(m.says, "mock") {
		if !strings.Contains(message, words) {
			t.Errorf("the message has no %q: %s", words, message)
		}
	}
	if strings.Contains(message, "<h1>") {
		t.Errorf("the message has HTML: %s", message)
	}
}

// checkFailed checks a stream that is nothing but a failed response.
func (m *mishap) checkFailed(t *testing.T, stream *gatewaytest.Stream) {
	t.Helper()
	events := stream.Require()
	failed := events[len(events)-1]
	if got := failed.Response().Get("error.code").String(); failed.Type != "response.failed" || got != m.codex {
		t.Fatalf("the last event is %s", failed.Data)
	}
	message := failed.Response().Get("error.message").String()
	m.checkMessage(t, message)
	if m.retryAfter != "" && m.code == "rate_limit_exceeded" && !strings.Contains(message, fmt.Sprintf("try again in %ss", m.retryAfter)) {
		t.Errorf("Codex does not learn when to come back: %s", message)
	}
}
