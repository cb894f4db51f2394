package fault

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// retryAfter reads how long to wait from the headers, else from the body, else from the message, and of a limit else from when it is reset.
func retryAfter(header http.Header, body []byte, message string, now time.Time, limited bool) time.Duration {
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return wait(ms / 1000)
	}
	if value := header.Get("Retry-After"); value != "" {
		if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 {
			return wait(s)
		}
		if date, err := http.ParseTime(value); err == nil && date.After(now) {
			return wait(date.Sub(now).Seconds())
		}
	}
	doc := gjson.ParseBytes(body)
	if doc.IsArray() {
		doc = doc.Get("0")
	}
	if resets := doc.Get("error.resets_in_seconds").Float(); resets > 0 {
		return wait(resets)
	}
	if delay := doc.Get("error.details.#.retryDelay|0"); delay.Exists() {
		if d, err := time.ParseDuration(delay.String()); err == nil && d > 0 {
			return wait(d.Seconds())
		}
	}
	if said := saidWait(message, now); said > 0 || !limited {
		return said
	}
	if reset := resetInBody(doc, now); reset > 0 {
		return reset
	}
	return resetIn(header, now)
}

// maxWait bounds what is believed.
const maxWait = 31 * 24 * time.Hour

func wait(seconds float64) time.Duration {
	if math.IsNaN(seconds) || seconds > maxWait.Seconds() {
		return maxWait
	}
	return max(time.Duration(seconds*float64(time.Second)), 0)
}

var (
	tryAgain  = regexp.MustCompile(`(?:(?:try again|retry) (?:in|after)|\bwait(?: for| at least)?) (\d[\w., ]*)`)
	resetsAt  = regexp.MustCompile(`resets? at (\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d\S*)`)
	waitWords = regexp.MustCompile(`(?i)(?:please )?(?:(?:try again|retry) (?:in|after)|\bwait(?: for| at least)?) \d+(?:\.\d+)? ?[a-z]*(?:\d+(?:\.\d+)?[a-z]+)*`)
	timePart  = regexp.MustCompile(`^[ ,]*(\d+(?:\.\d+)?) ?([a-z]+)`)
)

var timeUnits = map[string]time.Duration{
	"ms": time.Millisecond, "millisecond": time.Millisecond, "milliseconds": time.Millisecond,
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"h": time.Hour, "hr": time.Hour, "hour": time.Hour, "hours": time.Hour,
}

// saidWait finds a wait in words, such as "try again in 1m12.5s", "wait 20 seconds" or "resets at 2026-11-20T12:00:00Z".
func saidWait(message string, now time.Time) time.Duration {
	message = strings.ToLower(message)
	if match := tryAgain.FindStringSubmatch(message); match != nil {
		return span(match[1])
	}
	if match := resetsAt.FindStringSubmatch(message); match != nil {
		return untilReset(strings.ToUpper(strings.TrimRight(match[1], ".,;)")), now)
	}
	return 0
}

// span adds up a span of time such as 1m12.5s or "2 minutes 5 seconds", as far as it can be read.
func span(text string) time.Duration {
	var sum float64
	for {
		part := timePart.FindStringSubmatch(text)
		if part == nil || timeUnits[part[2]] == 0 {
			return wait(sum)
		}
		n, _ := strconv.ParseFloat(part[1], 64)
		sum += n * timeUnits[part[2]].Seconds()
		text = text[len(part[0]):]
	}
}
