package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal/codec"
)

// Prune is Purge for those who want the total.
func (j *Journal) Prune(ctx context.Context) (deleted int64, err error) {
	gone, err := j.Purge(ctx)
	for _, n := range gone {
		deleted += n
	}
	return deleted, err
}

// Purge deletes the statements that are both receipted and past their
// stream's retention, and returns as proof how many of each. It goes in short
// transactions, oldest first; each tells the projections (OnPrune) and moves
// the mark below which ids count as absent. The ids themselves, which are in
// no order of time, are swept out once they are many. Then it goes on with
// whom Forget had to leave.
func (j *Journal) Purge(ctx context.Context) (gone map[preau.Stream]int64, err error) {
	j.moving.Lock()
	defer j.moving.Unlock()
	gone = map[preau.Stream]int64{}
	for _, policy := range Streams() {
		for ordinal := int64(1); ordinal <= j.ordinal; ordinal++ {
			n, err := j.purgePlace(ctx, policy, placeOf(ordinal, policy.Stream))
			gone[policy.Stream] += n
			if err != nil {
				return gone, fmt.Errorf("purge %s: %w", policy.Stream, err)
			}
		}
	}
	if err := j.forgetRest(ctx); err != nil {
		return gone, fmt.Errorf("forget those whose statements waited: %w", err)
	}
	if err := j.sweep(ctx); err != nil {
		return gone, fmt.Errorf("sweep the ids of purged statements: %w", err)
	}
	return gone, nil
}

