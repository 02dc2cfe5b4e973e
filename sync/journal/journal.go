// Package journal is the box's one append-only sequence of statements. It
// promises that a statement is stored in the same transaction as whatever it
// changes, that sequence numbers are dense within a stream and an epoch, that
// the same statement sent twice is stored once, and that a row is deleted
// only after the authority has signed for it. It refuses updates, and an id
// used again for something else.
//
// Words: an epoch is one life of the process; a head is the last number of a
// stream in an epoch; acked is how far signed receipts reach. A statement is
// young while it is a row of its own; Pack moves it into a block with its
// neighbours, where it stays until its block is purged.
package journal

import (
	"container/list"
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal/codec"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Journal appends to one database under one epoch. Append may be called only
// from db's transactions, which are serial; the rest from anywhere.
type Journal struct {
	db    *sqlite.DB
	clock preau.Clock
	coder *codec.Coder
	cache cache
	wake  chan preau.Stream

	epoch    uint64
	ordinal  int64            // of this epoch
	ordinals map[uint64]int64 // of every epoch; read-only after Open
	epochs   map[int64]uint64 // the other way round

	// Owned by the writer goroutine.
	last map[preau.Stream]uint64
	hlc  uint64
	row  []byte

	onAppend []func(tx *sqlite.Tx, st *preau.Statement, key int64) error
	onPrune  []func(tx *sqlite.Tx, stream preau.Stream, keys []int64) error
	moving   sync.Mutex // Pack and Purge take turns
}

// Open brings the tables up to date and opens a new epoch.
func Open(ctx context.Context, db *sqlite.DB, clock preau.Clock) (*Journal, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open journal migrations: %w", err)
	}
	if err := db.Migrate(ctx, "journal", sub); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	coder, err := codec.New()
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{db: db, clock: clock, coder: coder, cache: cache{byKey: map[edition]*list.Element{}},
		wake: make(chan preau.Stream, 64), last: map[preau.Stream]uint64{}}
	if err := db.Write(ctx, j.openEpoch); err != nil {
		return nil, fmt.Errorf("open journal epoch: %w", err)
	}
	return j, nil
}

// openEpoch always starts a new one: keeping the old across a restart forks
// the sequence as soon as a card image is restored.
func (j *Journal) openEpoch(tx *sqlite.Tx) error {
	var b [8]byte
	_, _ = rand.Read(b[:]) // cannot fail
	j.epoch = binary.BigEndian.Uint64(b[:])>>1 | 1
	if err := j.loadOrdinals(tx); err != nil {
		return err
	}
	j.ordinal = int64(len(j.epochs)) + 1
	previous := j.epochs[j.ordinal-1]
	heads, err := epochHeads(tx, j.ordinal-1)
	if err != nil {
		return err
	}
	text, err := json.Marshal(heads)
	if err != nil {
		return fmt.Errorf("encode heads: %w", err)
	}
	if err := j.resumeClock(tx, heads); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO epoch (id, opened, previous, prev_heads, ordinal) VALUES (?, ?, ?, ?, ?)`,
		int64(j.epoch), tx.Now.UnixMilli(), int64(previous), string(text), j.ordinal)
	j.ordinals[j.epoch], j.epochs[j.ordinal] = j.ordinal, j.epoch
	return err
}

// resumeClock starts the hybrid clock after the last statements of the epoch
// before.
func (j *Journal) resumeClock(tx *sqlite.Tx, heads map[preau.Stream]uint64) error {
	for stream, seq := range heads {
		st, err := j.at(tx, placeOf(j.ordinal-1, stream).key(seq))
		if errors.Is(err, sql.ErrNoRows) {
			continue // pruned: long ago
		}
		if err != nil {
			return fmt.Errorf("read the last statement of %s: %w", stream, err)
		}
		j.hlc = max(j.hlc, st.HLC)
	}
	return nil
}

// Epoch is the name of this life of the process.
func (j *Journal) Epoch() uint64 { return j.epoch }

// Appended tells, best effort and never blocking the writer, that a stream
// has grown; the uplink listens so that attendance leaves at once. A hint may
// precede its commit or be dropped: the listener looks at Heads.
func (j *Journal) Appended() <-chan preau.Stream { return j.wake }

// Record appends in a transaction of its own.
func (j *Journal) Record(ctx context.Context, sts ...*preau.Statement) error {
	if len(sts) == 1 && len(j.onAppend) == 0 {
		return j.db.WriteSingle(ctx, func(tx *sqlite.Tx) error { return j.Append(tx, sts[0]) })
	}
	return j.db.Write(ctx, func(tx *sqlite.Tx) error { return j.Append(tx, sts...) })
}
