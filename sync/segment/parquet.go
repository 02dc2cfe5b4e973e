package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"preau"
)

// row is a fact as a Parquet row. Strings that are empty and pointers that are
// nil are NULL. Names avoid words that SQL engines reserve.
type row struct {
	TS         int64     `parquet:"ts,timestamp(microsecond:utc),delta"`
	Clock      string    `parquet:"clock,dict"`
	UAI        string    `parquet:"uai,dict"`
	Box        string    `parquet:"box,dict"`
	Epoch      int64     `parquet:"epoch,dict"`
	Seq        int64     `parquet:"seq,delta"`
	ID         [16]byte  `parquet:"statement_id,uuid"`
	Verb       string    `parquet:"verb,dict"`
	Object     string    `parquet:"object,dict"`
	ObjectKind string    `parquet:"object_kind,optional,dict"`
	Group      string    `parquet:"group_key,optional,dict"`
	Actor      string    `parquet:"actor_key,optional,dict"`
	Duration   *float64  `parquet:"duration_s,optional"`
	Progress   *float64  `parquet:"progress,optional"`
	Score      *float64  `parquet:"score,optional"`
	Device     string    `parquet:"device,optional,dict"`
	Offline    bool      `parquet:"offline"`
	Voids      string    `parquet:"voids,optional"`
	Measures   []Measure `parquet:"measures,list"`
}

// maxFacts bounds what a reader accepts from one object.
const maxFacts = 1 << 20

// encodeFacts writes a Parquet file. Nothing in it depends on when, where or
// in which order of goroutines it was made.
func encodeFacts(facts []Fact) ([]byte, error) {
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[row](&buf,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
		parquet.CreatedBy("preau", "1", ""),
		parquet.SkipPageBounds("statement_id"), parquet.SkipPageBounds("voids"),
	)
	rows := make([]row, len(facts))
	for i := range facts {
		f := &facts[i]
		rows[i] = row{
			TS: f.Time.UnixMicro(), Clock: string(f.Clock), UAI: string(f.UAI), Box: f.Box, Epoch: int64(f.Epoch), Seq: int64(f.Seq),
			ID: f.ID, Verb: f.Verb, Object: f.Object, ObjectKind: f.ObjectKind, Group: f.Group, Actor: f.Actor,
			Duration: f.Duration, Progress: f.Progress, Score: f.Score, Device: f.Device, Offline: f.Offline, Measures: f.Measures,
		}
		if !f.Voids.IsZero() {
			rows[i].Voids = f.Voids.String()
		}
	}
	if _, err := w.Write(rows); err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	return buf.Bytes(), nil
}

// DecodeFacts reads a facts object of one stream. The bytes come from a
// store: whatever they are, the answer is facts or preau.Corrupt.
func DecodeFacts(stream preau.Stream, data []byte) (facts []Fact, err error) {
	defer func() {
		// The library trusts lengths that it reads.
		if p := recover(); p != nil {
			facts, err = nil, corrupt(fmt.Errorf("panic: %v", p))
		}
	}()
	// It also makes room for a footer of any length before it looks.
	if n := len(data); n < 12 || uint64(binary.LittleEndian.Uint32(data[n-8:]))+12 > uint64(n) {
		return nil, corrupt(errors.New("no footer"))
	}
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, corrupt(err)
	}
	if file.NumRows() < 0 || file.NumRows() > maxFacts {
		return nil, corrupt(fmt.Errorf("%d rows", file.NumRows()))
	}
	r := parquet.NewGenericReader[row](file)
	defer r.Close()
	rows := make([]row, r.NumRows())
	if n, err := r.Read(rows); n != len(rows) {
		return nil, corrupt(err)
	}
	facts = make([]Fact, len(rows))
	for i, w := range rows {
		facts[i] = Fact{
			Stream: stream, Time: time.UnixMicro(w.TS).UTC(), Clock: preau.ClockState(w.Clock), UAI: preau.UAI(w.UAI), Box: w.Box,
			Epoch: uint64(w.Epoch), Seq: uint64(w.Seq), ID: w.ID, Verb: w.Verb, Object: w.Object, ObjectKind: w.ObjectKind,
			Group: w.Group, Actor: w.Actor, Duration: w.Duration, Progress: w.Progress, Score: w.Score, Device: w.Device,
			Offline: w.Offline, Measures: w.Measures,
		}
		if w.Voids != "" {
			if facts[i].Voids, err = preau.ParseID(w.Voids); err != nil {
				return nil, corrupt(err)
			}
		}
	}
	return facts, nil
}

func corrupt(err error) error {
	return preau.E(preau.Corrupt, "the facts cannot be read", "", err)
}
