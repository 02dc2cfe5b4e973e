// Package journal is the box's one append-only sequence of statements. It
// promises that a statement is stored in the same transaction as whatever it
// changes, that sequence numbers are dense within a stream and an epoch, that
// the same statement sent twice is stored once, and that a row is deleted
// only after the authority has signed for it. It refuses updates, and an id
// used again for something else.
//
// Words: an epoch is one life of the process; a head is the last number of a
// stream in an epoch; acked is how far signed receipts reach.
package journal

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"

	"preau"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Journal appends to one database under one epoch. Append may be called only
// from db's transactions, which are serial; the rest from anywhere.
type Journal struct {
	db    *sqlite.DB
	clock preau.Clock
	epoch uint64
	last  map[preau.Stream]uint64 // owned by the writer goroutine
	hlc   uint64                  // likewise
	verbs map[string]int64        // those committed before this epoch; read-only after Open
	wake  chan preau.Stream

	ordinals map[uint64]int64 // of every epoch; read-only after Open
	epochs   map[int64]uint64 // the other way round
	onAppend []func(tx *sqlite.Tx, st *preau.Statement, key int64) error
	onPrune  []func(tx *sqlite.Tx, stream preau.Stream, keys []int64) error
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
	j := &Journal{db: db, clock: clock, verbs: map[string]int64{}, last: map[preau.Stream]uint64{}, wake: make(chan preau.Stream, 64)}
	if err := db.Write(ctx, j.openEpoch); err != nil {
		return nil, fmt.Errorf("open journal epoch: %w", err)
	}
	if err := db.Write(ctx, registerVerbs); err != nil {
		return nil, fmt.Errorf("register journal verbs: %w", err)
	}
	if err := db.Read(ctx, j.loadVerbs); err != nil {
		return nil, fmt.Errorf("load journal verbs: %w", err)
	}
	if err := db.Read(ctx, j.loadOrdinals); err != nil {
		return nil, fmt.Errorf("load journal epochs: %w", err)
	}
	return j, nil
}

func (j *Journal) loadVerbs(tx *sqlite.Tx) error {
	rows, err := tx.Query(`SELECT id, iri FROM verb`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var iri string
		if err := rows.Scan(&id, &iri); err != nil {
			return err
		}
		j.verbs[iri] = id
	}
	return rows.Err()
}

// openEpoch always starts a new one: keeping the old across a restart forks
// the sequence as soon as a card image is restored.
func (j *Journal) openEpoch(tx *sqlite.Tx) error {
	var b [8]byte
	_, _ = rand.Read(b[:]) // cannot fail
	j.epoch = binary.BigEndian.Uint64(b[:])>>1 | 1
	var previous int64
	err := tx.QueryRow(`SELECT coalesce((SELECT id FROM epoch ORDER BY ordinal DESC LIMIT 1), 0)`).Scan(&previous)
	if err != nil {
		return err
	}
	heads, err := epochHeads(tx, previous)
	if err != nil {
		return err
	}
	text, err := json.Marshal(heads)
	if err != nil {
		return fmt.Errorf("encode heads: %w", err)
	}
	if err := tx.QueryRow(`SELECT coalesce(max(hlc), 0) FROM journal WHERE epoch = ?`, previous).Scan(&j.hlc); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO epoch (id, opened, previous, prev_heads, ordinal)
		VALUES (?, ?, ?, ?, (SELECT coalesce(max(ordinal), 0) + 1 FROM epoch))`,
		int64(j.epoch), tx.Now.UnixMilli(), previous, string(text))
	return err
}

// epochHeads finds where each stream of an epoch ends.
func epochHeads(tx *sqlite.Tx, epoch int64) (map[preau.Stream]uint64, error) {
	heads := map[preau.Stream]uint64{}
	for _, p := range Streams() {
		var last uint64
		// One descent of the primary key each. Pruned rows were acked.
		err := tx.QueryRow(`SELECT max(coalesce((SELECT max(seq) FROM journal WHERE stream = ?1 AND epoch = ?2), 0),
			coalesce((SELECT acked FROM ack WHERE stream = ?1 AND epoch = ?2), 0))`, string(p.Stream), epoch).Scan(&last)
		if err != nil {
			return nil, fmt.Errorf("find the head of %s: %w", p.Stream, err)
		}
		if last > 0 {
			heads[p.Stream] = last
		}
	}
	return heads, nil
}

// Epoch is the name of this life of the process.
func (j *Journal) Epoch() uint64 { return j.epoch }

// Appended tells, best effort and never blocking the writer, that a stream
// has grown; the uplink listens so that attendance leaves at once. A hint may
// precede its commit or be dropped: the listener looks at Heads.
func (j *Journal) Appended() <-chan preau.Stream { return j.wake }

// Record appends in a transaction of its own.
func (j *Journal) Record(ctx context.Context, sts ...*preau.Statement) error {
	if len(sts) == 1 && len(j.onAppend) == 0 && j.verbs[sts[0].Verb] != 0 {
		return j.db.WriteSingle(ctx, func(tx *sqlite.Tx) error { return j.Append(tx, sts[0]) })
	}
	return j.db.Write(ctx, func(tx *sqlite.Tx) error { return j.Append(tx, sts...) })
}
