package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"preau"
)

const (
	maxGroup  = 500                  // jobs in one commit
	maxLinger = 5 * time.Millisecond // longest wait for company
)

// job is one caller's transaction, run inside the group's.
type job struct {
	ctx    context.Context
	fn     func(*Tx) error
	single bool            // needs no savepoint: see WriteSingle
	aside  func(*Tx) error // no transaction: what only the writer's connection can do
	err    error
	done   chan struct{}
}

// Write runs fn in a transaction and returns once it is committed and synced
// to disk. fn shares its commit with others but not its fate: when it fails
// only its own changes are undone. fn must be short, do no I/O of its own and
// start no goroutine that uses tx. A context cancelled before fn starts
// changes nothing; later it changes nothing about the outcome.
func (db *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return db.submit(&job{ctx: ctx, fn: fn, done: make(chan struct{})})
}

// WriteSingle is Write for an fn that changes rows with one statement at
// most, the last: SQLite undoes a failed statement by itself, which saves the
// savepoint and half the time.
func (db *DB) WriteSingle(ctx context.Context, fn func(tx *Tx) error) error {
	return db.submit(&job{ctx: ctx, fn: fn, single: true, done: make(chan struct{})})
}

func (db *DB) submit(j *job) error {
	db.inside.Add(1)
	defer db.inside.Add(-1)
	select {
	case db.jobs <- j:
	case <-j.ctx.Done():
		return fmt.Errorf("wait for the writer: %w", j.ctx.Err())
	case <-db.stop:
		return preau.E(preau.Unavailable, "the box is stopping", "Try again in a moment.", nil)
	}
	<-j.done
	return j.err
}

// writerState lives in the writer goroutine alone.
type writerState struct {
	conn  *sql.Conn
	cache map[string]*sql.Stmt
	mean  time.Duration // moving average of a commit
	about int           // writers served by the last commit, or in line when it ended
	pages int           // that the connection had written when last looked at
}

func (db *DB) runWriter() {
	w := &writerState{cache: map[string]*sql.Stmt{}}
	defer w.drop()
	for {
		select {
		case j := <-db.jobs:
			db.commitGroup(w, db.gather(w, j))
		case <-db.stop:
			return
		}
	}
}

// gather collects the jobs that will share a commit. When several writers are
// about it waits a fraction of a mean commit for as many as there were when
// the last commit ended, served or in line: without that, two half-sized
// cohorts alternate on a slow disk; a fixed wait would halve a fast one.
func (db *DB) gather(w *writerState, first *job) []*job {
	group := []*job{first}
	for len(group) < maxGroup {
		select {
		case j := <-db.jobs:
			group = append(group, j)
			continue
		default:
		}
		break
	}
	expected := min(w.about, maxGroup)
	if expected > 1 && len(group) < expected {
		timer := time.NewTimer(min(w.mean/4, maxLinger))
		defer timer.Stop()
	linger:
		for len(group) < expected {
			select {
			case j := <-db.jobs:
				group = append(group, j)
			case <-timer.C:
				break linger
			}
		}
	}
	return group
}

// commitGroup runs every job under a savepoint and commits once. Jobs are
// told their result only after the commit.
func (db *DB) commitGroup(w *writerState, group []*job) {
	start := time.Now()
	err := db.runGroup(w, group)
	w.about = int(db.inside.Load())
	for _, j := range group {
		if err != nil && j.err == nil {
			j.err = err
		}
		close(j.done)
	}
	if err != nil {
		w.drop() // whatever state the connection is in, do not build on it
	}
	w.mean += (time.Since(start) - w.mean) / 8
}

func (db *DB) runGroup(w *writerState, group []*job) error {
	// An interrupt inside an explicit transaction rolls back all of it, and
	// with it other callers' work: jobs run without their cancellation.
	ctx := context.Background()
	if w.conn == nil {
		conn, err := db.write.Conn(ctx)
		if err != nil {
			return classify("open the writer", err)
		}
		w.conn, w.pages = conn, 0
	}
	group = slices.DeleteFunc(slices.Clone(group), func(j *job) bool {
		if j.aside != nil {
			j.err = j.aside(&Tx{ctx: ctx, conn: w.conn, cache: w.cache})
		}
		return j.aside != nil
	})
	if len(group) == 0 {
		return nil
	}
	tx := &Tx{Now: db.begin(), ctx: ctx, conn: w.conn, cache: w.cache}
	defer db.settle()
	if _, err := tx.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	run := runJobs
	if len(group) == 1 {
		run = runAlone
	}
	if err := run(tx, group); err != nil {
		tx.undoTo(0)
		_, _ = tx.Exec("ROLLBACK") // a failed COMMIT may leave it open; the connection is dropped anyway
		return err
	}
	db.noteLength(w)
	return nil
}

// runAlone needs no savepoint: the transaction is the job's own. SQLite then
// copies no page aside before it changes it.
func runAlone(tx *Tx, group []*job) error {
	j := group[0]
	if j.err = context.Cause(j.ctx); j.err == nil {
		j.err = guard(j.fn, tx)
	}
	if j.err == nil {
		_, err := tx.Exec("COMMIT")
		return err
	}
	tx.undoTo(0)
	if _, err := tx.Exec("ROLLBACK"); err != nil {
		return errors.Join(j.err, err) // SQLite has rolled back already
	}
	return nil
}

func runJobs(tx *Tx, group []*job) error {
	for _, j := range group {
		if j.err = context.Cause(j.ctx); j.err != nil {
			continue
		}
		if err := runJob(tx, j); err != nil {
			return err
		}
	}
	_, err := tx.Exec("COMMIT")
	return err
}

// runJob gives j.err its own failure and returns only those that doom the
// whole group.
func runJob(tx *Tx, j *job) error {
	mark := len(tx.undo)
	if j.single {
		if j.err = guard(j.fn, tx); j.err != nil {
			tx.undoTo(mark)
			if kind := preau.KindOf(j.err); kind == preau.Full || kind == preau.Unavailable || kind == preau.Corrupt {
				return j.err // SQLite may have rolled everything back
			}
		}
		return nil
	}
	if _, err := tx.Exec("SAVEPOINT j"); err != nil {
		return err
	}
	if j.err = guard(j.fn, tx); j.err != nil {
		tx.undoTo(mark)
		if _, err := tx.Exec("ROLLBACK TO j"); err != nil {
			// A full disk or an I/O error has already undone everything.
			return errors.Join(j.err, err)
		}
	}
	_, err := tx.Exec("RELEASE j")
	return err
}

// guard turns a panic in one caller's function into that caller's error: the
// writer serves the whole school.
func guard(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}

func (w *writerState) drop() {
	for _, st := range w.cache {
		_ = st.Close() // closing a statement of a dropped connection cannot matter
	}
	clear(w.cache)
	if w.conn != nil {
		// Raw with driver.ErrBadConn would evict it; closing the pool's only
		// connection after a rollback is enough, the next Conn is clean.
		_ = w.conn.Close()
		w.conn = nil
	}
}
