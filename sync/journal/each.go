package journal

import (
	"container/list"
	"database/sql"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal/codec"
)

// Each gives f every statement: those in blocks, then the young ones, both by
// key. It needs no open journal, so that a command may read beside a running
// box.
func Each(tx *sqlite.Tx, f func(st *preau.Statement) error) error {
	coder, err := codec.New()
	if err != nil {
		return err
	}
	defer coder.Close()
	j := &Journal{coder: coder, cache: cache{byKey: map[edition]*list.Element{}}}
	if err := j.loadOrdinals(tx); err != nil {
		return fmt.Errorf("list epochs: %w", err)
	}
	for next := int64(0); ; {
		var first, last, edition int64
		err := tx.QueryRow(`SELECT first, last, edition FROM journal_block WHERE first >= ? ORDER BY first LIMIT 1`, next).Scan(&first, &last, &edition)
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err != nil {
			return fmt.Errorf("list blocks: %w", err)
		}
		b, err := j.block(tx, first, last, edition)
		if err != nil {
			return err
		}
		for key := first; key <= last; key++ {
			st, err := j.fromBlock(key, b, int(key-first))
			if err == nil {
				err = f(st)
			}
			if err != nil {
				return err
			}
		}
		next = last + 1
	}
	rows, err := tx.Query(`SELECT key, id, data FROM journal ORDER BY key`)
	if err != nil {
		return fmt.Errorf("list rows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var id, data sql.RawBytes
		if err := rows.Scan(&key, &id, &data); err != nil {
			return fmt.Errorf("list rows: %w", err)
		}
		st, err := j.fromRow(key, id, data)
		if err == nil {
			err = f(st)
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}
