package redis

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// address is where a server listens, and what its URL says beside.
type address struct {
	place    string // host:port, or the path of a socket
	tls      bool
	username string
	password string
	db       int
}

var (
	errAddress = errors.New("an address is host, host:port, unix//path, redis://host:port/db, rediss://host:port/db or unix:///path?db=n")
	errWritten = errors.New("the URL of an address holds a password; use password for it, or one placeholder such as {env.REDIS_URL} for " +
		"the whole, so that the password itself stays out of the configuration")
)

// checkAddress refuses an address as it is configured if it holds a password. What else may be wrong shows when placeholders are resolved.
func checkAddress(text string) error {
	_, rest, isURL := strings.Cut(text, "://")
	at := strings.LastIndexByte(rest, '@')
	if isURL && at >= 0 && strings.Contains(rest[:at], ":") && !isPlaceholder(text) {
		return errWritten
	}
	return nil
}

// parseAddress reads an address after its placeholders are resolved. Errors do not quote it, for it may hold a password.
func parseAddress(text, port string) (address, error) {
	if path, ok := strings.CutPrefix(text, "unix/"); ok && strings.HasPrefix(path, "/") { // as Caddy's own network addresses
		return address{place: path}, nil
	}
	if strings.Contains(text, "://") {
		return parseURL(text, port)
	}
	if text == "" || strings.ContainsAny(text, "/@? ") {
		return address{}, errAddress
	}
	return address{place: withPort(text, port)}, nil
}

func parseURL(text, port string) (address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return address{}, fmt.Errorf("%w, with what is special in a URL written as %%XX", errAddress)
	}
	a := address{username: u.User.Username(), tls: u.Scheme == "rediss"}
	a.password, _ = u.User.Password()
	query := u.Query()
	db := query.Get("db")
	query.Del("db")
	switch {
	case len(query) > 0:
		return address{}, fmt.Errorf("%w, without parameters, which are settings of their own", errAddress)
	case u.Scheme == "unix" && u.Host == "" && u.Path != "":
		a.place = u.Path
	case u.Scheme == "redis", u.Scheme == "rediss":
		a.place = withPort(u.Host, port)
		if path := strings.Trim(u.Path, "/"); path != "" {
			db = path
		}
	default:
		return address{}, errAddress
	}
	if db != "" {
		if a.db, err = strconv.Atoi(db); err != nil {
			return address{}, fmt.Errorf("%w, where db is a number", errAddress)
		}
	}
	return a, nil
}

// withPort adds what a place does not say: the usual port, this machine.
func withPort(place, usual string) string {
	host, port, err := net.SplitHostPort(place)
	if err != nil {
		host, port = strings.Trim(place, "[]"), ""
	}
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = usual
	}
	return net.JoinHostPort(host, port)
}