func (j *Journal) purgePlace(ctx context.Context, policy StreamPolicy, p place) (gone int64, err error) {
	var some bool
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error { // most places are empty
		first, end := p.ends()
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM journal_block WHERE first BETWEEN ?1 AND ?2) OR EXISTS (SELECT 1 FROM journal WHERE key BETWEEN ?1 AND ?2)`, first, end).Scan(&some)
	})
	if err != nil || !some {
		return 0, err
	}
	pace := newPace(16, 256)
	for {
		var n int64
		err := j.db.Write(ctx, func(tx *sqlite.Tx) error {
			defer pace.took(time.Now())
			n, err = j.purgeSome(tx, policy, p, pace.n)
			return err
		})
		gone += n
		if err != nil || n == 0 {
			return gone, err
		}
	}
}

// purgeSome deletes up to n blocks, or as many rows as they would hold.
func (j *Journal) purgeSome(tx *sqlite.Tx, policy StreamPolicy, p place, n int) (gone int64, err error) {
	upTo, err := acked(tx, p)
	if err != nil || upTo == 0 {
		return 0, err
	}
	cutoff := policy.Keep.Cutoff(tx.Now)
	table := "journal_block"
	first, last, err := oldBlocks(tx, p, upTo, cutoff, n)
	if err == nil && last == 0 {
		table = "journal"
		first, last, err = oldRows(tx, p, upTo, cutoff, n*blockOf)
	}
	if err != nil || last == 0 {
		return 0, err
	}
	keys := make([]int64, 0, last-first+1)
	for key := first; key <= last; key++ {
		keys = append(keys, key)
	}
	for _, f := range j.onPrune {
		if err := f(tx, policy.Stream, keys); err != nil {
			return 0, fmt.Errorf("purge a projection: %w", err)
		}
	}
	if table == "journal" {
		_, err = tx.Exec(`DELETE FROM journal WHERE key BETWEEN ? AND ?`, first, last)
	} else {
		_, err = tx.Exec(`DELETE FROM journal_block WHERE first BETWEEN ? AND ?`, first, last)
	}
	if err != nil {
		return 0, err
	}
	_, seq := split(last)
	swept := int64(0)
	if table == "journal" {
		swept = int64(seq) // a row's id goes with it, and all before it are gone
	}
	_, err = tx.Exec(`INSERT INTO journal_pruned (place, upto, swept) VALUES (?1, ?2, ?3)
		ON CONFLICT DO UPDATE SET upto = excluded.upto, swept = CASE WHEN swept = upto THEN max(swept, excluded.swept) ELSE swept END`, int64(p), int64(seq), swept)
	return int64(len(keys)), err
}

// oldBlocks finds the range of the oldest n blocks, as far as all of each is
// receipted and past its time; last is 0 when there is none.
func oldBlocks(tx *sqlite.Tx, p place, upTo uint64, cutoff time.Time, n int) (first, last int64, err error) {
	low, end := p.ends()
	rows, err := tx.Query(`SELECT first, last, stored FROM journal_block WHERE first BETWEEN ? AND ? ORDER BY first LIMIT ?`, low, end, n)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var from, to, stored int64
		if err := rows.Scan(&from, &to, &stored); err != nil {
			return 0, 0, err
		}
		if to > p.key(upTo) || stored >= cutoff.UnixMilli() {
			break
		}
		if first == 0 {
			first = from
		}
		last = to
	}
	return first, last, rows.Err()
}

// oldRows is oldBlocks for the young.
func oldRows(tx *sqlite.Tx, p place, upTo uint64, cutoff time.Time, n int) (first, last int64, err error) {
	rows, err := tx.Query(`SELECT key, data FROM journal WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?`, p.key(0), p.key(upTo), n)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var data sql.RawBytes
		if err := rows.Scan(&key, &data); err != nil {
			return 0, 0, err
		}
		var st preau.Statement
		if err := codec.Row(data, &st); err != nil {
			return 0, 0, fmt.Errorf("read the statement of key %d: %w", key, err)
		}
		if !st.Stored.Before(cutoff) {
			break
		}
		if first == 0 {
			first = key
		}
		last = key
	}
	return first, last, rows.Err()
}

// sweepAt is how many ids of purged statements may lie about: random numbers
// of 16 bytes that say nothing, and that a sweep must look for among all.
const sweepAt = 5000

// sweep deletes, in the order of the ids, those of purged statements. Killed,
// it starts again with what is left.
func (j *Journal) sweep(ctx context.Context) error {
	marks, err := j.stale(ctx)
	if err != nil || len(marks) == 0 {
		return err
	}
	pace := newPace(1000, 50_000)
	for from := []byte{}; ; {
		var to []byte
		err := j.db.Read(ctx, func(tx *sqlite.Tx) error {
			err := tx.QueryRow(`SELECT id FROM journal_id WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?`, from, pace.n).Scan(&to)
			if errors.Is(err, sql.ErrNoRows) {
				return nil // the last piece
			}
			return err
		})
		if err != nil {
			return err
		}
		end := to
		if end == nil {
			end = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
		}
		err = j.db.Write(ctx, func(tx *sqlite.Tx) error {
			defer pace.took(time.Now())
			_, err := tx.Exec(`DELETE FROM journal_id WHERE id > ? AND id <= ?
				AND (key & ?) <= (SELECT upto FROM journal_pruned WHERE place = key >> ?)`, from, end, int64(maxSeq), seqBits)
			return err
		})
		if err != nil {
			return err
		}
		if to == nil {
			break
		}
		from = to
	}
	return j.db.Write(ctx, func(tx *sqlite.Tx) error {
		for p, upTo := range marks {
			if _, err := tx.Exec(`UPDATE journal_pruned SET swept = ? WHERE place = ?`, upTo, int64(p)); err != nil {
				return err
			}
		}
		return nil
	})
}

// stale returns how far each place was pruned, or nothing while a sweep would
// not be worth its while.
func (j *Journal) stale(ctx context.Context) (marks map[place]int64, err error) {
	marks = map[place]int64{}
	n := int64(0)
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT place, upto, swept FROM journal_pruned WHERE upto > swept`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p place
			var upTo, swept int64
			if err := rows.Scan(&p, &upTo, &swept); err != nil {
				return err
			}
			marks[p] = upTo
			n += upTo - swept
		}
		return rows.Err()
	})
	if n < sweepAt {
		return nil, err
	}
	return marks, err
}
