// Package glob matches names against patterns in which * stands for any characters and ? for one.
package glob

import "strings"

// Match reports whether pattern covers all of text. It compares in one pass: where a character differs, the last star takes one more.
func Match(pattern, text string) bool {
	at, star, taken := 0, -1, 0
	for i := 0; i < len(text); {
		switch {
		case at < len(pattern) && pattern[at] == '*':
			star, taken = at, i
			at++
		case at < len(pattern) && (pattern[at] == '?' || pattern[at] == text[i]):
			at++
			i++
		case star >= 0:
			taken++
			at, i = star+1, taken
		default:
			return false
		}
	}
	return strings.Trim(pattern[at:], "*") == ""
}

// Wild reports whether a pattern has wildcards.
func Wild(pattern string) bool {
	return strings.ContainsAny(pattern, "*?")
}
