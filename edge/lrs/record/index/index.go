package index

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// A bucket is 4096 statements: its postings fit a few hundred pages, and five
// million statements are some 1200 buckets.
const (
	bucketBits = 12
	bucketSize = 1 << bucketBits
)

// maxChain bounds how far references to references are followed, maxFollowers
// how many statements may wait for one that comes late.
const (
	maxChain     = 32
	maxFollowers = 2000
)

// Append indexes a statement in the transaction that stores it. key is its
// place in the journal, parsed what it says.
func (x *Index) Append(tx *sqlite.Tx, st *preau.Statement, parsed *xapi.Statement, key int64) error {
	n, err := x.number(tx, key)
	if err != nil {
		return err
	}
	terms := termsOf(parsed, parsed.Authority)
	if ref := parsed.Object.Ref; !ref.IsZero() {
		more, err := x.reference(tx, n, ref, parsed.Verb == xapi.VerbVoided)
		if err != nil {
			return err
		}
		terms = union(terms, more)
	}
	blob := make([]byte, 0, 8*len(terms)+8)
	own := terms
	if parsed.Authority != nil {
		own = append(slices.Clone(terms), term(termAuthority, parsed.Authority.Key()))
	}
	for _, t := range own {
		blob = binary.BigEndian.AppendUint64(blob, uint64(t))
	}
	if _, err := tx.Exec(`INSERT INTO lrs_tail (n, stored, terms) VALUES (?, ?, ?)`, n, st.Stored.UnixMilli(), blob); err != nil {
		return err
	}
	if x.refs.Load() {
		if err := x.arrived(tx, st.ID, terms); err != nil {
			return err
		}
	}
	if n&(bucketSize-1) == bucketSize-1 {
		return x.seal(tx, n>>bucketBits)
	}
	return nil
}

