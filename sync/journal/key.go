package journal

import (
	"preau"
	"preau/internal/sqlite"
)

// A key is where a statement stands: 20 bits of the epoch's ordinal, 3 of the
// stream, 40 of the sequence. Within a stream keys ascend in order of storing
// across epochs; across streams they say nothing of time. A place is a key
// without its sequence: one stream of one epoch.
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

// place 0 is none: ordinals start at 1.
type place int64

func placeOf(ordinal int64, stream preau.Stream) place {
	return place(ordinal<<streamBits | codeOf(stream))
}

func (p place) ordinal() int64           { return int64(p >> streamBits) }
func (p place) stream() preau.Stream     { return codes[p&(1<<streamBits-1)] }
func (p place) key(seq uint64) int64     { return int64(p)<<seqBits | int64(seq) }
func (p place) ends() (first, end int64) { return p.key(0), p.key(maxSeq) }

// known is whether this release has a stream for the place's code.
func (p place) known() bool {
	code := int(p & (1<<streamBits - 1))
	return code > 0 && code < len(codes)
}

func split(key int64) (place, uint64) { return place(key >> seqBits), uint64(key & maxSeq) }

// Key is the statement's place, once the journal has stored it; 0 before.
func (j *Journal) Key(st *preau.Statement) int64 {
	ordinal := j.ordinals[st.Epoch]
	if ordinal == 0 || st.Seq == 0 {
		return 0
	}
	return placeOf(ordinal, st.Stream).key(st.Seq)
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
