package fault_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/fault"
)

func TestFaultsAreTold(t *testing.T) {
	tests := map[string]struct {
		kind           fault.Kind
		status         int
		typ, code      string
		failed         string // the code within a stream
		final, another bool
	}{
		"our own mistake":                  {fault.Internal, 500, "server_error", "server_error", "server_error", false, false},
		"the client's mistake":             {fault.Invalid, 400, "invalid_request_error", "invalid_prompt", "invalid_prompt", true, false},
		"a body that is too large":         {fault.TooLarge, 413, "invalid_request_error", "request_too_large", "invalid_prompt", true, false},
		"a coding nobody knows":            {fault.UnsupportedCoding, 415, "invalid_request_error", "unsupported_content_encoding", "invalid_prompt", true, false},
		"a model nobody knows":             {fault.UnknownModel, 404, "invalid_request_error", "model_not_found", "model_not_found", true, false},
		"an earlier response that is gone": {fault.NoPrevious, 400, "invalid_request_error", "previous_response_not_found", "previous_response_not_found", true, false},
		"state that cannot be reached":     {fault.NotStored, 503, "server_error", "server_error", "server_error", false, false},
		"a path nobody knows":              {fault.NotFound, 404, "invalid_request_error", "not_found", "invalid_prompt", true, false},
		"a prompt that is too long":        {fault.ContextLength, 400, "invalid_request_error", "context_length_exceeded", "context_length_exceeded", true, false},
		"a request that is refused":        {fault.Rejected, 400, "invalid_request_error", "invalid_prompt", "invalid_prompt", true, true},
		"a key that is refused":            {fault.Unauthorized, 502, "server_error", "provider_unauthorized", "invalid_prompt", true, true},
		"no credit":                        {fault.NoCredit, 429, "insufficient_quota", "insufficient_quota", "invalid_prompt", true, true},
		"a model that is not there":        {fault.NoSuchModel, 404, "invalid_request_error", "model_not_found", "model_not_found", true, true},
		"a rate limit":                     {fault.RateLimited, 429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_exceeded", false, true},
		"no capacity":                      {fault.Overloaded, 503, "server_error", "server_error", "server_error", false, true},
		"nobody there":                     {fault.Unavailable, 502, "server_error", "server_error", "server_error", false, true},
		"silence":                          {fault.TimedOut, 504, "server_error", "server_error", "server_error", false, true},
		"a reply that broke off":           {fault.Truncated, 502, "server_error", "server_error", "server_error", false, true},
		"a reply nobody understands":       {fault.BadReply, 502, "server_error", "server_error", "server_error", false, true},
		"a filter":                         {fault.Filtered, 400, "invalid_request_error", "content_filter", "invalid_prompt", true, true},
		"a client that is gone already":    {fault.ClientGone, 499, "server_error", "client_closed_request", "invalid_prompt", true, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := fault.New(test.kind, "x")
			if f.HTTPStatus() != test.status || f.Type() != test.typ || f.ErrorCode() != test.code || f.FailedCode() != test.failed {
				t.Errorf("got %d %s %s, in a stream %s", f.HTTPStatus(), f.Type(), f.ErrorCode(), f.FailedCode())
			}
			if f.Final() != test.final || f.AnotherTarget() != test.another {
				t.Errorf("final is %v, another target %v", f.Final(), f.AnotherTarget())
			}
		})
	}
}

func TestMessagesNameTheProviderAndItsStatus(t *testing.T) {
	tests := map[string]struct {
		fault fault.Fault
		want  string
	}{
		"our own":                   {fault.Fault{Message: "no model"}, "no model"},
		"about a provider":          {fault.Fault{Message: "broke off", Provider: "p"}, "provider p broke off"},
		"about its status":          {fault.Fault{Message: "sent a page", Provider: "p", Status: 200}, "provider p sent a page"},
		"of a provider":             {fault.Fault{Message: "No.", Provider: "p", Status: 400, Quoted: true}, "provider p answered 400: No."},
		"of a provider in a stream": {fault.Fault{Message: "No.", Provider: "p", Quoted: true}, "provider p reported an error: No."},
	}
	for name, test := range tests {
		if got := test.fault.Error(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	if f := (&fault.Fault{Message: "x", Err: io.ErrUnexpectedEOF}); !errors.Is(f, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
}

func TestErrorBodiesHaveAllFourKeys(t *testing.T) {
	for name, test := range map[string]struct {
		fault fault.Fault
		want  string
	}{
		"plain":            {fault.Fault{Kind: fault.NotFound, Message: "x"}, `{"error":{"message":"x","type":"invalid_request_error","param":null,"code":"not_found"}}`},
		"with a parameter": {fault.Fault{Kind: fault.Invalid, Message: "say \"a\"\n<b>", Param: "input"}, `{"error":{"message":"say \"a\"\n\u003cb\u003e","type":"invalid_request_error","param":"input","code":"invalid_prompt"}}`},
	} {
		got := string(test.fault.AppendError([]byte("x"), test.fault.ErrorCode()))
		if got != "x"+test.want || !json.Valid([]byte(got[1:])) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestLogsDoNotQuoteWhatMayQuoteThePrompt(t *testing.T) {
	const prompt = "the user's words"
	for kind, quotes := range map[fault.Kind]bool{fault.Rejected: false, fault.ContextLength: false, fault.Filtered: false, fault.Unauthorized: true, fault.RateLimited: true, fault.Unavailable: true} {
		for _, status := range []int{0, 400} {
			f := &fault.Fault{Kind: kind, Quoted: true, Provider: "p", Status: status, Message: prompt}
			if got := f.Brief(); strings.Contains(got, prompt) != quotes || !strings.HasPrefix(got, "provider p ") {
				t.Errorf("kind %d: got %q", kind, got)
			}
			if !strings.Contains(f.Error(), prompt) {
				t.Errorf("kind %d: the client is told %q", kind, f.Error())
			}
		}
	}
}
