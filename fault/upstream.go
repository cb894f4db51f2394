package fault

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// maxMessage bounds what is quoted of a provider's answer, in bytes.
const maxMessage = 500

// FromResponse classifies a provider's error answer. now serves to read a Retry-After that is a date.
func FromResponse(provider string, status int, header http.Header, body []byte, now time.Time) *Fault {
	report := readReport(header.Get("Content-Type"), body)
	if report.typ == "" {
		report.typ = amazonType(header)
	}
	f := report.fault(provider, status)
	f.asks(retryAfter(header, body, report.message, now, f.limited()))
	f.Lasting = header.Get("X-Should-Retry") == "false"
	return f
}

// amazonType is the kind of an error of AWS, which names it in a header, at times with more behind a colon.
func amazonType(header http.Header) string {
	typ, _, _ := strings.Cut(header.Get("X-Amzn-Errortype"), ":")
	return typ
}

// asks notes how long the provider asks to wait.
func (f *Fault) asks(wait time.Duration) { f.RetryAfter, f.Said = wait, wait > 0 }

// limited reports whether it is about a limit that is reset at some time.
func (f *Fault) limited() bool { return f.Kind == RateLimited || f.Kind == NoCredit }

// FromBody classifies an error object that came inside a reply which began as a success. It reports false for a body that is none. now
// serves to read when a limit is reset.
func FromBody(provider string, body []byte, now time.Time) (*Fault, bool) {
	report, ok := readJSON(gjson.ParseBytes(body))
	if !ok {
		return nil, false
	}
	f := report.fault(provider, report.status)
	f.asks(retryAfter(nil, body, report.message, now, f.limited()))
	return f, true
}

// report is what a provider says about an error, in whichever shape it said it.
type report struct {
	message string
	code    string
	typ     string
	param   string
	status  int  // a status inside the body, 0 without one
	page    bool // it is a page for people, or called one
	markup  bool // it is a page indeed
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
		Message:  cut(Redact(message)),
		Quoted:   true,
		Provider: provider,
		Status:   status,
		Code:     cut(r.code),
		Param:    cut(r.param),
	}
}

func readReport(contentType string, body []byte) report {
	trimmed := strings.TrimSpace(string(body))
	if strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
		if r, ok := readJSON(gjson.Parse(trimmed)); ok && (r.message != "" || gjson.Valid(trimmed)) {
			return r
		}
	}
	markup := strings.HasPrefix(trimmed, "<")
	if markup || strings.Contains(contentType, "html") {
		return report{page: true, markup: markup, message: "an HTML page instead of an API answer; the base URL may be wrong, or lack /v1, or a proxy has answered"}
	}
	return report{message: trimmed}
}

// cut shortens a text. It leaves no half of a word, for that could be half of a key, which nothing would know for one.
func cut(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	end := strings.LastIndexFunc(text[:maxMessage], func(r rune) bool { return !inToken(r) })
	return strings.ToValidUTF8(text[:max(end, 0)], "") + "…"
}

func appendString(dst []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...)
	}
	return append(dst, quoted...)
}
