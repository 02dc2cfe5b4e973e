package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal/codec"
)

// Head is where one stream of one epoch ends and how far it is receipted.
type Head struct {
	Stream      preau.Stream
	Epoch       uint64
	Last, Acked uint64
}

// Epoch is one life of the process, as its row tells it.
type Epoch struct {
	ID, Previous uint64
	Opened       time.Time
	PrevHeads    map[preau.Stream]uint64
}

// Range returns up to limit statements of one stream and epoch, from seq on,
// in order.
func (j *Journal) Range(ctx context.Context, stream preau.Stream, epoch, seq uint64, limit int) (sts []*preau.Statement, err error) {
	ordinal := j.ordinals[epoch]
	if ordinal == 0 || limit <= 0 || seq > maxSeq {
		return nil, nil
	}
	p := placeOf(ordinal, stream)
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		sts, err = j.packed(tx, p, p.key(seq), limit)
		if err != nil || len(sts) == limit {
			return err
		}
		young, err := j.young(tx, p, p.key(seq), limit-len(sts))
		sts = append(sts, young...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read journal range: %w", err)
	}
	return sts, nil
}

// packed reads the statements of p in blocks, from a key on.
func (j *Journal) packed(tx *sqlite.Tx, p place, from int64, limit int) (sts []*preau.Statement, err error) {
	_, end := p.ends()
	next := max(p.key(0), from-codec.MaxBlock+1) // the block of from starts no earlier
	for len(sts) < limit {
		var first, last, edition int64
		err := tx.QueryRow(`SELECT first, last, edition FROM journal_block WHERE first BETWEEN ? AND ? ORDER BY first LIMIT 1`, next, end).Scan(&first, &last, &edition)
		if errors.Is(err, sql.ErrNoRows) {
			return sts, nil
		}
		if err != nil {
			return nil, err
		}
		next = last + 1
		if last < from {
			continue
		}
		// A long reading would empty the cache of what pages ask for.
		b, err := j.block(tx, first, last, edition)
		if err != nil {
			return nil, err
		}
		for key := max(first, from); key <= last && len(sts) < limit; key++ {
			st, err := j.fromBlock(key, b, int(key-first))
			if err != nil {
				return nil, err
			}
			sts = append(sts, st)
		}
	}
	return sts, nil
}

func (j *Journal) young(tx *sqlite.Tx, p place, from int64, limit int) (sts []*preau.Statement, err error) {
	_, end := p.ends()
	rows, err := tx.Query(`SELECT key, id, data FROM journal WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?`, from, end, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var id, data sql.RawBytes
		if err := rows.Scan(&key, &id, &data); err != nil {
			return nil, err
		}
		st, err := j.fromRow(key, id, data)
		if err != nil {
			return nil, err
		}
		sts = append(sts, st)
	}
	return sts, rows.Err()
}

// ByID finds one statement; preau.NotFound when there is none.
func (j *Journal) ByID(ctx context.Context, id preau.ID) (st *preau.Statement, err error) {
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		st, err = j.byID(tx, id)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, preau.E(preau.NotFound, "no statement "+id.String(), "", nil)
	}
	return st, err
}

// Heads lists every stream of every epoch that has statements, oldest epoch
// first.
func (j *Journal) Heads(ctx context.Context) (heads []Head, err error) {
	epochs, err := j.Epochs(ctx)
	if err != nil {
		return nil, err
	}
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		for _, e := range epochs {
			last, err := epochHeads(tx, j.ordinals[e.ID])
			if err != nil {
				return err
			}
			for _, p := range Streams() {
				if last[p.Stream] == 0 {
					continue
				}
				acked, err := acked(tx, placeOf(j.ordinals[e.ID], p.Stream))
				if err != nil {
					return err
				}
				heads = append(heads, Head{Stream: p.Stream, Epoch: e.ID, Last: last[p.Stream], Acked: acked})
			}
		}
		return nil
	})
	return heads, err
}

// Epochs lists the lives of the process, oldest first.
func (j *Journal) Epochs(ctx context.Context) (epochs []Epoch, err error) {
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT id, previous, opened, prev_heads FROM epoch ORDER BY ordinal`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e Epoch
			var opened int64
			var heads string
			if err := rows.Scan(&e.ID, &e.Previous, &opened, &heads); err != nil {
				return fmt.Errorf("read epochs: %w", err)
			}
			e.Opened = time.UnixMilli(opened).UTC()
			if err := json.Unmarshal([]byte(heads), &e.PrevHeads); err != nil {
				return fmt.Errorf("decode epoch heads: %w", err)
			}
			epochs = append(epochs, e)
		}
		return rows.Err()
	})
	return epochs, err
}
