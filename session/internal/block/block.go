// Package block reads what the Caddyfile blocks of stores have in common.
package block

import (
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/dustin/go-humanize"
)

// maxSize bounds sizes, in bytes: more is a slip of the pen.
const maxSize = 1 << 40

// BadForm is the error of a line that is not written as it should be.
func BadForm(d *caddyfile.Dispenser, form string) error {
	return d.Errf("wrong number of arguments; the form is: %s", form)
}

// Size reads the one argument of a subdirective as a number of bytes.
func Size(d *caddyfile.Dispenser, to *int64, form string) error {
	var word string
	if !d.AllArgs(&word) {
		return BadForm(d, form)
	}
	n, err := humanize.ParseBytes(word)
	if err != nil || n == 0 || n > maxSize {
		return d.Errf("%s: %s is not a size from 1 byte to 1TiB, such as 64MiB", form, word)
	}
	*to = int64(n)
	return nil
}
