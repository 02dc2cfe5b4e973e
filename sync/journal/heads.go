package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
)

// epochHeads finds where each stream of an epoch ends.
func epochHeads(tx *sqlite.Tx, ordinal int64) (map[preau.Stream]uint64, error) {
	heads := map[preau.Stream]uint64{}
	for _, policy := range Streams() {
		p := placeOf(ordinal, policy.Stream)
		first, end := p.ends()
		var last int64
		// One descent of a key each. Pruned rows were acked.
		err := tx.QueryRow(`SELECT max(coalesce((SELECT max(key) FROM journal WHERE key BETWEEN ?1 AND ?2), 0) & ?3,
			coalesce((SELECT last FROM journal_block WHERE first BETWEEN ?1 AND ?2 ORDER BY first DESC LIMIT 1), 0) & ?3,
			coalesce((SELECT acked FROM ack WHERE place = ?4), 0))`, first, end, int64(maxSeq), int64(p)).Scan(&last)
		if err != nil {
			return nil, fmt.Errorf("find the head of %s: %w", policy.Stream, err)
		}
		if last > 0 {
			heads[policy.Stream] = uint64(last)
		}
	}
	return heads, nil
}

func acked(tx *sqlite.Tx, p place) (upTo uint64, err error) {
	err = tx.QueryRow(`SELECT acked FROM ack WHERE place = ?`, int64(p)).Scan(&upTo)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read acks: %w", err)
	}
	return upTo, nil
}

// Current is where each stream of this epoch ends: the cheap question that
// delivery asks often, since only this epoch grows.
func (j *Journal) Current(ctx context.Context) (last map[preau.Stream]uint64, err error) {
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		last, err = epochHeads(tx, j.ordinal)
		return err
	})
	return last, err
}

// Behind counts, by stream, the statements that no receipt covers yet. It
// needs no open journal, so that a command may ask beside a running box.
func Behind(tx *sqlite.Tx) (map[preau.Stream]uint64, error) {
	var epochs int64
	if err := tx.QueryRow(`SELECT coalesce(max(ordinal), 0) FROM epoch`).Scan(&epochs); err != nil {
		return nil, fmt.Errorf("count epochs: %w", err)
	}
	behind := map[preau.Stream]uint64{}
	for ordinal := int64(1); ordinal <= epochs; ordinal++ {
		last, err := epochHeads(tx, ordinal)
		if err != nil {
			return nil, err
		}
		for stream, n := range last {
			upTo, err := acked(tx, placeOf(ordinal, stream))
			if err != nil {
				return nil, err
			}
			behind[stream] += n - min(upTo, n)
		}
	}
	return behind, nil
}

// Acked tells how far receipts cover a stream of an epoch; known is false for
// an epoch that this journal never had.
func Acked(tx *sqlite.Tx, stream preau.Stream, epoch uint64) (upTo uint64, known bool, err error) {
	var ordinal int64
	err = tx.QueryRow(`SELECT ordinal FROM epoch WHERE id = ?`, int64(epoch)).Scan(&ordinal)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find epoch: %w", err)
	}
	upTo, err = acked(tx, placeOf(ordinal, stream))
	return upTo, true, err
}

// Ack notes that a signed receipt covers stream and epoch up to seq. It never
// goes back, and never past what was written.
func (j *Journal) Ack(tx *sqlite.Tx, stream preau.Stream, epoch, seq uint64) error {
	ordinal := j.ordinals[epoch]
	if ordinal == 0 {
		return preau.E(preau.NotFound, fmt.Sprintf("a receipt for epoch %016x, which this journal never had", epoch), "", nil)
	}
	heads, err := epochHeads(tx, ordinal)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO ack (place, acked) VALUES (?, ?) ON CONFLICT DO UPDATE SET acked = max(acked, excluded.acked)`,
		int64(placeOf(ordinal, stream)), int64(min(seq, heads[stream])))
	return err
}
