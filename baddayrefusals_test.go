package codexresponses_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

const (
	limitBody = `{"error":{"message":"Slow down.","code":"rate_limit_exceeded"}}`
	tooMany   = http.StatusTooManyRequests
)

// refusals are answers that say no. Those with a time for which a key or a provider wants to be left alone say it each in another way.
var refusals = []*trouble{
	{name: "429", play: func(v *visit) { v.refuse(time.Second, tooMany, limitBody) }},
	{name: "429 with Retry-After", play: func(v *visit) { v.refuse(3*time.Second, tooMany, limitBody, "Retry-After: 3") }},
	{name: "429 with Retry-After as a date", play: func(v *visit) {
		now := time.Now()
		then := now.Truncate(time.Second).Add(6 * time.Second)
		v.refuse(then.Sub(now), tooMany, limitBody, "Retry-After: "+then.UTC().Format(http.TimeFormat))
	}},
	{name: "429 with Retry-After-Ms", play: func(v *visit) { v.refuse(2500*time.Millisecond, tooMany, limitBody, "Retry-After-Ms: 2500") }},
	{name: "429 with the time in words", play: func(v *visit) {
		v.refuse(7*time.Second, tooMany, `{"error":{"message":"Rate limit reached. Please try again in 7s.","code":"rate_limit_exceeded"}}`)
	}},
	{name: "429 with resets_in_seconds", play: func(v *visit) {
		v.refuse(11*time.Second, tooMany, `{"error":{"message":"Limit reached.","type":"rate_limit_exceeded","resets_in_seconds":11}}`)
	}},
	{name: "429 with retryDelay", play: func(v *visit) {
		v.refuse(13*time.Second, tooMany, `{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED",
			"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"13s"}]}}`)
	}},
	{name: "429 without credit", play: func(v *visit) {
		v.refuse(5*time.Minute, tooMany, upstreamtest.ErrorBody("insufficient_quota", "insufficient_quota", "You exceeded your current quota."))
	}},
	{name: "401", play: func(v *visit) {
		v.refuse(0, http.StatusUnauthorized, upstreamtest.ErrorBody("invalid_request_error", "invalid_api_key", "Incorrect API key provided."))
	}},
	{name: "a limit inside a reply", play: func(v *visit) {
		v.town.forbid(v.host+v.key, 4*time.Second)
		v.head()
		v.event(upstreamtest.ErrorBody("rate_limit_error", "rate_limit_exceeded", "Rate limit reached. Please try again in 4s."))
	}},
	{name: "an error inside a reply", play: func(v *visit) {
		v.head()
		v.event(upstreamtest.ErrorBody("overloaded_error", "", "The model is overloaded."))
	}},
	{name: "500", play: func(v *visit) { v.answer(http.StatusInternalServerError, `{"error":{"message":"Boom."}}`) }},
	{name: "502 with a page", play: func(v *visit) { v.answer(http.StatusBadGateway, "<html>Bad gateway</html>", "Content-Type: text/html") }},
	{name: "404 with a page", play: func(v *visit) { v.answer(http.StatusNotFound, "<html>Not found</html>", "Content-Type: text/html") }},
	{name: "503 with Retry-After", play: func(v *visit) {
		v.town.forbid(v.host, 4*time.Second)
		v.answer(http.StatusServiceUnavailable, `{"error":{"message":"Maintenance."}}`, "Retry-After: 4")
	}},
	{name: "529", play: func(v *visit) { v.answer(529, `{"error":{"message":"Overloaded.","type":"overloaded_error"}}`) }},
	{name: "a refusal without an end", cost: firstTime, play: func(v *visit) {
		v.raw("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1000\r\n\r\n{")
		v.stall()
	}},
	&burst,
}

// oddities are answers that come in an odd way, and are complete.
var oddities = []*trouble{
	{name: "closed after the finish", whole: true, play: func(v *visit) { v.whole(); v.finish() }},
	{name: "closed after the end", whole: true, play: func(v *visit) { v.whole(); v.finish(); v.event("[DONE]") }},
	{name: "reset after the end", cost: goodTime, whole: true, play: func(v *visit) { v.whole(); v.finish(); v.event("[DONE]"); v.reset() }},
	{name: "silence after the finish", cost: idleTime, whole: true, play: func(v *visit) { v.whole(); v.finish(); v.stall() }},
	{name: "silence after the end", cost: goodTime, whole: true, play: func(v *visit) { v.whole(); v.finish(); v.event("[DONE]"); v.stall() }},
	{name: "a byte each second", cost: 20 * time.Minute, whole: true, play: drop},
	{name: "an event each half minute", cost: 15 * time.Minute, whole: true, play: func(v *visit) {
		v.head()
		for i := range v.story.word {
			if !v.wait(30 * time.Second) {
				return
			}
			v.text(v.story.word[i : i+1])
		}
		v.finish()
		v.done()
	}},
	{name: "comments for ten minutes", cost: 11 * time.Minute, whole: true, play: func(v *visit) {
		v.head()
		for range 20 {
			v.chunk(": working\n\n")
			if !v.wait(30 * time.Second) {
				return
			}
		}
		v.event(role)
		v.text(v.story.word)
		v.finish()
		v.done()
	}},
	{name: "bytes that are no UTF-8", whole: true, play: func(v *visit) {
		v.promises(v.story.word + "\ufffd")
		v.whole()
		v.event(`{"choices":[{"index":0,"delta":{"content":"` + "\xff" + `"}}]}`)
		v.finish()
		v.done()
	}},
	{name: "an event of three MiB", cost: goodTime, most: 4, whole: true, play: lengthy(3 << 20)},
	{name: "an event of twenty MiB", cost: goodTime, most: 2, whole: true, play: lengthy(20 << 20)},
}

// whole says the answer, and that it is one.
func (v *visit) whole() {
	v.head()
	v.event(role)
	v.text(v.story.word)
}

// dripPace is not a whole second, so that nothing falls together with the gateway's own looks at the clock all the time.
const dripPace = 1007 * time.Millisecond

// drop says an answer byte by byte.
func drop(v *visit) {
	v.head()
	v.speaks()
	reply := `data: {"choices":[{"delta":{"content":"` + v.story.word + "\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
	for i := range reply {
		if !v.wait(dripPace) || !v.chunk(reply[i:i+1]) {
			return
		}
	}
	v.keep = v.raw("0\r\n\r\n")
}

// lengthy is an answer with an event of so many bytes.
func lengthy(size int) func(v *visit) {
	return func(v *visit) {
		text := strings.Repeat("x", size)
		v.promises(text)
		v.head()
		v.text(text)
		v.finish()
		v.done()
	}
}
