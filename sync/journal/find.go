package journal

import (
	"database/sql"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal/codec"
)

// ByKeys reads statements in the order of keys; preau.NotFound names the
// first that is not there.
func (j *Journal) ByKeys(tx *sqlite.Tx, keys []int64) ([]*preau.Statement, error) {
	sts := make([]*preau.Statement, 0, len(keys))
	for _, key := range keys {
		st, err := j.at(tx, key)
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

// at reads the statement of a key, young or packed; sql.ErrNoRows when there
// is none, or when it was forgotten.
func (j *Journal) at(tx *sqlite.Tx, key int64) (*preau.Statement, error) {
	st, err := j.kept(tx, key)
	if err == nil && st.Verb == VerbForgotten {
		return nil, sql.ErrNoRows
	}
	return st, err
}

// kept is at with what is left of those forgotten.
func (j *Journal) kept(tx *sqlite.Tx, key int64) (*preau.Statement, error) {
	// The block first: nearly all of a year's statements are in one, and its
	// bytes come with the look-up.
	var first, last, at int64
	var data []byte
	err := tx.QueryRow(`SELECT first, last, edition, data FROM journal_block WHERE first <= ? ORDER BY first DESC LIMIT 1`, key).Scan(&first, &last, &at, &data)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if err == nil && key <= last {
		b := j.cache.get(edition{first, at})
		if b == nil {
			if b, err = j.open(first, last, data); err != nil {
				return nil, err
			}
			j.cache.put(edition{first, at}, b)
		}
		return j.fromBlock(key, b, int(key-first))
	}
	var id []byte
	if err := tx.QueryRow(`SELECT id, data FROM journal WHERE key = ?`, key).Scan(&id, &data); err != nil {
		return nil, err
	}
	return j.fromRow(key, id, data)
}

// byID finds the key of an id, then its statement.
func (j *Journal) byID(tx *sqlite.Tx, id preau.ID) (*preau.Statement, error) {
	var key int64
	err := tx.QueryRow(`SELECT key FROM journal WHERE id = ?1 UNION ALL SELECT key FROM journal_id WHERE id = ?1 LIMIT 1`, id[:]).Scan(&key)
	if err != nil {
		return nil, err
	}
	return j.at(tx, key)
}

// block reads one that exists, out of the cache if it is there; it does not
// put it in.
func (j *Journal) block(tx *sqlite.Tx, first, last, at int64) (*codec.Block, error) {
	if b := j.cache.get(edition{first, at}); b != nil {
		return b, nil
	}
	var data []byte
	if err := tx.QueryRow(`SELECT data FROM journal_block WHERE first = ?`, first).Scan(&data); err != nil {
		return nil, err
	}
	return j.open(first, last, data)
}

// open reads a block's bytes.
func (j *Journal) open(first, last int64, data []byte) (*codec.Block, error) {
	b, err := j.coder.OpenBlock(data)
	if err != nil {
		return nil, fmt.Errorf("open the block of key %d: %w", first, err)
	}
	if int64(b.Len()) != last-first+1 {
		return nil, preau.E(preau.Corrupt, fmt.Sprintf("the block of key %d has %d statements instead of %d", first, b.Len(), last-first+1),
			"Stop the box, keep a copy of the data folder and restore the last backup.", nil)
	}
	return b, nil
}

func (j *Journal) fromRow(key int64, id, data []byte) (*preau.Statement, error) {
	st := &preau.Statement{}
	if err := codec.Row(data, st); err != nil {
		return nil, fmt.Errorf("read the statement of key %d: %w", key, err)
	}
	copy(st.ID[:], id)
	return st, j.placed(key, st)
}

func (j *Journal) fromBlock(key int64, b *codec.Block, i int) (*preau.Statement, error) {
	st := &preau.Statement{}
	if err := b.Statement(i, st); err != nil {
		return nil, fmt.Errorf("read the statement of key %d: %w", key, err)
	}
	return st, j.placed(key, st)
}

// placed sets what the key says.
func (j *Journal) placed(key int64, st *preau.Statement) error {
	p, seq := split(key)
	st.Epoch, st.Seq = j.epochs[p.ordinal()], seq
	if st.Epoch == 0 || !p.known() {
		return preau.E(preau.Corrupt, fmt.Sprintf("key %d is of an epoch or a stream that is not known", key),
			"Run preau doctor: the database was damaged, or written by a later release.", nil)
	}
	st.Stream = p.stream()
	return nil
}
