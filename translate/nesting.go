package translate

import "github.com/caddy-codex/responses/translate/jsonscan"

// nesting follows the brackets of a call's arguments while they arrive, so that it is cheap to know that they are not whole yet.
type nesting struct {
	depth   int
	quoted  bool // inside of a string
	escaped bool // behind a backslash in it
	ended   bool // the outermost bracket has been closed
	trailed bool // something other than white space has followed it
}

// read takes a fragment, escaped for the JSON string that the arguments are in.
func (n *nesting) read(raw []byte) {
	for i := 0; i < len(raw); i++ {
		b := raw[i]
		if b == '\\' && i+1 < len(raw) {
			i++
			b = raw[i]
			switch b {
			case 'n', 'r', 't', 'b', 'f':
				b = ' '
			case 'u':
				b, i = jsonscan.ASCII(raw[i-1:]), i+4
			}
		}
		n.next(b)
	}
}

func (n *nesting) next(b byte) {
	switch {
	case n.escaped:
		n.escaped = false
	case n.quoted:
		n.escaped = b == '\\'
		n.quoted = b != '"'
	case b == ' ':
	default:
		n.trailed = n.trailed || n.ended
		switch b {
		case '"':
			n.quoted = true
		case '{', '[':
			n.depth++
		case '}', ']':
			n.depth--
			n.ended = n.depth == 0
		}
	}
}

// open reports whether what was read cannot be a whole value.
func (n *nesting) open() bool { return n.depth != 0 || n.quoted || n.trailed }