// number gives the statement of key the next n, and begins a run when its key
// does not follow the last.
func (x *Index) number(tx *sqlite.Tx, key int64) (int64, error) {
	n, last := x.next, x.lastKey
	tx.OnUndo(func() { x.next, x.lastKey = n, last })
	x.next, x.lastKey = n+1, key
	if key != last+1 {
		if _, err := tx.Exec(`INSERT INTO lrs_run (first, key) VALUES (?, ?)`, n, key); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// reference notes that n refers to target and returns the terms it finds
// statements by: those count for n too.
func (x *Index) reference(tx *sqlite.Tx, n int64, target preau.ID, voids bool) ([]int64, error) {
	if _, err := tx.Exec(`INSERT INTO lrs_ref (target, n) VALUES (?, ?)`, target[:], n); err != nil {
		return nil, err
	}
	x.refs.Store(true)
	if voids {
		if _, err := tx.Exec(`INSERT INTO lrs_void (target, n) VALUES (?, ?) ON CONFLICT DO NOTHING`, target[:], n); err != nil {
			return nil, err
		}
	}
	var terms []int64
	for range maxChain {
		st, err := x.journal.Find(tx, target)
		if preau.KindOf(err) == preau.NotFound {
			return terms, nil // it may come later: see arrived
		}
		if err != nil {
			return nil, fmt.Errorf("find what a statement refers to: %w", err)
		}
		if st.Stream != preau.StreamLearning {
			return terms, nil
		}
		parsed, err := x.parse(st)
		if err != nil {
			return nil, err
		}
		terms = union(terms, termsOf(parsed, parsed.Authority))
		if target = parsed.Object.Ref; target.IsZero() {
			break
		}
	}
	return terms, nil
}

// arrived gives the terms of a new statement to those that refer to it and
// came before it, and to those that refer to them: maxFollowers at most, so
// that one request cannot hold the writer for long.
func (x *Index) arrived(tx *sqlite.Tx, id preau.ID, terms []int64) error {
	seen := map[int64]bool{}
	for queue := []preau.ID{id}; len(queue) > 0; queue = queue[1:] {
		rows, err := tx.Query(`SELECT n FROM lrs_ref WHERE target = ? LIMIT ?`, queue[0][:], maxFollowers)
		if err != nil {
			return err
		}
		ns, err := ints(rows)
		if err != nil {
			return err
		}
		for _, n := range ns {
			if seen[n] || len(seen) >= maxFollowers {
				continue
			}
			seen[n] = true
			for _, t := range terms {
				if _, err := tx.Exec(`INSERT INTO lrs_late (term, n) VALUES (?, ?) ON CONFLICT DO NOTHING`, t, n); err != nil {
					return err
				}
			}
			st, err := x.at(tx, n)
			if err != nil {
				return err
			}
			if st != nil {
				queue = append(queue, st.ID)
			}
		}
	}
	return nil
}

// at reads the statement numbered n; nil when it was pruned.
func (x *Index) at(tx *sqlite.Tx, n int64) (*preau.Statement, error) {
	r, err := runOf(tx, n)
	if err != nil {
		return nil, err
	}
	return x.byRun(tx, r, n)
}

// run is numbers in step with keys: first and those after it, before end.
type run struct{ first, end, key int64 }

func runOf(tx *sqlite.Tx, n int64) (r run, err error) {
	err = tx.QueryRow(`SELECT first, key, coalesce((SELECT first FROM lrs_run WHERE first > ?1 ORDER BY first LIMIT 1), ?2)
		FROM lrs_run WHERE first <= ?1 ORDER BY first DESC LIMIT 1`, n, int64(math.MaxInt64)).Scan(&r.first, &r.key, &r.end)
	if errors.Is(err, sql.ErrNoRows) {
		return run{}, nil
	}
	if err != nil {
		return run{}, fmt.Errorf("find the run of a statement: %w", err)
	}
	return r, nil
}

func (x *Index) byRun(tx *sqlite.Tx, r run, n int64) (*preau.Statement, error) {
	if r.end == 0 {
		return nil, nil
	}
	sts, err := x.journal.ByKeys(tx, []int64{r.key + n - r.first})
	if preau.KindOf(err) == preau.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return sts[0], nil
}

// seal turns the tail, which is one full bucket, into postings.
func (x *Index) seal(tx *sqlite.Tx, bucket int64) error {
	var stored int64
	postings := map[int64][]byte{}
	last := map[int64]int64{}
	rows, err := tx.Query(`SELECT n, stored, terms FROM lrs_tail ORDER BY n`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var terms sql.RawBytes
		if err := rows.Scan(&n, &stored, &terms); err != nil {
			return fmt.Errorf("read the tail: %w", err)
		}
		for ; len(terms) >= 8; terms = terms[8:] {
			t := int64(binary.BigEndian.Uint64(terms))
			postings[t] = binary.AppendUvarint(postings[t], uint64(n&(bucketSize-1)-last[t]))
			last[t] = n & (bucketSize - 1)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the tail: %w", err)
	}
	keys := make([]int64, 0, len(postings))
	for t := range postings {
		keys = append(keys, t)
	}
	slices.Sort(keys) // in the table's order: pages are filled one after the other
	for _, t := range keys {
		if _, err := tx.Exec(`INSERT INTO lrs_posting (bucket, term, ns) VALUES (?, ?, ?)`, bucket, t, postings[t]); err != nil {
			return fmt.Errorf("write postings: %w", err)
		}
	}
	if _, err := tx.Exec(`INSERT INTO lrs_bucket (bucket, stored, gone) VALUES (?, ?, ?)`, bucket, stored, x.goneInTail); err != nil {
		return err
	}
	gone := x.goneInTail
	tx.OnUndo(func() { x.goneInTail = gone })
	x.goneInTail = 0
	if _, err := tx.Exec(`DELETE FROM lrs_tail`); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE lrs_state SET next = ?`, (bucket+1)<<bucketBits)
	return err
}

func union(a, b []int64) []int64 {
	s := termSet{}
	for _, t := range append(slices.Clone(a), b...) {
		s.add(t)
	}
	return s.list
}

func ints(rows *sql.Rows) (list []int64, err error) {
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}
