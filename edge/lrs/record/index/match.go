package index

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// idle is how many numbers are given at once when there is nothing to look up.
const idle = 512

// maxStride is how many buckets are looked through at once; the first look
// takes few, since most queries want what is new.
const (
	firstStride = 8
	maxStride   = 256
)

// Finder walks the numbers of the statements that meet all conditions, newest
// first or oldest first, within [from, end).
type Finder struct {
	index     *Index
	tx        *sqlite.Tx
	conds     []Condition
	tail      view
	from, end int64
	ascending bool
	stride    int64
	run       run     // of the number before, most often of the next too
	ready     []int64 // numbers found and not yet given out, in order
}

// Next gives the next number; ok is false at the end.
func (f *Finder) Next() (n int64, ok bool, err error) {
	for len(f.ready) == 0 {
		if f.from >= f.end {
			return 0, false, nil
		}
		if err := f.look(); err != nil {
			return 0, false, fmt.Errorf("look through the index: %w", err)
		}
	}
	n, f.ready = f.ready[0], f.ready[1:]
	return n, true, nil
}

// Statement reads the one numbered n; nil when it was pruned.
func (f *Finder) Statement(n int64) (st *preau.Statement, err error) {
	if n < f.run.first || n >= f.run.end {
		if f.run, err = runOf(f.tx, n); err != nil {
			return nil, err
		}
	}
	return f.index.byRun(f.tx, f.run, n)
}

// look fills ready from the next stride of buckets and moves past them.
func (f *Finder) look() error {
	f.stride = min(max(2*f.stride, firstStride), maxStride)
	lo, hi := f.from, f.end
	if f.ascending {
		hi = min(hi, (lo>>bucketBits+f.stride)<<bucketBits)
		f.from = hi
	} else {
		lo = max(lo, ((hi-1)>>bucketBits+1-f.stride)<<bucketBits)
		f.end = lo
	}
	var found []int64
	if len(f.conds) == 0 {
		// Nothing to look up: a page's worth of numbers at a time.
		if f.ascending {
			hi = min(hi, lo+idle)
			f.from = hi
		} else {
			lo = max(lo, hi-idle)
			f.end = lo
		}
		for n := lo; n < hi; n++ {
			found = append(found, n)
		}
	}
	for i, terms := range f.conds {
		ns, err := f.numbers(terms, lo, hi)
		if err != nil {
			return err
		}
		if i > 0 {
			ns = both(found, ns)
		}
		if found = ns; len(found) == 0 {
			break
		}
	}
	if !f.ascending {
		slices.Reverse(found)
	}
	f.ready = found
	return nil
}

// numbers lists those in [lo, hi) with any of the terms, ascending.
func (f *Finder) numbers(terms []int64, lo, hi int64) (ns []int64, err error) {
	for _, term := range terms {
		if ns, err = f.sealed(ns, term, lo, hi); err != nil {
			return nil, err
		}
		rows, err := f.tx.Query(`SELECT n FROM lrs_late WHERE term = ? AND n >= ? AND n < ?`, term, lo, hi)
		if err != nil {
			return nil, err
		}
		late, err := ints(rows)
		if err != nil {
			return nil, err
		}
		ns = append(ns, late...)
		own := f.tail.byTerm[term]
		first, _ := slices.BinarySearch(own, lo)
		for _, n := range own[first:] {
			if n < hi {
				ns = append(ns, n)
			}
		}
	}
	slices.Sort(ns)
	return slices.Compact(ns), nil
}

// sealed adds what the postings of one term say. The buckets drive the join:
// one descent each, in the engine.
func (f *Finder) sealed(ns []int64, term, lo, hi int64) ([]int64, error) {
	rows, err := f.tx.Query(`SELECT p.bucket, p.ns FROM lrs_bucket b CROSS JOIN lrs_posting p ON p.bucket = b.bucket AND p.term = ?1
		WHERE b.bucket BETWEEN ?2 AND ?3`, term, lo>>bucketBits, (hi-1)>>bucketBits)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var bucket int64
		var deltas []byte
		if err := rows.Scan(&bucket, &deltas); err != nil {
			return nil, err
		}
		n := bucket << bucketBits
		for len(deltas) > 0 {
			d, w := binary.Uvarint(deltas)
			if w <= 0 {
				return nil, preau.E(preau.Corrupt, fmt.Sprintf("the postings of bucket %d of the record store are damaged", bucket),
					"Stop the box, keep a copy of the data folder and restore the last backup.", nil)
			}
			deltas = deltas[w:]
			if n += int64(d); n >= lo && n < hi {
				ns = append(ns, n)
			}
		}
	}
	return ns, rows.Err()
}

// both is the intersection of two ascending lists.
func both(a, b []int64) []int64 {
	out := a[:0]
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// Filter is what a Finder looks for. Zero fields do not filter.
type Filter struct {
	All          []Condition
	Since, Until time.Time // on stored: after, and up to and including
	Ascending    bool
	// After continues a walk: one more than the last number of the one before.
	After int64
}

// Find places a Finder where the filter's walk begins.
func (x *Index) Find(tx *sqlite.Tx, filter Filter) (*Finder, error) {
	f := &Finder{index: x, tx: tx, conds: filter.All, ascending: filter.Ascending}
	var terms []int64
	for _, c := range f.conds {
		terms = append(terms, c...)
	}
	var err error
	if f.tail, err = x.tail.load(tx, terms); err != nil {
		return nil, err
	}
	if f.from, err = Oldest(tx); err != nil {
		return nil, err
	}
	f.end = f.tail.end
	if !filter.Since.IsZero() {
		n, err := x.storedAfter(tx, f.tail, filter.Since)
		if err != nil {
			return nil, err
		}
		f.from = max(f.from, n)
	}
	if !filter.Until.IsZero() {
		n, err := x.storedAfter(tx, f.tail, filter.Until)
		if err != nil {
			return nil, err
		}
		f.end = min(f.end, n)
	}
	if filter.After > 0 && filter.Ascending {
		f.from = max(f.from, filter.After)
	} else if filter.After > 0 {
		f.end = min(f.end, filter.After-1)
	}
	return f, nil
}
