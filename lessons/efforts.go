package lessons

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/translate/dialect"
)

// efforts are the words that providers have for how much to think, lowest first.
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

var word = regexp.MustCompile(`[a-z]+`)

// endOfList is where a list of allowed values ends and the refused one, or something else, is named.
var endOfList = regexp.MustCompile(`\b(?:received|got|but|not|input)\b|\. |\), `)

// listed finds the efforts in what a provider says of those that it takes.
func listed(text string) []string {
	if end := endOfList.FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	var found []string
	for _, w := range word.FindAllString(text, -1) {
		if slices.Contains(efforts, w) && !slices.Contains(found, w) {
			found = append(found, w)
		}
	}
	return found
}

// nearest maps the efforts of a dialect to those that are taken: the next higher one, else the highest. It reports false where nothing
// changes.
func nearest(d *dialect.Dialect, taken []string) (map[string]string, bool) {
	mapped := make(map[string]string)
	if d.Profile == "native" { // the client's words pass as they are
		for _, effort := range efforts {
			mapped[effort] = effort
		}
	}
	maps.Copy(mapped, d.EffortMap)
	changed := false
	for requested, value := range mapped {
		mapped[requested] = fit(d, value, taken)
		changed = changed || mapped[requested] != value
	}
	return mapped, len(taken) > 0 && changed
}

func fit(d *dialect.Dialect, value string, taken []string) string {
	lower := strings.ToLower(value)
	if value == dialect.Off {
		lower = "none" // what goes out where there is no other switch
		if d.EffortParam != "reasoning_effort" && d.EffortParam != "reasoning.effort" {
			return value
		}
	}
	at := slices.Index(efforts, lower)
	if at < 0 || slices.Contains(taken, lower) {
		return value
	}
	best := ""
	for i, effort := range efforts {
		if slices.Contains(taken, effort) {
			best = effort
			if i > at {
				break
			}
		}
	}
	if value == strings.ToUpper(value) {
		best = strings.ToUpper(best) // Gemini's
	}
	return best
}
