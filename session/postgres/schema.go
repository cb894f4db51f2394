package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Each file of the schema makes the version that it is named for out of the one before. Functions have the version in their names, so that
// gateways of two versions can work side by side while a fleet is being renewed.
//
//go:embed schema
var schemaFiles embed.FS

// schemaVersion is the newest version.
const schemaVersion = 1

// schemaComment is the comment of the table, by which it is known what is there.
const schemaComment = "sessions of codex_responses, version %d"

// names are what the things in the database are called, as they stand in SQL, and the statements that a gateway makes of them.
type names struct {
	table   string // as configured
	channel string // for notifications
	fill    *strings.Replacer

	read, ascending, descending, write, clear string
}

func newNames(table string) *names {
	quoted := func(suffix string) string { return pgx.Identifier(strings.Split(table+suffix, ".")).Sanitize() }
	n := &names{
		table:   table,
		channel: table,
		fill: strings.NewReplacer("{table}", table, "{records}", quoted(""), "{owners}", quoted("_owners"),
			"{write}", quoted("_write_1"), "{clear}", quoted("_clear_1")),
	}
	// As in the schema, these are written so that each can be planned in one way only. All keys lie between the empty one and the tilde.
	n.read = n.fill.Replace("SELECT r.key, r.value, r.expires FROM unnest($2::text[]) AS k (key) CROSS JOIN LATERAL (" +
		"SELECT * FROM {records} r WHERE r.owner = $1 AND r.key = k.key AND (r.expires > $3) IS TRUE LIMIT 1) r")
	const list = "SELECT key, value, expires FROM {records} " +
		"WHERE owner = $1 AND key >= $2 AND key > $3 AND key < $4 AND (expires > $5) IS TRUE ORDER BY key "
	n.ascending = n.fill.Replace(list + "LIMIT $6")
	n.descending = n.fill.Replace(list + "DESC LIMIT $6")
	n.write = n.fill.Replace("SELECT {write}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
	n.clear = n.fill.Replace("SELECT {clear}($1, $2)")
	return n
}

// prepare makes what is missing in the database. Of several gateways that start at once one does it.
func (n *names) prepare(ctx context.Context, conn *pgx.Conn) error {
	found, err := n.version(ctx, conn)
	if err == nil && found < schemaVersion {
		err = n.renew(ctx, conn)
	}
	return n.forbidden(conn, err)
}

// renew makes the newest version, unless another gateway does.
func (n *names) renew(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", n.table); err != nil {
			return err
		}
		found, err := n.version(ctx, conn) // now that nobody else is at it
		if err != nil {
			return err
		}
		return n.migrate(ctx, conn, found)
	})
}

// version returns which version of the schema is there, 0 for none.
func (n *names) version(ctx context.Context, conn *pgx.Conn) (version int, err error) {
	// That it reads a table, if only that of the comments, keeps the session from saying what it knew before it waited for another gateway.
	const query = "SELECT to_regclass($1) IS NOT NULL, coalesce((SELECT description FROM pg_description " +
		"WHERE objoid = to_regclass($1) AND classoid = 'pg_class'::regclass AND objsubid = 0), '')"
	var there bool
	var comment string
	if err := conn.QueryRow(ctx, query, n.fill.Replace("{records}")).Scan(&there, &comment); err != nil || !there {
		return 0, err
	}
	if _, err := fmt.Sscanf(comment, schemaComment, &version); err != nil {
		return 0, fmt.Errorf("there is a table %s of something else; choose another name with table", n.table)
	}
	return version, nil
}

// migrate makes the newest version out of another.
func (n *names) migrate(ctx context.Context, conn *pgx.Conn, found int) error {
	for version := found + 1; version <= schemaVersion; version++ {
		file, err := schemaFiles.ReadFile(fmt.Sprintf("schema/%d.sql", version))
		if err != nil {
			return err
		}
		comment := fmt.Sprintf("COMMENT ON TABLE {records} IS '"+schemaComment+"';", version)
		// Several statements at once are possible only in PostgreSQL's simple protocol.
		if _, err := conn.PgConn().Exec(ctx, n.fill.Replace(string(file)+comment)).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// forbidden adds to an error that a role may not make tables what can be done about it.
func (n *names) forbidden(conn *pgx.Conn, err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != insufficientPrivilege {
		return err
	}
	role, schema := conn.Config().User, "public"
	if before, _, ok := strings.Cut(n.table, "."); ok {
		schema = before
	}
	return fmt.Errorf("the role %s may not make the tables of %s: %w; let it with GRANT USAGE, CREATE ON SCHEMA %s TO %s, or start a gateway once "+
		"with a role that may, and grant this one SELECT, INSERT, UPDATE and DELETE on them", role, n.table, err, schema, role)
}
