package journal

import (
	"context"
	"fmt"

	"preau"
	"preau/internal/sqlite"
)

// Current is where each stream of this epoch ends: the cheap question that
// delivery asks often, since only this epoch grows.
func (j *Journal) Current(ctx context.Context) (last map[preau.Stream]uint64, err error) {
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		last, err = epochHeads(tx, int64(j.epoch))
		return err
	})
	return last, err
}

// Behind counts, by stream, the statements that no receipt covers yet. It
// needs no open journal, so that a command may ask beside a running box.
func Behind(tx *sqlite.Tx) (map[preau.Stream]uint64, error) {
	epochs, err := epochIDs(tx)
	if err != nil {
		return nil, err
	}
	behind := map[preau.Stream]uint64{}
	for _, epoch := range epochs {
		last, err := epochHeads(tx, epoch)
		if err != nil {
			return nil, err
		}
		for stream, n := range last {
			var acked uint64
			err := tx.QueryRow(`SELECT coalesce((SELECT acked FROM ack WHERE stream = ? AND epoch = ?), 0)`, string(stream), epoch).Scan(&acked)
			if err != nil {
				return nil, fmt.Errorf("read acks: %w", err)
			}
			behind[stream] += n - min(acked, n)
		}
	}
	return behind, nil
}

func epochIDs(tx *sqlite.Tx) (ids []int64, err error) {
	rows, err := tx.Query(`SELECT id FROM epoch`)
	if err != nil {
		return nil, fmt.Errorf("list epochs: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list epochs: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Acked tells how far receipts cover a stream of an epoch; known is false for
// an epoch that this journal never had.
func Acked(tx *sqlite.Tx, stream preau.Stream, epoch uint64) (upTo uint64, known bool, err error) {
	err = tx.QueryRow(`SELECT coalesce((SELECT acked FROM ack WHERE stream = ?1 AND epoch = ?2), 0), EXISTS (SELECT 1 FROM epoch WHERE id = ?2)`,
		string(stream), int64(epoch)).Scan(&upTo, &known)
	return upTo, known, err
}
