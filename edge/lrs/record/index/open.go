package index

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Index is the index of one journal's learning stream.
type Index struct {
	db      *sqlite.DB
	journal *journal.Journal
	parse   func(*preau.Statement) (*xapi.Statement, error)
	tail    tail
	refs    atomic.Bool // whether any statement refers to another

	// Owned by the writer goroutine.
	next       int64 // the number of the next statement
	lastKey    int64
	goneInTail int64
}

// Open brings the tables up to date. parse reads a journal statement as xAPI.
func Open(ctx context.Context, db *sqlite.DB, j *journal.Journal, parse func(*preau.Statement) (*xapi.Statement, error)) (*Index, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open index migrations: %w", err)
	}
	if err := db.Migrate(ctx, "record_index", sub); err != nil {
		return nil, fmt.Errorf("open the index of statements: %w", err)
	}
	x := &Index{db: db, journal: j, parse: parse, lastKey: -1}
	err = db.Read(ctx, func(tx *sqlite.Tx) error {
		var refs bool
		err := tx.QueryRow(`SELECT max(next, coalesce((SELECT max(n) + 1 FROM lrs_tail), 0)), EXISTS (SELECT 1 FROM lrs_ref),
			(SELECT count(*) FROM lrs_tail WHERE length(terms) = 0) FROM lrs_state`).Scan(&x.next, &refs, &x.goneInTail)
		x.refs.Store(refs)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load the index of statements: %w", err)
	}
	return x, nil
}

// Next is the number the next statement will have; for the writer's
// transactions only.
func (x *Index) Next() int64 { return x.next }

// Oldest is the first number whose statement may still be there.
func Oldest(tx *sqlite.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT coalesce((SELECT min(bucket) << 12 FROM lrs_bucket), (SELECT min(n) FROM lrs_tail), (SELECT next FROM lrs_state))`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("find the oldest statement: %w", err)
	}
	return n, nil
}

// Voided reports whether a voiding statement names st, and st is not one.
func Voided(tx *sqlite.Tx, st *preau.Statement) (yes bool, err error) {
	if st.Verb == xapi.VerbVoided {
		return false, nil
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM lrs_void WHERE target = ?)`, st.ID[:]).Scan(&yes)
	return yes, err
}

// catchUpBatch bounds a transaction of the first indexing.
const catchUpBatch = 500

// CatchUp has add index the learning statements that came before the index did: all
// of them once, after an update, and none on later starts.
func (x *Index) CatchUp(ctx context.Context, add func(tx *sqlite.Tx, st *preau.Statement, key int64) error) error {
	var last int64
	err := x.db.Read(ctx, func(tx *sqlite.Tx) error {
		err := tx.QueryRow(`SELECT key + (SELECT max(next, coalesce((SELECT max(n) + 1 FROM lrs_tail), 0)) - 1 FROM lrs_state) - first
			FROM lrs_run ORDER BY first DESC LIMIT 1`).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	heads, err := x.heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		end := x.journal.Key(&preau.Statement{Stream: h.Stream, Epoch: h.Epoch, Seq: h.Last})
		for seq := max(1, int64(h.Last)-(end-last)+1); end > last && seq <= int64(h.Last); {
			sts, err := x.journal.Range(ctx, h.Stream, h.Epoch, uint64(seq), catchUpBatch)
			if err != nil {
				return err
			}
			if len(sts) == 0 {
				break
			}
			err = x.db.Write(ctx, func(tx *sqlite.Tx) error {
				for _, st := range sts {
					if err := add(tx, st, x.journal.Key(st)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			seq = int64(sts[len(sts)-1].Seq) + 1
		}
	}
	return nil
}

// heads is where the learning stream of each epoch ends, oldest first. Every
// epoch's row names where the one before it ended, so that a start asks one
// question and not one for each start before.
func (x *Index) heads(ctx context.Context) (heads []journal.Head, err error) {
	epochs, err := x.journal.Epochs(ctx)
	if err != nil {
		return nil, err
	}
	for i, e := range epochs {
		if i > 0 {
			heads = append(heads, journal.Head{Stream: preau.StreamLearning, Epoch: epochs[i-1].ID, Last: e.PrevHeads[preau.StreamLearning]})
		}
	}
	now, err := x.journal.Current(ctx)
	if err != nil {
		return nil, err
	}
	return append(heads, journal.Head{Stream: preau.StreamLearning, Epoch: x.journal.Epoch(), Last: now[preau.StreamLearning]}), nil
}
