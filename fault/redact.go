package fault

import (
	"regexp"
	"strings"
	"unicode"
)

// credentials are texts that look like keys by their beginning: providers quote a key that they refuse.
var credentials = regexp.MustCompile(`(?i)\bbearer\s+\S+|\b(?:sk|pk|gsk|xai|csk|tgp|fw)[-_][A-Za-z0-9_\-.*]{6,}|\bAIza[A-Za-z0-9_\-*]{6,}|\beyJ[A-Za-z0-9_\-.]{20,}`)

// named are words of some length that are said to be a key.
var named = regexp.MustCompile(`(?i)\b((?:key|token|secret|credential|authorization)s?(?:\s+(?:provided|is|was))?[\s:="'` + "`" + `(]*)([A-Za-z0-9_\-.*+/=]{16,})`)

const blot = "[redacted]"

// Redact blots out what looks like a credential.
func Redact(text string) string {
	text = credentials.ReplaceAllString(text, blot)
	return named.ReplaceAllStringFunc(text, func(match string) string {
		parts := named.FindStringSubmatch(match)
		if !strings.ContainsFunc(parts[2], unicode.IsDigit) {
			return match // a long word
		}
		return parts[1] + blot
	})
}

// inToken reports whether a character may be part of a key.
func inToken(r rune) bool {
	return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.*+/=", r))
}
