package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"preau"
	"preau/internal/sqlite"
)

// Prune drops the index of statements in the transaction that deletes them.
// A bucket goes once all of it is gone; until then, and until Sweep has come by,
// its numbers lead nowhere, which queries pass over.
func (x *Index) Prune(tx *sqlite.Tx, stream preau.Stream, keys []int64) error {
	if stream != preau.StreamLearning {
		return nil
	}
	gone := map[int64]int64{}
	open := x.next >> bucketBits
	inTail := x.goneInTail
	tx.OnUndo(func() { x.goneInTail = inTail })
	var run, first, end int64 // the run of the key before, most often of this one too
	for _, key := range keys {
		if key < run || key >= end {
			err := tx.QueryRow(`SELECT coalesce((SELECT key FROM lrs_run WHERE key <= ?1 ORDER BY key DESC LIMIT 1), 0),
				coalesce((SELECT first FROM lrs_run WHERE key <= ?1 ORDER BY key DESC LIMIT 1), 0),
				coalesce((SELECT key FROM lrs_run WHERE key > ?1 ORDER BY key LIMIT 1), ?2)`, key, int64(math.MaxInt64)).Scan(&run, &first, &end)
			if err != nil {
				return fmt.Errorf("find the number of a statement: %w", err)
			}
		}
		if run == 0 {
			continue // never indexed
		}
		n := first + key - run
		if n>>bucketBits != open {
			gone[n>>bucketBits]++
			continue
		}
		// Its row stays, empty: the highest n says where to go on.
		if _, err := tx.Exec(`UPDATE lrs_tail SET terms = x'' WHERE n = ?`, n); err != nil {
			return err
		}
		x.goneInTail++
	}
	for bucket, n := range gone {
		if err := x.dropFrom(tx, bucket, n); err != nil {
			return fmt.Errorf("drop bucket %d of the record store: %w", bucket, err)
		}
	}
	return nil
}

func (x *Index) dropFrom(tx *sqlite.Tx, bucket, n int64) error {
	if _, err := tx.Exec(`UPDATE lrs_bucket SET gone = gone + ? WHERE bucket = ?`, n, bucket); err != nil {
		return err
	}
	var all bool
	if err := tx.QueryRow(`SELECT coalesce((SELECT gone >= ? FROM lrs_bucket WHERE bucket = ?), 0)`, bucketSize, bucket).Scan(&all); err != nil || !all {
		return err
	}
	for _, q := range []string{`INSERT INTO lrs_dropped (bucket) VALUES (?)`, `DELETE FROM lrs_bucket WHERE bucket = ?`} {
		if _, err := tx.Exec(q, bucket); err != nil {
			return err
		}
	}
	first, end := bucket<<bucketBits, (bucket+1)<<bucketBits
	// What a voiding statement said outlives it no longer than its target:
	// both are of one stream and one retention.
	for _, q := range []string{`DELETE FROM lrs_late WHERE n >= ? AND n < ?`, `DELETE FROM lrs_ref WHERE n >= ? AND n < ?`, `DELETE FROM lrs_void WHERE n >= ? AND n < ?`} {
		if _, err := tx.Exec(q, first, end); err != nil {
			return err
		}
	}
	return nil
}

// sweepAtOnce is how many postings one transaction of Sweep deletes: a bucket
// has some twenty thousand, and a lesson would wait for them.
const sweepAtOnce = 1000

// Sweep deletes the postings of buckets that are gone, a few at a time.
// Killed, it goes on with what is left.
func (x *Index) Sweep(ctx context.Context) error {
	for {
		var bucket int64
		err := x.db.Read(ctx, func(tx *sqlite.Tx) error {
			return tx.QueryRow(`SELECT bucket FROM lrs_dropped ORDER BY bucket LIMIT 1`).Scan(&bucket)
		})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			_, err = x.db.Drain(ctx, `DELETE FROM lrs_posting WHERE bucket = ?1 AND term IN (SELECT term FROM lrs_posting WHERE bucket = ?1 LIMIT ?2)`, bucket, sweepAtOnce)
		}
		if err == nil {
			err = x.db.Write(ctx, func(tx *sqlite.Tx) error {
				_, err := tx.Exec(`DELETE FROM lrs_dropped WHERE bucket = ?`, bucket)
				return err
			})
		}
		if err != nil {
			return fmt.Errorf("sweep bucket %d of the record store: %w", bucket, err)
		}
	}
}
