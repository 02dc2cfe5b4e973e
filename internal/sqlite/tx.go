package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	msqlite "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"preau"
)

// Tx is one transaction. Now is read once, so that everything in it agrees.
type Tx struct {
	Now time.Time

	ctx   context.Context
	conn  preparer
	cache map[string]*sql.Stmt
	undo  []func()
}

// OnUndo registers what puts state in memory back if this transaction's
// changes are undone after all.
func (tx *Tx) OnUndo(fn func()) { tx.undo = append(tx.undo, fn) }

// undoTo runs, last first, what was registered since mark.
func (tx *Tx) undoTo(mark int) {
	for i := len(tx.undo) - 1; i >= mark; i-- {
		tx.undo[i]()
	}
	tx.undo = tx.undo[:mark]
}

type preparer interface {
	PrepareContext(context.Context, string) (*sql.Stmt, error)
}

// maxStatements bounds the cache; beyond it statements are prepared anew.
const maxStatements = 256

// Ctx is the context in force inside the transaction.
func (tx *Tx) Ctx() context.Context { return tx.ctx }

func (tx *Tx) prepare(query string) (*sql.Stmt, error) {
	if st := tx.cache[query]; st != nil {
		return st, nil
	}
	st, err := tx.conn.PrepareContext(tx.ctx, query)
	if err != nil {
		return nil, classify("prepare statement", err)
	}
	if len(tx.cache) >= maxStatements {
		for k, old := range tx.cache {
			_ = old.Close() // an evicted statement has no more use
			delete(tx.cache, k)
			break
		}
	}
	tx.cache[query] = st
	return st, nil
}

// Exec runs a statement that returns no rows.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	st, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	res, err := st.ExecContext(tx.ctx, args...)
	return res, classify("save", err)
}

// Query runs a statement that returns rows; the caller closes them before
// the next statement.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	st, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(tx.ctx, args...)
	return rows, classify("query", err)
}

// Row is a query's first row; its error waits for Scan.
type Row struct {
	row *sql.Row
	err error
}

// Scan copies the row's columns. No row is sql.ErrNoRows.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return classify("query row", r.row.Scan(dest...))
}

// QueryRow runs a query of at most one row.
func (tx *Tx) QueryRow(query string, args ...any) *Row {
	st, err := tx.prepare(query)
	if err != nil {
		return &Row{err: err}
	}
	return &Row{row: st.QueryRowContext(tx.ctx, args...)}
}

// Read runs fn on one snapshot. fn must not keep the Tx.
func (db *DB) Read(ctx context.Context, fn func(tx *Tx) error) error {
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return classify("take a reader", err)
	}
	defer conn.Close()
	stx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return classify("begin read", err)
	}
	defer stx.Rollback() //nolint:errcheck // nothing was written; the end of a read cannot fail usefully
	tx := &Tx{Now: db.clock.Now(), ctx: ctx, conn: stx, cache: map[string]*sql.Stmt{}}
	return fn(tx)
}

// classify maps the driver's result codes to kinds; it never reads text.
func classify(what string, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var se *msqlite.Error
	if !errors.As(err, &se) {
		return fmt.Errorf("%s: %w", what, err)
	}
	code := se.Code() & 0xff
	if se.Code() == lib.SQLITE_IOERR_SHMSIZE {
		code = lib.SQLITE_FULL // no room for the log's index
	}
	switch code {
	case lib.SQLITE_FULL:
		return preau.E(preau.Full, "the disk is full: could not "+what, "Free some space or remove packs; what was acknowledged is kept.", err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return preau.E(preau.Corrupt, "the database is damaged: could not "+what, "Stop the box, keep a copy of the data folder and restore the last backup.", err)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return preau.E(preau.Unavailable, "the database cannot be opened for writing: could not "+what, "Check the owner and the mode of the data folder, and that its disk is not mounted read-only.", err)
	case lib.SQLITE_IOERR:
		return preau.E(preau.Unavailable, "the disk reports an input/output error: could not "+what, "Run preau doctor; if it persists, replace the disk.", err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return preau.E(preau.Busy, "the database is held by another process: could not "+what, "Stop the other process that uses this data folder.", err)
	case lib.SQLITE_CONSTRAINT:
		return preau.E(preau.Conflict, "the database refuses a row that breaks a rule: could not "+what, "", err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
