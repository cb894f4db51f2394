package fault

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// maxMessage bounds what is quoted of a provider's answer, in bytes.
const maxMessage = 500

// FromResponse classifies a provider's error answer. now serves to read a Retry-After that is a date.
func FromResponse(provider string, status int, header http.Header, body []byte, now time.Time) *Fault {
	report := readReport(header.Get("Content-Type"), body)
	f := report.fault(provider, status)
	f.RetryAfter = retryAfter(header, body, report.message, now)
	return f
}

// FromBody classifies an error object that came inside a reply which began as a success. It reports false for a body that is none.
func FromBody(provider string, body []byte) (*Fault, bool) {
	report, ok := readJSON(gjson.ParseBytes(body))
	if !ok {
		return nil, false
	}
	f := report.fault(provider, report.status)
	f.RetryAfter = retryAfter(nil, body, report.message, time.Time{})
	return f, true
}

// report is what a provider says about an error, in whichever shape it said it.
type report struct {
	message string
	code    string
	typ     string
	param   string
	status  int // a status inside the body, 0 without one
}

func (r report) fault(provider string, status int) *Fault {
	message := r.message
	if message == "" {
		message = http.StatusText(status)
	}
	if message == "" {
		message = "an error without a message"
	}
	return &Fault{
		Kind:     classify(status, r),
		Message:  Redact(cut(message)),
		Quoted:   true,
		Provider: provider,
		Status:   status,
		Code:     r.code,
		Param:    r.param,
	}
}

func readReport(contentType string, body []byte) report {
	trimmed := strings.TrimSpace(string(body))
	if strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
		if r, ok := readJSON(gjson.Parse(trimmed)); ok {
			return r
		}
	}
	if strings.HasPrefix(trimmed, "<") || strings.Contains(contentType, "html") {
		return report{message: "an HTML page instead of an API answer; the base URL may be wrong, or lack /v1"}
	}
	return report{message: trimmed}
}

// readJSON finds the report in the shapes that providers use: an error object, an error text, detail, a flat object, an array of
// one, code and msg with success false, base_resp.
func readJSON(doc gjson.Result) (report, bool) {
	if doc.IsArray() {
		doc = doc.Get("0")
	}
	object := doc.Get("error")
	switch {
	case object.IsObject():
		r := readObject(object)
		if raw := object.Get("metadata.raw"); raw.Exists() {
			r.message += ": " + rawCause(raw)
		}
		return r, true
	case object.Type == gjson.String && object.Str != "":
		return report{message: object.Str, code: doc.Get("code").String(), typ: doc.Get("type").String()}, true
	}
	if detail := doc.Get("detail"); detail.Exists() {
		if detail.IsArray() {
			return report{message: strings.TrimSpace(detail.Get("0.msg").String() + " " + detail.Get("0.loc").Raw)}, true
		}
		return report{message: detail.String()}, true
	}
	if base := doc.Get("base_resp"); base.Get("status_code").Int() != 0 {
		return report{message: base.Get("status_msg").String(), code: base.Get("status_code").String()}, true
	}
	if success := doc.Get("success"); success.Type == gjson.False {
		code := doc.Get("code")
		r := report{message: doc.Get("msg").String() + doc.Get("message").String(), code: code.String()}
		if n := int(code.Int()); n >= 400 && n < 600 {
			r.status = n
		}
		return r, true
	}
	if doc.Get("object").Str == "error" || doc.Get("type").Str == "error" || (doc.Get("message").Exists() && !doc.Get("choices").Exists()) {
		return readObject(doc), true
	}
	return report{}, false
}

func readObject(object gjson.Result) report {
	r := report{
		message: object.Get("message").String(),
		code:    object.Get("code").String(),
		typ:     object.Get("type").String(),
		param:   object.Get("param").String(),
	}
	if n := int(object.Get("code").Int()); n >= 400 && n < 600 {
		r.status = n
	}
	if status := object.Get("status"); status.Type == gjson.String && r.typ == "" {
		r.typ = status.Str
	}
	return r
}

// rawCause reads what a market of providers reports of the one behind it: a text, or JSON in a text.
func rawCause(raw gjson.Result) string {
	text := raw.String()
	if inner, ok := readJSON(gjson.Parse(text)); ok && inner.message != "" {
		return inner.message
	}
	return text
}

func cut(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage], "") + "…"
}

// credentials are texts that look like keys: providers quote a key that they refuse.
var credentials = regexp.MustCompile(`(?i)(bearer\s+)?\b(sk|pk|gsk|xai|csk|key|api|tgp|fw|AIza)[-_][A-Za-z0-9_\-.*]{6,}|\bBearer\s+\S+|\beyJ[A-Za-z0-9_\-.]{20,}`)

// Redact blots out what looks like a credential.
func Redact(text string) string {
	return credentials.ReplaceAllString(text, "[redacted]")
}

var tryAgain = regexp.MustCompile(`(?i)(?:try again|retry) (?:in|after) (\d+(?:\.\d+)?) ?(ms|milliseconds?|s|seconds?|m|minutes?)\b`)

// retryAfter reads how long to wait from the headers, else from the body.
func retryAfter(header http.Header, body []byte, message string, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	if value := header.Get("Retry-After"); value != "" {
		if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 {
			return time.Duration(s * float64(time.Second))
		}
		if date, err := http.ParseTime(value); err == nil && date.After(now) {
			return date.Sub(now)
		}
	}
	if resets := gjson.GetBytes(body, "error.resets_in_seconds"); resets.Float() > 0 {
		return time.Duration(resets.Float() * float64(time.Second))
	}
	if delay := gjson.GetBytes(body, "error.details.#.retryDelay|0"); delay.Exists() {
		if d, err := time.ParseDuration(delay.String()); err == nil {
			return d
		}
	}
	match := tryAgain.FindStringSubmatch(message)
	if match == nil {
		return 0
	}
	n, _ := strconv.ParseFloat(match[1], 64)
	unit := time.Second
	switch {
	case strings.HasPrefix(match[2], "ms"), strings.HasPrefix(match[2], "milli"):
		unit = time.Millisecond
	case strings.HasPrefix(match[2], "m"):
		unit = time.Minute
	}
	return time.Duration(n * float64(unit))
}

func appendString(dst []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...)
	}
	return append(dst, quoted...)
}
