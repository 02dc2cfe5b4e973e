package index

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"sync"

	"preau/internal/sqlite"
)

// tail is the open bucket's terms in memory, as far as queries have read
// them: rows that are committed never change but by pruning, and a number
// that leads nowhere is passed over. What a query was given stays its own.
type tail struct {
	mu     sync.Mutex
	bucket int64
	byTerm map[int64][]int64 // numbers, ascending
	stored []int64           // of bucket's statements, by position
}

// view is the tail as one transaction sees it.
type view struct {
	first, end int64   // numbers
	stored     []int64 // ms
	byTerm     map[int64][]int64
}

// load brings the tail up to what tx sees and returns the numbers of terms.
func (t *tail) load(tx *sqlite.Tx, terms []int64) (view, error) {
	var first, last sql.NullInt64
	if err := tx.QueryRow(`SELECT min(n), max(n) FROM lrs_tail`).Scan(&first, &last); err != nil {
		return view{}, fmt.Errorf("find the tail: %w", err)
	}
	v := view{byTerm: map[int64][]int64{}}
	if !first.Valid {
		err := tx.QueryRow(`SELECT next FROM lrs_state`).Scan(&v.first)
		v.end = v.first
		return v, err
	}
	v.first, v.end = first.Int64, last.Int64+1
	t.mu.Lock()
	defer t.mu.Unlock()
	if bucket := v.first >> bucketBits; t.bucket != bucket || t.byTerm == nil {
		if t.byTerm != nil && bucket < t.bucket {
			return v, v.read(tx, v.first, v.byTerm) // an old snapshot: its own reading
		}
		t.bucket, t.byTerm, t.stored = bucket, map[int64][]int64{}, nil
	}
	if have := v.first + int64(len(t.stored)); have < v.end {
		grown := view{first: v.first, end: v.end, stored: t.stored}
		if err := grown.read(tx, have, t.byTerm); err != nil {
			t.byTerm = nil // half read: begin again
			return v, err
		}
		t.stored = grown.stored
	}
	v.stored = t.stored[:v.end-v.first]
	for _, term := range terms {
		ns := t.byTerm[term]
		for len(ns) > 0 && ns[len(ns)-1] >= v.end {
			ns = ns[:len(ns)-1] // newer than this transaction
		}
		v.byTerm[term] = ns
	}
	return v, nil
}

func (v *view) read(tx *sqlite.Tx, from int64, byTerm map[int64][]int64) error {
	rows, err := tx.Query(`SELECT n, stored, terms FROM lrs_tail WHERE n >= ? AND n < ? ORDER BY n`, from, v.end)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n, stored int64
		var terms sql.RawBytes
		if err := rows.Scan(&n, &stored, &terms); err != nil {
			return fmt.Errorf("read the tail: %w", err)
		}
		v.stored = append(v.stored, stored)
		for ; len(terms) >= 8; terms = terms[8:] {
			t := int64(binary.BigEndian.Uint64(terms))
			byTerm[t] = append(byTerm[t], n)
		}
	}
	return rows.Err()
}
