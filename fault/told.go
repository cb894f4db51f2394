package fault

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// form is how a fault is told to clients.
type form struct {
	status  int    // HTTP status before anything was sent
	typ     string // error.type
	code    string // error.code, and the code of a failed response
	final   bool   // repeating the same request cannot help
	another bool   // another target may do better
}

var forms = map[Kind]form{
	Internal:          {500, "server_error", "server_error", false, false},
	Invalid:           {400, "invalid_request_error", "invalid_prompt", true, false},
	TooLarge:          {413, "invalid_request_error", "request_too_large", true, false},
	UnsupportedCoding: {415, "invalid_request_error", "unsupported_content_encoding", true, false},
	UnknownModel:      {404, "invalid_request_error", "model_not_found", true, false},
	NotFound:          {404, "invalid_request_error", "not_found", true, false},
	NoPrevious:        {400, "invalid_request_error", "previous_response_not_found", true, false},
	NotStored:         {503, "server_error", "server_error", false, false},
	ContextLength:     {400, "invalid_request_error", "context_length_exceeded", true, false},
	Rejected:          {400, "invalid_request_error", "invalid_prompt", true, true},
	StaleReasoning:    {400, "invalid_request_error", "invalid_prompt", true, true},
	Unauthorized:      {502, "server_error", "provider_unauthorized", true, true},
	NoCredit:          {429, "insufficient_quota", "insufficient_quota", true, true},
	NoSuchModel:       {404, "invalid_request_error", "model_not_found", true, true},
	RateLimited:       {429, "rate_limit_error", "rate_limit_exceeded", false, true},
	Overloaded:        {503, "server_error", "server_error", false, true},
	Unavailable:       {502, "server_error", "server_error", false, true},
	TimedOut:          {504, "server_error", "server_error", false, true},
	Truncated:         {502, "server_error", "server_error", false, true},
	BadReply:          {502, "server_error", "server_error", false, true},
	Misaddressed:      {502, "server_error", "provider_not_an_api", true, true},
	Filtered:          {400, "invalid_request_error", "content_filter", true, true},
	ClientGone:        {499, "server_error", "client_closed_request", true, false},
}

// longestWait is how long a client is asked to wait for a limit. It is shown one that lasts longer, for Codex would sleep all the while and
// say nothing.
const longestWait = time.Hour

// form is how this fault is told: as its kind is, but for limits, which go by their time. What a provider calls a quota may be back in a
// minute, and what it calls a rate limit may last for days.
func (f *Fault) form() form {
	switch {
	case f.Kind == NoCredit && f.Said && f.RetryAfter > 0 && f.RetryAfter <= longestWait:
		return forms[RateLimited]
	case f.Kind == RateLimited && f.RetryAfter > longestWait:
		return forms[NoCredit]
	default:
		return forms[f.Kind]
	}
}

// HTTPStatus is the status for a client to which nothing has been sent.
func (f *Fault) HTTPStatus() int { return f.form().status }

// Type is the error.type of the Responses API.
func (f *Fault) Type() string { return f.form().typ }

// ErrorCode is the error.code of the Responses API.
func (f *Fault) ErrorCode() string { return f.form().code }

// Final reports whether repeating the request cannot help.
func (f *Fault) Final() bool { return f.form().final }

// AnotherTarget reports whether another target may answer what this one did not.
func (f *Fault) AnotherTarget() bool { return f.form().another }

// FailedCode is the code of a failed response in a stream. Codex repeats on every code but a handful, so a fault that repeating
// cannot mend gets one of those: invalid_prompt shows its message and stops.
func (f *Fault) FailedCode() string {
	form := f.form()
	switch {
	case form.code == "context_length_exceeded", form.code == "model_not_found", f.Kind == NoPrevious: // for which it opens another WebSocket
		return form.code
	case form.final:
		return "invalid_prompt"
	case f.Delay() > 0:
		return forms[RateLimited].code // the only one with which Codex waits for as long as the message says
	default:
		return form.code
	}
}

// FailedMessage is the message of a failed response in a stream. Where there is a time to wait it ends in the words by which Codex learns
// of it.
func (f *Fault) FailedMessage() string {
	if f.Delay() == 0 {
		return f.told()
	}
	return fmt.Sprintf("%s. Please try again in %ss.", f.withoutWait(), seconds(f.Delay()))
}

// told is the message for a client that is not to wait. Of a limit it says when that is reset.
func (f *Fault) told() string {
	wait := f.wait()
	if !f.Final() || !f.limited() || wait == 0 {
		return f.Error()
	}
	return f.withoutWait() + ". It is reset in " + inWords(wait) + "."
}

// withoutWait is the whole message without a time to wait, which may be another than that of the fault; and Codex takes the first.
func (f *Fault) withoutWait() string {
	return strings.TrimRight(waitWords.ReplaceAllString(f.Error(), ""), ".,; ")
}

// defaultDelay is the wait after a rate limit that names none.
const defaultDelay = 5 * time.Second

// Delay is how long a client should wait before it repeats, 0 where that does not help or no time is known.
func (f *Fault) Delay() time.Duration {
	if f.Final() {
		return 0
	}
	return f.wait()
}

// wait is how long it takes until repeating may help, 0 where that is not known. When an account has credit again is known only from its
// provider; what this side guesses, an hour at most, is for its own keys to go by.
func (f *Fault) wait() time.Duration {
	switch {
	case f.Kind == NoCredit && !f.Said && f.RetryAfter <= longestWait:
		return 0
	case f.Kind == RateLimited && f.RetryAfter <= 0:
		return defaultDelay
	default:
		return max(f.RetryAfter, 0)
	}
}

// RetryAfterHeader is how long it takes until repeating may help, in whole seconds, rounded up, as the header wants it; empty where that is
// not known. A final fault has it as well: clients other than Codex know themselves whether they wait that long.
func (f *Fault) RetryAfterHeader() string {
	if wait := f.wait(); wait > 0 {
		return strconv.Itoa(int(math.Ceil(wait.Seconds())))
	}
	return ""
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(math.Ceil(d.Seconds()*10)/10, 'f', -1, 64)
}

// inWords is a time of more than an hour in words, of two units at most, rounded up.
func inWords(d time.Duration) string {
	if d > 24*time.Hour-time.Minute {
		hours := int(math.Ceil(d.Hours()))
		return joined(hours/24, "day", hours%24, "hour")
	}
	minutes := int(math.Ceil(d.Minutes()))
	return joined(minutes/60, "hour", minutes%60, "minute")
}

func joined(n int, unit string, rest int, smaller string) string {
	if rest == 0 {
		return counted(n, unit)
	}
	return counted(n, unit) + " " + counted(rest, smaller)
}

func counted(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// AppendError appends the body of an HTTP error: an object with the member error and its four keys. The code is ErrorCode for most
// clients; Codex shows the message alone where it is FailedCode, else the whole body.
func (f *Fault) AppendError(dst []byte, code string) []byte {
	dst = append(dst, `{"error":{"message":`...)
	dst = appendString(dst, f.told())
	dst = append(dst, `,"type":`...)
	dst = appendString(dst, f.Type())
	dst = append(dst, `,"param":`...)
	if f.Param == "" {
		dst = append(dst, "null"...)
	} else {
		dst = appendString(dst, f.Param)
	}
	dst = append(dst, `,"code":`...)
	dst = appendString(dst, code)
	return append(dst, "}}"...)
}
