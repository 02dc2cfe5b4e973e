package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"preau"
)

// Migrate brings the tables of one package up to date: every NN-*.sql of fsys
// that name has not run yet, in order, each in its own transaction. A file
// that ran is never edited: its hash is kept and a change is refused.
// Migrations go forward only and must stay readable by the previous release,
// because an update may fall back.
func (db *DB) Migrate(ctx context.Context, name string, fsys fs.FS) error {
	files, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return fmt.Errorf("list migrations of %s: %w", name, err)
	}
	slices.Sort(files)
	err = db.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`CREATE TABLE IF NOT EXISTS migration (
			package TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, at INTEGER NOT NULL,
			PRIMARY KEY (package, file)) STRICT, WITHOUT ROWID`)
		return err
	})
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	for _, file := range files {
		if err := db.migrateOne(ctx, name, fsys, file); err != nil {
			return fmt.Errorf("migrate %s to %s: %w", name, file, err)
		}
	}
	return nil
}

func (db *DB) migrateOne(ctx context.Context, name string, fsys fs.FS, file string) error {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return fmt.Errorf("read migration: %w", err)
	}
	sum := sha256.Sum256(text)
	want := hex.EncodeToString(sum[:])
	return db.Write(ctx, func(tx *Tx) error {
		var have string
		err := tx.QueryRow(`SELECT sha256 FROM migration WHERE package=? AND file=?`, name, path.Base(file)).Scan(&have)
		switch {
		case err == nil && have == want:
			return nil
		case err == nil:
			return preau.E(preau.Corrupt, fmt.Sprintf("migration %s of %s is not the one this database ran", file, name),
				"Install the release that made this database, or a later one.", nil)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if err := tx.script(string(text)); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO migration VALUES (?,?,?,?)`, name, path.Base(file), want, tx.Now.UnixMilli())
		return err
	})
}

// script runs several statements at once, uncached.
func (tx *Tx) script(text string) error {
	ex, ok := tx.conn.(interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	})
	if !ok {
		return errors.New("connection cannot run a script")
	}
	_, err := ex.ExecContext(tx.ctx, text)
	return classify("run migration", err)
}
