package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// thread is a request whose history has some turns, each with some 100 tokens twice over.
func thread(turns int, members ...string) string {
	var items []string
	for i := range turns {
		items = append(items, fmt.Sprintf(`{"role":"user","content":"question %d %s"},{"role":"assistant","content":"answer %d %s"}`, i, long(100), i, long(100)))
	}
	items = append(items, `{"role":"user","content":"the last question"}`)
	members = append(members, `"model":"m"`, `"instructions":"Be kind."`, `"input":[`+strings.Join(items, ",")+`]`)
	return "{" + strings.Join(members, ",") + "}"
}

// long is a text of so many tokens.
func long(tokens int) string { return strings.TrimSpace(strings.Repeat("word ", tokens)) }

const truncates = `"truncation":"auto"`

// said are the messages that an upstream got, each by its first two words.
func said(r upstreamtest.Request) string {
	var all []string
	for _, message := range gjson.GetBytes(r.Body, "messages").Array() {
		words := strings.Fields(message.Get("content").String())
		all = append(all, strings.Join(words[:min(len(words), 2)], " "))
	}
	return strings.Join(all, ", ")
}

func tooLong() upstreamtest.Reply {
	return upstreamtest.Error(http.StatusBadRequest, "invalid_request_error", "context_length_exceeded", "This model's maximum context length is 500 tokens.")
}

func TestWhatDoesNotFitIntoTheWindowIsLeftOutWhereTheClientSaysSo(t *testing.T) {
	tests := map[string]struct {
		request string
		want    string
		left    int64
	}{
		"all fits":                   {thread(3, truncates), "Be kind., question 0, answer 0, question 1, answer 1, question 2, answer 2, the last", 0},
		"two turns too many":         {thread(6, truncates), "Be kind., question 2, answer 2, question 3, answer 3, question 4, answer 4, question 5, answer 5, the last", 4},
		"too much with the answer":   {thread(6, truncates, `"max_output_tokens":500`), "Be kind., question 4, answer 4, question 5, answer 5, the last", 8},
		"the client does not say so": {thread(3), "Be kind., question 0, answer 0, question 1, answer 1, question 2, answer 2, the last", 0},
		"the client says otherwise":  {thread(3, `"truncation":"disabled"`), "Be kind., question 0, answer 0, question 1, answer 1, question 2, answer 2, the last", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			upstream := listing(t, rows(`{"id":"m","context_length":1024}`))
			gw := start(t, mock(upstream, hourly))
			gw.Get("/v1/models")
			awaitReading(gw, "mock")
			got := gw.Post("/v1/responses", test.request)
			requireText(t, got, "Hello.")
			requests := upstream.Requests()
			if got := said(requests[len(requests)-1]); got != test.want {
				t.Errorf("the provider got %s", got)
			}
			if r := recorded(gw, 1); r.Get("truncated").Int() != test.left {
				t.Errorf("the record is %s", r.Raw)
			}
		})
	}
}

func TestWhatAProviderFindsTooLongIsShortenedOnceWhereTheClientSaysSo(t *testing.T) {
	tests := map[string]struct {
		request string
		replies []upstreamtest.Reply
		want    []string
		status  int
	}{
		"it fits then": {thread(4, truncates), []upstreamtest.Reply{tooLong(), hello()}, []string{
			"Be kind., question 0, answer 0, question 1, answer 1, question 2, answer 2, question 3, answer 3, the last",
			"Be kind., answer 2, question 3, answer 3, the last",
		}, http.StatusOK},
		"it does not": {thread(4, truncates), []upstreamtest.Reply{tooLong()}, []string{
			"Be kind., question 0, answer 0, question 1, answer 1, question 2, answer 2, question 3, answer 3, the last",
			"Be kind., answer 2, question 3, answer 3, the last",
		}, http.StatusBadRequest},
		"there is nothing to leave out": {thread(0, truncates), []upstreamtest.Reply{tooLong()}, []string{"Be kind., the last"}, http.StatusBadRequest},
		"the client does not say so":    {thread(1), []upstreamtest.Reply{tooLong()}, []string{"Be kind., question 0, answer 0, the last"}, http.StatusBadRequest},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, test.replies...)
			gw := start(t, mock(upstream))
			got := gw.Post("/v1/responses", test.request)
			if got.Status != test.status || test.status != http.StatusOK && got.Get("error.code").String() != "context_length_exceeded" {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
			var all []string
			for _, r := range upstream.Requests() {
				all = append(all, said(r))
			}
			if strings.Join(all, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("the provider got\n%s", strings.Join(all, "\n"))
			}
		})
	}
}
