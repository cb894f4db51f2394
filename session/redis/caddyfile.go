package redis

import (
	"strconv"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-codex/responses/session/internal/block"
)

// UnmarshalCaddyfile sets up the store from Caddyfile tokens. Syntax:
//
//	redis [<address>...] {
//		address <address>...
//		username <name>
//		password <secret>
//		db <number>
//		tls {
//			ca <file>...
//			server_name <name>
//			cert <file>
//			key <file>
//		}
//		sentinel <master> {
//			username <name>
//			password <secret>
//		}
//		cluster
//		key_prefix <text>
//		timeout <duration>
//	}
//
// An address is host, host:port, unix//path, or a URL of the form redis://host:port/db, rediss://host:port/db (with TLS) or unix:///path?db=n;
// one that holds a password is a placeholder as a whole. A secret is a placeholder such as {env.NAME} or {file./path}.
func (b *Backend) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the store's name
	b.Addresses = append(b.Addresses, d.RemainingArgs()...)
	for d.NextBlock(0) {
		if err := b.subdirective(d); err != nil {
			return err
		}
	}
	if err := b.check(); err != nil {
		return d.WrapErr(err)
	}
	return nil
}

func (b *Backend) subdirective(d *caddyfile.Dispenser) error {
	switch name := d.Val(); name {
	case "address":
		return list(d, &b.Addresses, "address <address>...")
	case "username":
		return one(d, &b.Username, "username <name>")
	case "password":
		return one(d, &b.Password, "password <secret>")
	case "db":
		return b.number(d)
	case "tls":
		return b.encryption(d)
	case "sentinel":
		return b.sentinel(d)
	case "cluster":
		if d.NextArg() {
			return block.BadForm(d, "cluster")
		}
		b.Cluster = true
		return nil
	case "key_prefix":
		return one(d, &b.KeyPrefix, "key_prefix <text>")
	case "timeout":
		return b.duration(d)
	default:
		return d.Errf("%s is no setting of the store redis; there are address, username, password, db, tls, sentinel, cluster, key_prefix "+
			"and timeout", name)
	}
}

func (b *Backend) number(d *caddyfile.Dispenser) (err error) {
	var text string
	if err := one(d, &text, "db <number>"); err != nil {
		return err
	}
	if b.DB, err = strconv.Atoi(text); err != nil {
		return d.Errf("db %s is not a number", text)
	}
	return nil
}

func (b *Backend) duration(d *caddyfile.Dispenser) error {
	var text string
	if err := one(d, &text, "timeout <duration>"); err != nil {
		return err
	}
	timeout, err := caddy.ParseDuration(text)
	if err != nil || timeout <= 0 {
		return d.Errf("timeout %s is not a duration such as 2s", text)
	}
	b.Timeout = caddy.Duration(timeout)
	return nil
}

func (b *Backend) encryption(d *caddyfile.Dispenser) error {
	if d.NextArg() {
		return block.BadForm(d, "tls { ... }")
	}
	b.TLS = new(TLS)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		var err error
		switch name := d.Val(); name {
		case "ca":
			err = list(d, &b.TLS.CA, "ca <file>...")
		case "server_name":
			err = one(d, &b.TLS.ServerName, "server_name <name>")
		case "cert":
			err = one(d, &b.TLS.Certificate, "cert <file>")
		case "key":
			err = one(d, &b.TLS.Key, "key <file>")
		default:
			err = d.Errf("%s is no setting of tls; there are ca, server_name, cert and key", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Backend) sentinel(d *caddyfile.Dispenser) error {
	b.Sentinel = new(Sentinel)
	if err := one(d, &b.Sentinel.Master, "sentinel <master>"); err != nil {
		return err
	}
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		var err error
		switch name := d.Val(); name {
		case "username":
			err = one(d, &b.Sentinel.Username, "username <name>")
		case "password":
			err = one(d, &b.Sentinel.Password, "password <secret>")
		default:
			err = d.Errf("%s is no setting of sentinel; there are username and password", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// one reads the only argument of a setting.
func one(d *caddyfile.Dispenser, to *string, form string) error {
	if !d.NextArg() {
		return block.BadForm(d, form)
	}
	*to = d.Val()
	if d.NextArg() {
		return block.BadForm(d, form)
	}
	return nil
}

// list reads the arguments of a setting that has at least one.
func list(d *caddyfile.Dispenser, to *[]string, form string) error {
	args := d.RemainingArgs()
	if len(args) == 0 {
		return block.BadForm(d, form)
	}
	*to = append(*to, args...)
	return nil
}
