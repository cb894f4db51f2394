package postgres

import (
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session/internal/block"
)

// UnmarshalCaddyfile reads the store from Caddyfile tokens:
//
//	postgres [<dsn>] {
//		dsn             <url or placeholder>
//		password        <placeholder>
//		table           <name>
//		max_connections <number>
//		timeout         <duration>
//	}
func (b *Backend) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the store's name
	if d.NextArg() {
		b.DSN = d.Val()
	}
	if d.NextArg() {
		return block.BadForm(d, "postgres [<dsn>] { ... }")
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		if err := b.subdirective(d); err != nil {
			return err
		}
	}
	if err := b.check(); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

func (b *Backend) subdirective(d *caddyfile.Dispenser) (err error) {
	name := d.Val()
	var value string
	if !d.AllArgs(&value) {
		return block.BadForm(d, name+" <value>")
	}
	switch name {
	case "dsn":
		b.DSN = value
	case "password":
		b.Password = value
	case "table":
		b.Table = value
	case "max_connections":
		if b.MaxConnections, err = strconv.Atoi(value); err != nil || b.MaxConnections < 1 {
			return d.Errf("max_connections: %s is not a number above zero", value)
		}
	case "timeout":
		timeout, err := caddy.ParseDuration(value)
		if err != nil || timeout <= 0 {
			return d.Errf("timeout: %s is not a duration above zero, such as 2s", value)
		}
		b.Timeout = caddy.Duration(timeout)
	default:
		return d.Errf("unrecognized subdirective %s; postgres takes dsn, password, table, max_connections and timeout", name)
	}
	return nil
}
