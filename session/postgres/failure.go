package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Codes of PostgreSQL's errors, from appendix A of its documentation.
const (
	insufficientPrivilege = "42501"
	undefinedTable        = "42P01"
	undefinedFunction     = "42883"
	readOnlyTransaction   = "25006"
	adminShutdown         = "57P01"
	unknownStatement      = "26000"
	duplicateStatement    = "42P05"
	dataException         = "22" // begins a class of them
)

// code is that of an error of the server, empty for others.
func code(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}

// failure says what failed. It leaves out the connection's configuration, which an error of pgx holds together with the password.
func failure(ctx context.Context, at string, err error) error {
	var connecting *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.As(err, &connecting):
		at, err = "connecting", &unreachable{connecting.Unwrap()}
	case code(err) == unknownStatement, code(err) == duplicateStatement:
		err = fmt.Errorf("%w; through a pooler that does not know prepared statements, add default_query_exec_mode=cache_describe to the dsn", err)
	}
	return fmt.Errorf("store postgres: %s: %w", at, err)
}

// unbegun is what the server said when it closed a connection before a transaction on it began.
type unbegun struct{ error }

// SafeToRetry is what pgconn.SafeToRetry asks for.
func (*unbegun) SafeToRetry() bool { return true }

// Unwrap returns what the server said.
func (u *unbegun) Unwrap() error { return u.error }

// unreachable is why there is no connection, on one line: pgx tries several ways, and tells of each on one of its own.
type unreachable struct{ error }

// Error implements error.
func (u *unreachable) Error() string { return strings.ReplaceAll(u.error.Error(), "\n", "; ") }

// Unwrap returns what pgx said.
func (u *unreachable) Unwrap() error { return u.error }
