package journal

import (
	"database/sql"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
)

// A key is where a statement stands: 20 bits of the epoch's ordinal, 3 of the
// stream, 40 of the sequence. Within a stream keys ascend in order of storing
// across epochs; across streams they say nothing of time.
const (
	seqBits    = 40
	streamBits = 3
	maxSeq     = 1<<seqBits - 1
)

// codes are on disk: a stream keeps its number for ever, and 0 is none.
var codes = [...]preau.Stream{1: preau.StreamAttendance, 2: preau.StreamCase, 3: preau.StreamMessage,
	4: preau.StreamLearning, 5: preau.StreamContent, 6: preau.StreamTelemetry}

func codeOf(s preau.Stream) int64 {
	for code, stream := range codes {
		if stream == s && code > 0 {
			return int64(code)
		}
	}
	return 0
}

func makeKey(ordinal int64, stream preau.Stream, seq uint64) int64 {
	return ordinal<<(seqBits+streamBits) | codeOf(stream)<<seqBits | int64(seq)
}

// unkey takes a key apart; ok is false for one that this journal never made.
func (j *Journal) unkey(key int64) (epoch uint64, stream preau.Stream, seq uint64, ok bool) {
	epoch = j.epochs[key>>(seqBits+streamBits)]
	code := key >> seqBits & (1<<streamBits - 1)
	if epoch == 0 || code == 0 || code >= int64(len(codes)) {
		return 0, "", 0, false
	}
	return epoch, codes[code], uint64(key & maxSeq), true
}

// Key is the statement's place, once the journal has stored it; 0 before.
func (j *Journal) Key(st *preau.Statement) int64 {
	ordinal := j.ordinals[st.Epoch]
	if ordinal == 0 || st.Seq == 0 {
		return 0
	}
	return makeKey(ordinal, st.Stream, st.Seq)
}

// ByKeys reads statements in the order of keys; preau.NotFound names the
// first that is not there.
func (j *Journal) ByKeys(tx *sqlite.Tx, keys []int64) ([]*preau.Statement, error) {
	sts := make([]*preau.Statement, 0, len(keys))
	for _, key := range keys {
		epoch, stream, seq, ok := j.unkey(key)
		if !ok {
			return nil, preau.E(preau.NotFound, fmt.Sprintf("no statement at key %d", key), "", nil)
		}
		st, err := scan(tx.QueryRow(`SELECT `+columns+` WHERE j.stream = ? AND j.epoch = ? AND j.seq = ?`, string(stream), int64(epoch), int64(seq)).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, preau.E(preau.NotFound, fmt.Sprintf("no statement at key %d", key), "", nil)
		}
		if err != nil {
			return nil, fmt.Errorf("read statement by key: %w", err)
		}
		sts = append(sts, st)
	}
	return sts, nil
}

func (j *Journal) loadOrdinals(tx *sqlite.Tx) error {
	j.ordinals, j.epochs = map[uint64]int64{}, map[int64]uint64{}
	rows, err := tx.Query(`SELECT id, ordinal FROM epoch`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, ordinal int64
		if err := rows.Scan(&id, &ordinal); err != nil {
			return err
		}
		j.ordinals[uint64(id)], j.epochs[ordinal] = ordinal, uint64(id)
	}
	return rows.Err()
}
