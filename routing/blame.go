package routing

import "github.com/caddy-codex/responses/fault"

// culprit is who a fault speaks against.
type culprit int

const (
	nobody    culprit = iota // the request's own fault, or the client's
	theKey                   // the account behind it, to be exact
	theTarget                // the provider, or its model
)

// remedy is what may help after a fault.
type remedy int

const (
	nothing     remedy = iota // the exchange ends
	largerModel               // a target with a larger context window
	otherTarget               // any other target
	otherKey                  // another key, or the same one later, or another target
	repeating                 // the same target later, or another one
)

const (
	// conflict is the status of an answer that a repetition may change, other than those of the same kind.
	conflict = 409

	// unauthorized and forbidden are those of answers about a model that the key may not use, which another one may.
	unauthorized = 401
	forbidden    = 403
)

// judge says whom a fault speaks against, and what may help.
func judge(f *fault.Fault) (culprit, remedy) {
	switch f.Kind {
	case fault.ContextLength:
		return nobody, largerModel
	case fault.Rejected:
		if f.Status == conflict {
			return nobody, repeating
		}
		return nobody, otherTarget
	case fault.NoSuchModel:
		if f.Status == unauthorized || f.Status == forbidden {
			return theKey, otherKey
		}
		return nobody, otherTarget
	case fault.StaleReasoning, fault.Filtered:
		return nobody, otherTarget
	case fault.Unauthorized, fault.NoCredit, fault.RateLimited:
		return theKey, otherKey
	case fault.Misaddressed:
		return theTarget, otherTarget
	case fault.Overloaded, fault.Unavailable, fault.TimedOut, fault.Truncated, fault.BadReply:
		return theTarget, repeating
	default:
		return nobody, nothing
	}
}

// AboutKey reports whether a fault speaks against a key.
func AboutKey(f *fault.Fault) bool {
	who, _ := judge(f)
	return who == theKey
}

// helps says what may help after a fault.
func helps(f *fault.Fault) remedy {
	_, help := judge(f)
	if help == repeating && f.Lasting {
		return otherTarget
	}
	return help
}
