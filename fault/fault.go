// Package fault says what can go wrong with an exchange, and how each kind of it is told to a client.
//
// A Fault is made where something fails and carries the facts. What a client sees of it, an HTTP status or a failed response, is
// decided once, by the table in this package.
package fault

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind classifies a fault by who can mend it and whether repeating helps.
type Kind int

// The kinds.
const (
	// Internal is our own mistake.
	Internal Kind = iota
	// Invalid is a request that the client got wrong.
	Invalid
	// TooLarge is a body over the configured limit.
	TooLarge
	// UnsupportedCoding is a body in a coding that is not known.
	UnsupportedCoding
	// UnknownModel is a model name that no route and no provider knows.
	UnknownModel
	// NotFound is a path or an object that does not exist.
	NotFound
	// NoPrevious is a response to go on from that is not there.
	NoPrevious
	// NotStored is stored state that cannot be reached at the moment.
	NotStored
	// ContextLength is a prompt longer than the model's context window.
	ContextLength
	// Rejected is a request that the provider found faulty.
	Rejected
	// StaleReasoning is a request with reasoning that the provider has sealed and does not open any more: its key has changed, or the
	// account has.
	StaleReasoning
	// Unauthorized is a key that the provider does not take, or the lack of one.
	Unauthorized
	// NoCredit is an account without money or quota left.
	NoCredit
	// NoSuchModel is a model that the provider does not have.
	NoSuchModel
	// RateLimited is a provider that wants fewer requests for a while.
	RateLimited
	// Overloaded is a provider or model without capacity at the moment.
	Overloaded
	// Unavailable is a provider that could not be reached, or whose answer was an error of its own.
	Unavailable
	// TimedOut is a provider that kept silent for too long.
	TimedOut
	// Truncated is a reply that broke off.
	Truncated
	// BadReply is a reply that is not what the wire promises.
	BadReply
	// Misaddressed is a page where an API should be.
	Misaddressed
	// Filtered is a reply that the provider's content filter withheld whole.
	Filtered
	// ClientGone is a client that closed its connection.
	ClientGone
)

// Fault is an error of an exchange.
type Fault struct {
	Kind    Kind
	Message string // what happened, without key material: the provider's own words, or a predicate to its name

	// Quoted says that Message is what the provider said.
	Quoted bool

	Provider string // name of the provider, empty for faults on this side
	Status   int    // HTTP status of the provider's answer, 0 without one
	Code     string // the provider's own code, as it sent it

	Param      string        // the request's field that is at fault, empty where unknown
	RetryAfter time.Duration // how long the provider asks to wait, 0 where it does not say

	// Lasting says that the provider would refuse the same request again.
	Lasting bool

	Err error // the cause, for logs and errors.Is
}

// New makes a fault of this side.
func New(kind Kind, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Error is the whole message: provider, status and cause.
func (f *Fault) Error() string {
	switch {
	case f.Provider == "":
		return f.Message
	case !f.Quoted:
		return "provider " + f.Provider + " " + f.Message
	case f.Status == 0:
		return "provider " + f.Provider + " reported an error: " + f.Message
	default:
		return "provider " + f.Provider + " answered " + strconv.Itoa(f.Status) + ": " + f.Message
	}
}

// Brief is the message for logs. It leaves out what the provider said of the request itself, for that may quote the prompt.
func (f *Fault) Brief() string {
	switch {
	case !f.Quoted, f.Kind != Rejected && f.Kind != StaleReasoning && f.Kind != ContextLength && f.Kind != Filtered:
		return f.Error()
	case f.Status == 0:
		return "provider " + f.Provider + " reported an error: " + f.ErrorCode()
	default:
		return "provider " + f.Provider + " answered " + strconv.Itoa(f.Status) + ": " + f.ErrorCode()
	}
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// form is how a kind is told to clients.
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

// HTTPStatus is the status for a client to which nothing has been sent.
func (f *Fault) HTTPStatus() int { return forms[f.Kind].status }

// Type is the error.type of the Responses API.
func (f *Fault) Type() string { return forms[f.Kind].typ }

// ErrorCode is the error.code of the Responses API.
func (f *Fault) ErrorCode() string { return forms[f.Kind].code }

// Final reports whether repeating the request cannot help.
func (f *Fault) Final() bool { return forms[f.Kind].final }

// AnotherTarget reports whether another target may answer what this one did not.
func (f *Fault) AnotherTarget() bool { return forms[f.Kind].another }

// FailedCode is the code of a failed response in a stream. Codex repeats on every code but a handful, so a fault that repeating
// cannot mend gets one of those: invalid_prompt shows its message and stops.
func (f *Fault) FailedCode() string {
	form := forms[f.Kind]
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
		return f.Error()
	}
	said := waitWords.ReplaceAllString(f.Error(), "") // which may be another wait than that of the fault, and Codex takes the first
	return fmt.Sprintf("%s. Please try again in %ss.", strings.TrimRight(said, ".,; "), seconds(f.Delay()))
}

// defaultDelay is the wait after a rate limit that names none.
const defaultDelay = 5 * time.Second

// Delay is how long a client should wait before it repeats, 0 where that does not help or no time is known.
func (f *Fault) Delay() time.Duration {
	switch {
	case f.Final():
		return 0
	case f.RetryAfter > 0:
		return f.RetryAfter
	case f.Kind == RateLimited:
		return defaultDelay
	default:
		return 0
	}
}

// RetryAfterHeader is Delay in whole seconds, rounded up, as the header wants it; empty for none.
func (f *Fault) RetryAfterHeader() string {
	if delay := f.Delay(); delay > 0 {
		return strconv.Itoa(int(math.Ceil(delay.Seconds())))
	}
	return ""
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(math.Ceil(d.Seconds()*10)/10, 'f', -1, 64)
}

// AppendError appends the body of an HTTP error: an object with the member error and its four keys. The code is ErrorCode for most
// clients; Codex shows the message alone where it is FailedCode, else the whole body.
func (f *Fault) AppendError(dst []byte, code string) []byte {
	dst = append(dst, `{"error":{"message":`...)
	dst = appendString(dst, f.Error())
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
