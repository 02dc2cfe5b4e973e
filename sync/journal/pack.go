package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal/codec"
)

const (
	blockOf   = 32               // statements in a block: 64 would save 4 bytes of each and take twice as long to open
	keepYoung = 256              // statements of a living stream that stay rows: the next readings are of them
	packEvery = 30 * time.Second // between two looks of Serve
)

// Serve packs what has grown old until ctx ends. What fails is tried again:
// rows that are not packed cost room and nothing else.
func (j *Journal) Serve(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(packEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if _, err := j.Pack(ctx); err != nil && ctx.Err() == nil {
			log.Warn("statements not packed", "err", err)
		}
	}
}

// Pack moves statements that are no longer young into blocks and says how
// many. Compression is done outside the writer; what the writer does for a few
// blocks is short, and a block appears in the transaction in which its rows
// go: killed at any moment, each statement is in exactly one of the two.
func (j *Journal) Pack(ctx context.Context) (moved int, err error) {
	j.moving.Lock()
	defer j.moving.Unlock()
	pace := newPace(8, 64)
	for p := place(0); ; {
		var limit int64
		err := j.db.Read(ctx, func(tx *sqlite.Tx) error {
			p, limit, err = j.nextPlace(tx, p)
			return err
		})
		if err != nil {
			return moved, fmt.Errorf("look for statements to pack: %w", err)
		}
		if p == 0 {
			return moved, nil
		}
		for {
			blocks, err := j.gather(ctx, p, limit, pace.n)
			if err != nil {
				return moved, fmt.Errorf("make blocks of %s: %w", p.stream(), err)
			}
			if len(blocks) == 0 {
				break
			}
			err = j.db.Write(ctx, func(tx *sqlite.Tx) error {
				defer pace.took(time.Now())
				return movePacked(tx, blocks)
			})
			if err != nil {
				return moved, fmt.Errorf("pack %s: %w", p.stream(), err)
			}
			for _, b := range blocks {
				moved += int(b.last - b.first + 1)
			}
		}
	}
}

// nextPlace finds the place after p that has rows, and the key up to which
// they may be packed. 0 ends the round.
func (j *Journal) nextPlace(tx *sqlite.Tx, p place) (next place, limit int64, err error) {
	var key int64
	err = tx.QueryRow(`SELECT key FROM journal WHERE key >= ? ORDER BY key LIMIT 1`, (p + 1).key(0)).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	next, _ = split(key)
	first, end := next.ends()
	if err := tx.QueryRow(`SELECT max(key) FROM journal WHERE key BETWEEN ? AND ?`, first, end).Scan(&limit); err != nil {
		return 0, 0, err
	}
	if next.ordinal() == j.ordinal {
		limit -= keepYoung
	}
	return next, limit, nil
}

// packedBlock is a row of journal_block to be.
type packedBlock struct {
	first, last int64
	stored      time.Time // of the last
	data        []byte
}

// gather reads the oldest rows of p and makes up to n blocks of them.
func (j *Journal) gather(ctx context.Context, p place, limit int64, n int) (blocks []packedBlock, err error) {
	var sts []*preau.Statement
	err = j.db.Read(ctx, func(tx *sqlite.Tx) error {
		sts, err = j.young(tx, p, p.key(0), n*blockOf)
		return err
	})
	if err != nil {
		return nil, err
	}
	for len(sts) > 0 && p.key(sts[0].Seq) <= limit {
		size, closed := j.cut(sts)
		last := p.key(sts[size-1].Seq)
		// A block that may yet grow waits; a past epoch's cannot.
		if !closed && p.ordinal() == j.ordinal || last > limit {
			break
		}
		b := packedBlock{first: p.key(sts[0].Seq), last: last, stored: sts[size-1].Stored}
		if b.data, err = j.coder.AppendBlock(nil, sts[:size]); err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
		sts = sts[size:]
		if !closed {
			break
		}
	}
	return blocks, nil
}

// cut says how many of the first statements make a block, and whether more
// statements could not make it longer. A block is purged whole, so it never
// reaches over the end of a retention's period; nor over a hole, which only a
// damaged database has.
func (j *Journal) cut(sts []*preau.Statement) (n int, closed bool) {
	policy, _ := Policy(sts[0].Stream)
	local := j.clock.Now().Location()
	period, size := policy.Keep.period(sts[0].Stored.In(local)), 0
	for n < len(sts) && n < blockOf {
		st := sts[n]
		size += len(st.Raw) + len(st.Result) + len(st.Context)
		if n > 0 && (size > codec.TargetSize || policy.Keep.period(st.Stored.In(local)) != period || st.Seq != sts[n-1].Seq+1) {
			return n, true
		}
		n++
	}
	return n, n == blockOf
}

// movePacked puts the blocks in and takes their rows out.
func movePacked(tx *sqlite.Tx, blocks []packedBlock) error {
	for _, b := range blocks {
		_, err := tx.Exec(`INSERT INTO journal_block (first, last, stored, data) VALUES (?, ?, ?, ?)`, b.first, b.last, b.stored.UnixMilli(), b.data)
		if err != nil {
			return err
		}
		// Replaces none but the id of a statement that was pruned: see the
		// trigger journal_unique.
		_, err = tx.Exec(`INSERT OR REPLACE INTO journal_id (id, key) SELECT id, key FROM journal WHERE key BETWEEN ? AND ? ORDER BY id`, b.first, b.last)
		if err != nil {
			return err
		}
		res, err := tx.Exec(`DELETE FROM journal WHERE key BETWEEN ? AND ?`, b.first, b.last)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != b.last-b.first+1 {
			return errors.Join(err, preau.E(preau.Internal, fmt.Sprintf("packed %d rows, found %d", b.last-b.first+1, n), "", nil))
		}
	}
	return nil
}
