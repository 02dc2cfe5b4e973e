package document

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// maxNames bounds a list.
const maxNames = 10_000

// Names lists the documents of an owner stored after a moment, and when the
// last of them was.
func (s *Store) Names(ctx context.Context, o Owner, since time.Time) (names []string, last time.Time, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		query, args := o.all(`SELECT DISTINCT name, updated FROM lrs_document`)
		rows, err := tx.Query(query+` AND updated > ? ORDER BY name LIMIT ?`, append(args, sinceMs(since), maxNames)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var updated int64
			if err := rows.Scan(&name, &updated); err != nil {
				return err
			}
			if len(names) == 0 || names[len(names)-1] != name {
				names = append(names, name)
			}
			if at := time.UnixMilli(updated).UTC(); at.After(last) {
				last = at
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, last, fmt.Errorf("list lrs documents: %w", err)
	}
	return names, last, nil
}

func sinceMs(t time.Time) int64 {
	if t.IsZero() {
		return -1
	}
	return t.UnixMilli()
}

// DeleteAll removes every state of an owner.
func (s *Store) DeleteAll(ctx context.Context, o Owner) error {
	err := s.db.Write(ctx, func(tx *sqlite.Tx) error {
		query, args := o.all(`DELETE FROM lrs_document`)
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete lrs documents: %w", err)
	}
	return nil
}

// all restricts a query to an owner, with any registration when none was named.
func (o Owner) all(query string) (string, []any) {
	if o.AnyRegistration {
		return query + ` WHERE kind = ? AND activity = ? AND agent = ?`, o.key()[:3]
	}
	return query + where, o.key()
}

// Erase drops what is kept about one person of the school.
func (s *Store) Erase(ctx context.Context, pid string) error {
	err := s.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM lrs_document WHERE person = ? AND person <> ''`, pid)
		return err
	})
	if err != nil {
		return fmt.Errorf("erase lrs documents: %w", err)
	}
	return nil
}

// purgeBatch bounds a transaction.
const purgeBatch = 500

// Purge drops the states and agent profiles last changed before a moment, and
// says how many.
func (s *Store) Purge(ctx context.Context, before time.Time) (deleted int64, err error) {
	for {
		var n int64
		err := s.db.Write(ctx, func(tx *sqlite.Tx) error {
			res, err := tx.Exec(`DELETE FROM lrs_document WHERE (kind, activity, agent, registration, name) IN
				(SELECT kind, activity, agent, registration, name FROM lrs_document WHERE updated < ? AND kind <> 2 LIMIT ?)`, before.UnixMilli(), purgeBatch)
			if err != nil {
				return err
			}
			n, err = res.RowsAffected()
			return err
		})
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("purge lrs documents: %w", err)
		}
		if n < purgeBatch {
			return deleted, nil
		}
	}
}

// Kept is a document about a person, for their right of access.
type Kept struct {
	Activity string    `json:"activity,omitempty"`
	Name     string    `json:"name"`
	Type     string    `json:"content_type"`
	Content  string    `json:"content"`
	Updated  time.Time `json:"updated"`
}

// All lists what is kept about one person of the school.
func (s *Store) All(ctx context.Context, pid string) (found []Kept, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT activity, name, content_type, content, updated FROM lrs_document WHERE person = ? AND person <> '' ORDER BY updated`, pid)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k Kept
			var content []byte
			var updated int64
			if err := rows.Scan(&k.Activity, &k.Name, &k.Type, &content, &updated); err != nil {
				return err
			}
			k.Content, k.Updated = string(content), time.UnixMilli(updated).UTC()
			found = append(found, k)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list a person's lrs documents: %w", err)
	}
	return found, nil
}
