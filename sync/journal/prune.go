package journal

import (
	"context"
	"fmt"

	"preau"
	"preau/internal/sqlite"
)

// Ack notes that a signed receipt covers stream and epoch up to seq. It never
// goes back, and never past what was written.
func (j *Journal) Ack(tx *sqlite.Tx, stream preau.Stream, epoch, seq uint64) error {
	heads, err := epochHeads(tx, int64(epoch))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO ack (stream, epoch, acked) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET acked = max(acked, excluded.acked)`,
		string(stream), int64(epoch), int64(min(seq, heads[stream])))
	return err
}

// pruneBatch bounds a transaction so that a purge never holds up a lesson.
const pruneBatch = 2000

// Prune deletes the statements that are both receipted and past their
// stream's retention, and says how many.
func (j *Journal) Prune(ctx context.Context) (deleted int64, err error) {
	for _, p := range Streams() {
		for {
			n, err := j.pruneSome(ctx, p)
			deleted += n
			if err != nil {
				return deleted, fmt.Errorf("prune %s: %w", p.Stream, err)
			}
			if n < pruneBatch {
				break
			}
		}
	}
	return deleted, nil
}

func (j *Journal) pruneSome(ctx context.Context, p StreamPolicy) (n int64, err error) {
	err = j.db.Write(ctx, func(tx *sqlite.Tx) error {
		keys, err := j.prunable(tx, p)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, f := range j.onPrune {
			if err := f(tx, p.Stream, keys); err != nil {
				return fmt.Errorf("prune a projection: %w", err)
			}
		}
		for _, key := range keys {
			epoch, stream, seq, ok := j.unkey(key)
			if !ok {
				return preau.E(preau.Corrupt, "a statement of an unknown epoch", "Run preau doctor.", nil)
			}
			if _, err := tx.Exec(`DELETE FROM journal WHERE stream = ? AND epoch = ? AND seq = ?`, string(stream), int64(epoch), int64(seq)); err != nil {
				return err
			}
		}
		n = int64(len(keys))
		return nil
	})
	return n, err
}

// prunable lists the keys of some rows that are receipted and past their
// retention.
func (j *Journal) prunable(tx *sqlite.Tx, p StreamPolicy) (keys []int64, err error) {
	rows, err := tx.Query(`SELECT e.ordinal, j.seq FROM journal j JOIN ack h USING (stream, epoch) JOIN epoch e ON e.id = j.epoch
		WHERE j.stream = ?1 AND j.seq <= h.acked AND j.stored < ?2 LIMIT ?3`,
		string(p.Stream), p.Keep.Cutoff(tx.Now).UnixMilli(), pruneBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var ordinal, seq int64
		if err := rows.Scan(&ordinal, &seq); err != nil {
			return nil, err
		}
		keys = append(keys, makeKey(ordinal, p.Stream, uint64(seq)))
	}
	return keys, rows.Err()
}
