package routing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What a target can be kept for.
const (
	onlyImage   = "image"
	onlyContext = "context"
	onlyTools   = "tools"
	onlyEffort  = "effort"
)

// Condition keeps a target for some requests only.
type Condition struct {
	// Only says for which: "image" for requests with images, "tools" for requests with tools, "effort" for those that ask for one of
	// Efforts, and "context" for those that have more than Tokens tokens.
	Only string `json:"only"`

	// Tokens is the number of tokens that a request has to exceed. Default: the largest context window of the route's targets that
	// are not kept for large requests
	Tokens int `json:"tokens,omitempty"`

	// Efforts are the reasoning efforts of which a request has to ask for one.
	Efforts []string `json:"efforts,omitempty"`
}

// ParseCondition reads what follows the word only:
//
//	image
//	context [<tokens>]          # 200000, 200k or 1m
//	tools
//	effort <word>...
func ParseCondition(words []string) (Condition, error) {
	if len(words) == 0 {
		return Condition{}, fmt.Errorf("only needs a condition: image, context, tools or effort")
	}
	c, args := Condition{Only: words[0]}, words[1:]
	switch {
	case !isCondition(c.Only):
	case slices.ContainsFunc(args, isCondition):
		return Condition{}, fmt.Errorf("only %s: each condition needs an only of its own: %s", strings.Join(words, " "), apart(words))
	case c.Only == onlyEffort:
		c.Efforts = slices.Clone(args)
	case c.Only == onlyContext && len(args) == 1:
		tokens, err := parseTokens(args[0])
		if err != nil {
			return Condition{}, err
		}
		c.Tokens = tokens
	case len(args) > 0:
		return Condition{}, fmt.Errorf("only %s: %q is too much", c.Only, args[len(args)-1])
	}
	return c, c.Validate()
}

// isCondition reports whether a word begins a condition.
func isCondition(word string) bool {
	return slices.Contains([]string{onlyImage, onlyContext, onlyTools, onlyEffort}, word)
}

// apart writes several conditions as they should be.
func apart(words []string) string {
	var b strings.Builder
	for _, word := range words {
		if isCondition(word) {
			b.WriteString(" only")
		}
		b.WriteString(" " + word)
	}
	return b.String()[1:]
}

// Validate finds mistakes of a condition.
func (c Condition) Validate() error {
	switch {
	case !isCondition(c.Only):
		return fmt.Errorf("only %q is unknown; there are image, context, tools and effort", c.Only)
	case c.Only == onlyEffort && (len(c.Efforts) == 0 || slices.Contains(c.Efforts, "")):
		return fmt.Errorf("only effort needs at least one effort, such as high")
	case c.Only != onlyEffort && len(c.Efforts) > 0:
		return fmt.Errorf("only %s has no efforts", c.Only)
	case c.Tokens < 0 || c.Only != onlyContext && c.Tokens != 0:
		return fmt.Errorf("only %s cannot have %d tokens", c.Only, c.Tokens)
	}
	return nil
}

// parseTokens reads a number of tokens, of thousands with k, or of millions with m.
func parseTokens(text string) (int, error) {
	digits, factor := strings.ToLower(text), 1
	if rest, ok := strings.CutSuffix(digits, "k"); ok {
		digits, factor = rest, 1_000
	} else if rest, ok := strings.CutSuffix(digits, "m"); ok {
		digits, factor = rest, 1_000_000
	}
	n, err := strconv.Atoi(digits)
	const most = 1_000_000_000
	if err != nil || n <= 0 || n > most/factor {
		return 0, fmt.Errorf("only context: %q is not a number of tokens, such as 200000 or 200k", text)
	}
	return n * factor, nil
}

// String is the condition as it is written.
func (c Condition) String() string {
	switch {
	case c.Only == onlyEffort:
		return onlyEffort + " " + strings.Join(c.Efforts, " ")
	case c.Tokens > 0:
		return c.Only + " " + strconv.Itoa(c.Tokens)
	default:
		return c.Only
	}
}

// Needs is what a request needs.
type Needs struct {
	Images  bool
	Tools   bool
	Effort  string // the reasoning effort that it asks for, empty for none
	Context int    // the tokens that it has at the least, 0 where that is not known
}

// Can is what a target can do, as far as that is known. The zero value can do everything.
type Can struct {
	Window   int // the context window in tokens, 0 where that is not known
	NoImages bool
}

// holds reports whether a condition lets a request pass. ordinary is the window that the route has without targets for large requests.
func (c Condition) holds(n Needs, ordinary int) bool {
	switch c.Only {
	case onlyImage:
		return n.Images
	case onlyTools:
		return n.Tools
	case onlyEffort:
		return slices.Contains(c.Efforts, n.Effort)
	default:
		limit := c.Tokens
		if limit == 0 {
			limit = ordinary
		}
		return limit > 0 && n.Context > limit
	}
}
