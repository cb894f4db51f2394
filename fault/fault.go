// Package fault says what can go wrong with an exchange, and how each kind of it is told to a client.
//
// A Fault is made where something fails and carries the facts. What a client sees of it, an HTTP status or a failed response, is
// decided once, by the table in told.go.
package fault

import (
	"fmt"
	"strconv"
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
	Said       bool          // RetryAfter is what the provider says, rather than a guess

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
	if f.Kind != Rejected && f.Kind != StaleReasoning && f.Kind != ContextLength && f.Kind != Filtered {
		return f.Error()
	}
	return f.Bare()
}

// Bare is the message without anything in the provider's words: other clients may hear it.
func (f *Fault) Bare() string {
	switch {
	case !f.Quoted:
		return f.Error()
	case f.Status == 0:
		return "provider " + f.Provider + " reported an error: " + f.ErrorCode()
	default:
		return "provider " + f.Provider + " answered " + strconv.Itoa(f.Status) + ": " + f.ErrorCode()
	}
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }
