package lessons

import (
	"regexp"
	"slices"
	"strings"

	"github.com/caddy-codex/responses/fault"
)

// What NAME and REFUSED stand for in the complaints of lessons.json.
const (
	namePattern    = `'?(?P<name>[a-z_$#][\w$./#\[\]-]*)'?`
	refusedPattern = `(?:(?:currently|yet|no longer) )?(?:not (?:yet |currently )?(?:supported|allowed|permitted|recogni[sz]ed|accepted|available|implemented|expected|a valid (?:parameter|field|property))|unsupported|unknown|unrecogni[sz]ed|unexpected|deprecated|disallowed)`
)

// name is something of a request that a provider complains of.
type name struct {
	path string // from the root of the request as far as the provider says, with dots
	sure bool   // the provider named it by the error's own fields
}

// plain brings a message into one form: lower case, one kind of quotes, no escapes of a text within a text, single spaces, nothing of
// what the client wrote.
func (b *textbook) plain(message string) string {
	text := strings.ToLower(message)
	text = strings.NewReplacer(`\n`, " ", `\`, "", `"`, "'", "`", "'", "’", "'", "‘", "'", "“", "'", "”", "'").Replace(text)
	text = strings.Join(strings.Fields(text), " ")
	for _, echo := range b.Echoes {
		text, _, _ = strings.Cut(text, echo)
	}
	return text
}

// names finds what a refusal complains of.
func (b *textbook) names(text string, f *fault.Fault) []name {
	var found []name
	add := func(path string, sure bool) {
		path = dotted(path)
		if path != "" && !slices.ContainsFunc(found, func(n name) bool { return n.path == path }) {
			found = append(found, name{path, sure})
		}
	}
	if slices.Contains(b.Codes, strings.ToLower(f.Code)) {
		add(strings.ToLower(f.Param), true)
	}
	for _, pattern := range b.complaints {
		for _, match := range pattern.FindAllStringSubmatch(text, -1) {
			path := ""
			for i, group := range pattern.SubexpNames() {
				switch group {
				case "name", "loc":
					path += match[i]
				case "in":
					path = match[i] + "." + path
				}
			}
			add(path, false)
		}
	}
	return found
}

var (
	separators = strings.NewReplacer("[", ".", "]", "", "/", ".", ",", ".", "#", "", "'", "", " ", "")
	dots       = regexp.MustCompile(`\.{2,}`)
)

// dotted writes a path with dots, in whichever way it was written: tools[0].type, #/tools/0/type, 'body', 'tools', 0, 'type'.
func dotted(path string) string {
	path = dots.ReplaceAllString(separators.Replace(path), ".")
	return strings.TrimPrefix(strings.Trim(path, ".-:"), "body.")
}

var identifier = regexp.MustCompile(`^[a-z][a-z_]{1,40}$`)

// droppable reports whether a rule lets the member be left out: one that it lists, or an unlisted one that the provider named by the
// error's own fields.
func (n name) droppable(r *rule) bool {
	if slices.Contains(r.Names, n.path) {
		return true
	}
	return n.sure && identifier.MatchString(n.path) && !slices.Contains(r.Keep, n.path)
}
