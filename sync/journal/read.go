package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
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

const columns = `j.stream, j.epoch, j.seq, j.id, j.hlc, j.clock, j.actor, v.iri, j.object, j.kind,
	j.result, j.context, j.at, j.stored, j.voids, j.raw FROM journal j JOIN verb v ON v.id = j.verb`

// Range returns up to limit statements of one stream and epoch, from seq on,
// in order.
func (j *Journal) Range(ctx context.Context, stream preau.Stream, epoch, seq uint64, limit int) (sts []*preau.Statement, err error) {
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT `+columns+` WHERE j.stream = ? AND j.epoch = ? AND j.seq >= ? ORDER BY j.seq LIMIT ?`,
			string(stream), int64(epoch), int64(seq), limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			st, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			sts = append(sts, st)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read journal range: %w", err)
	}
	return sts, nil
}

// ByID finds one statement; preau.NotFound when there is none.
func (j *Journal) ByID(ctx context.Context, id preau.ID) (st *preau.Statement, err error) {
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		st, err = byID(tx, id)
		return err
	})
	if err == sql.ErrNoRows { //nolint:errorlint // Scan returns it bare
		return nil, preau.E(preau.NotFound, "no statement "+id.String(), "", nil)
	}
	return st, err
}

func byID(tx *sqlite.Tx, id preau.ID) (*preau.Statement, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` WHERE j.id = ?`, id[:]).Scan)
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
			last, err := epochHeads(tx, int64(e.ID))
			if err != nil {
				return err
			}
			for _, p := range Streams() {
				if last[p.Stream] == 0 {
					continue
				}
				h := Head{Stream: p.Stream, Epoch: e.ID, Last: last[p.Stream]}
				err := tx.QueryRow(`SELECT coalesce((SELECT acked FROM ack WHERE stream = ? AND epoch = ?), 0)`, string(p.Stream), int64(e.ID)).Scan(&h.Acked)
				if err != nil {
					return fmt.Errorf("read acks: %w", err)
				}
				heads = append(heads, h)
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

func scan(into func(...any) error) (*preau.Statement, error) {
	var st preau.Statement
	var id, voids []byte
	var result, ctx, raw sql.NullString
	var at, stored int64
	err := into(&st.Stream, &st.Epoch, &st.Seq, &id, &st.HLC, &st.ClockState, &st.Actor, &st.Verb, &st.Object, &st.ObjectKind,
		&result, &ctx, &at, &stored, &voids, &raw)
	if err != nil {
		return nil, err
	}
	copy(st.ID[:], id)
	copy(st.Voids[:], voids)
	if result.Valid {
		st.Result = json.RawMessage(result.String)
	}
	if ctx.Valid {
		st.Context = json.RawMessage(ctx.String)
	}
	if raw.Valid {
		st.Raw = json.RawMessage(raw.String)
	}
	st.Timestamp, st.Stored = time.UnixMilli(at).UTC(), time.UnixMilli(stored).UTC()
	return &st, nil
}
