package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"

	msqlite "modernc.org/sqlite"
)

// SQLite moves pages from its log to the database when a commit finds the log
// long: whoever waits for that commit waits for megabytes. Here a goroutine
// with a connection of its own does it beside the writer, which then only
// finishes what came meanwhile, so that the log starts again from its
// beginning.
const (
	longLog    = 4000   // new pages that are worth copying
	fewPages   = 250    // that the writer may be left to copy
	backstop   = 16_000 // length at which a commit does it after all
	copyRounds = 4
)

// runCheckpoints copies whenever the writer asks, until the writer has ended.
// What fails here costs only the length of the log, and is tried again.
func (db *DB) runCheckpoints() {
	for range db.long {
		before := 0
		for range copyRounds {
			pages, done, err := db.checkpoint()
			if err != nil || pages-done > fewPages {
				break // a reader needs them
			}
			if pages-before < fewPages {
				_ = db.submit(&job{ctx: context.Background(), aside: (*Tx).finishCheckpoint, done: make(chan struct{})})
				break
			}
			before = pages // while these were copied, more came
		}
	}
}

// checkpoint copies what no reader needs to stay in the log, and says how long
// the log is and how much of it has been copied.
func (db *DB) checkpoint() (pages, done int, err error) {
	var busy int
	err = db.copier.QueryRowContext(context.Background(), `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &done)
	return pages, done, classify("copy the log", err)
}

// finishCheckpoint runs in the writer, between two groups.
func (tx *Tx) finishCheckpoint() error {
	rows, err := tx.Query(`PRAGMA wal_checkpoint(PASSIVE)`)
	if err != nil {
		return err
	}
	for rows.Next() {
		continue // the checkpoint is done by stepping
	}
	return rows.Close()
}

// noteLength asks for a checkpoint once the writer has added enough pages.
func (db *DB) noteLength(w *writerState) {
	written := w.pages
	_ = w.conn.Raw(func(c any) error {
		st, ok := c.(msqlite.DBStatus)
		if !ok {
			return fmt.Errorf("%T has no counters: %w", c, driver.ErrSkip)
		}
		var err error
		written, _, err = st.Status(msqlite.DBStatusCacheWrite, false)
		return err
	})
	if written-w.pages < longLog {
		return
	}
	w.pages = written
	select {
	case db.long <- struct{}{}:
	default: // it is at it
	}
}
