package fault

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// resetFamilies are the headers in which providers say when a limit is reset, each family by how its names begin and end. What stands
// between is the dimension, and each has a header of the same name for what remains of it.
//
// OpenAI, Groq and Cerebras have X-Ratelimit-Reset-Requests and such, with a span of time; OpenRouter has X-Ratelimit-Reset, with
// milliseconds since 1970; Anthropic has Anthropic-Ratelimit-Requests-Reset, with a date.
var resetFamilies = []struct{ before, after, remains string }{
	{"X-Ratelimit-Reset", "", "X-Ratelimit-Remaining"},
	{"Anthropic-Ratelimit-", "-Reset", "Anthropic-Ratelimit-"},
	{"Ratelimit-Reset", "", "Ratelimit-Remaining"},
}

// resetIn is how long it takes until all the limits are reset that are used up, 0 where none says so. They stand in every answer, so this
// means something only where a limit is what the answer is about.
func resetIn(header http.Header, now time.Time) time.Duration {
	var longest time.Duration
	for name := range header {
		for _, family := range resetFamilies {
			rest, ok := strings.CutPrefix(name, family.before)
			dimension, ends := strings.CutSuffix(rest, family.after)
			if !ok || !ends {
				continue
			}
			remains := family.remains + dimension
			if family.after != "" {
				remains += "-Remaining"
			}
			if left := header.Get(remains); left == "" || isZero(left) {
				longest = max(longest, untilReset(header.Get(name), now))
			}
		}
	}
	return longest
}

func isZero(text string) bool {
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && n <= 0
}

// resetInBody is the same of a body: ChatGPT says resets_at, and OpenRouter quotes the headers that it got itself.
func resetInBody(doc gjson.Result, now time.Time) time.Duration {
	if at := doc.Get("error.resets_at"); at.Exists() {
		return untilReset(at.String(), now)
	}
	quoted := make(http.Header)
	doc.Get("error.metadata.headers").ForEach(func(name, value gjson.Result) bool {
		quoted.Set(name.String(), value.String())
		return true
	})
	return resetIn(quoted, now)
}

// What a number can mean: seconds, or a time in seconds or milliseconds since 1970.
const (
	leastEpoch   = 1_000_000_000
	leastEpochMS = 1_000_000_000_000
)

// untilReset reads a date, a span of time such as 6m0s, a number of seconds, or a time since 1970.
func untilReset(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	at, notDate := time.Parse(time.RFC3339, text)
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case notDate == nil:
		return wait(at.Sub(now).Seconds())
	case err != nil:
		return span(strings.ToLower(text))
	case n >= leastEpochMS:
		return wait(n/1000 - float64(now.UnixMilli())/1000)
	case n >= leastEpoch:
		return wait(n - float64(now.UnixMilli())/1000)
	default:
		return wait(n)
	}
}
