package codexresponses

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/dustin/go-humanize"
)

// given are the subdirectives that have stood in a block.
type given map[string]bool

// once refuses the subdirective at which d stands where it has stood before: of two values, nobody sees which one counts. Those of repeats
// add up, and may stand again.
func (g given) once(d *caddyfile.Dispenser, repeats ...string) error {
	name := d.Val()
	if g[name] && !slices.Contains(repeats, name) {
		return d.Errf("%s is given twice", name)
	}
	g[name] = true
	return nil
}

// word reads the one argument of a subdirective.
func (p *parser) word(to *string, form string) error {
	if !p.AllArgs(to) {
		return badForm(p.Dispenser, form)
	}
	return nil
}

// choice reads the one argument of a subdirective that takes one of some words.
func (p *parser) choice(to *string, form string, check func(string) error) error {
	if err := p.word(to, form); err != nil {
		return err
	}
	if err := check(*to); err != nil {
		return p.WrapErr(err)
	}
	return nil
}

// maxSize bounds sizes, in bytes: more is a slip of the pen.
const maxSize = 1 << 40

func (p *parser) size(to *int64, form string) error {
	var word string
	if err := p.word(&word, form); err != nil {
		return err
	}
	n, err := humanize.ParseBytes(word)
	if err != nil || n == 0 || n > maxSize {
		return p.Errf("%s: %s is not a size from 1 byte to 1TiB, such as 64MiB", form, word)
	}
	*to = int64(n)
	return nil
}

// readCount reads a number. Errors call it name.
func readCount(name, word string, least, most int) (int, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s %s is not a number from %d to %d", name, word, least, most)
	}
	return n, nil
}

// readDuration reads the one argument of a subdirective as a duration.
func readDuration(d *caddyfile.Dispenser, to *caddy.Duration, form string) error {
	var word string
	if !d.AllArgs(&word) {
		return badForm(d, form)
	}
	duration, err := caddy.ParseDuration(word)
	if err != nil || duration <= 0 {
		return d.Errf("%s: %s is not a duration above zero, such as 10s", form, word)
	}
	*to = caddy.Duration(duration)
	return nil
}

// readOrOff reads an interval that may be off, which is 0.
func readOrOff(form, word string) (caddy.Duration, error) {
	if word == "off" {
		return 0, nil
	}
	interval, err := caddy.ParseDuration(word)
	if err != nil || interval <= 0 {
		return 0, fmt.Errorf("%s: %s is neither off nor a duration above zero, such as 1h", form, word)
	}
	return caddy.Duration(interval), nil
}

const secretsForm = " <secret>..., each a placeholder such as {env.NAME} or {file./path}"

// secrets reads placeholders and refuses secrets that are written out, without repeating them.
func (p *parser) secrets(to *[]string, name string) error {
	secrets := p.RemainingArgs()
	if len(secrets) == 0 {
		return badForm(p.Dispenser, name+secretsForm)
	}
	*to = append(*to, secrets...)
	if err := checkKeys(*to); err != nil {
		return p.WrapErr(err)
	}
	return nil
}
