package ink

import (
	"context"
	"fmt"
	"time"

	"preau"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
)

// Annotation is what somebody drew over one launch.
type Annotation struct {
	Launch  string    `json:"launch"`
	Item    string    `json:"item"`
	At      time.Time `json:"at"` // of the last stroke
	Strokes int       `json:"strokes"`
}

const annotations = `SELECT launch, item, max(at), count(*) FROM ink_stroke WHERE owner=? GROUP BY launch, item ORDER BY max(at) DESC, launch`

// Annotations lists what a person drew, the latest first.
func (s *Store) Annotations(ctx context.Context, owner string) (found []Annotation, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		found = nil
		rows, err := tx.Query(annotations, owner)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a Annotation
			var at int64
			if err := rows.Scan(&a.Launch, &a.Item, &at, &a.Strokes); err != nil {
				return err
			}
			a.At = time.UnixMilli(at).UTC()
			found = append(found, a)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list annotations: %w", err)
	}
	return found, nil
}

// Latest is what a person last drew over an item, but for one launch (the one
// on screen). No layer means that there is none.
func (s *Store) Latest(ctx context.Context, owner, item, but string) ([]protocol.Layer, error) {
	var found []Change
	err := s.db.Read(ctx, func(tx *sqlite.Tx) (err error) {
		found, err = rows(tx, `WHERE owner=?1 AND launch = (
			SELECT launch FROM ink_stroke WHERE owner=?1 AND item=?2 AND launch<>?3 ORDER BY at DESC, launch LIMIT 1) ORDER BY n`, owner, item, but)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read annotations: %w", err)
	}
	var l Layers
	l.Restore(found)
	return l.All(), nil
}

// Remove deletes what a person drew over one launch.
func (s *Store) Remove(ctx context.Context, owner, launch string) error {
	err := s.db.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(`DELETE FROM ink_stroke WHERE owner=? AND launch=?`, owner, launch)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return preau.E(preau.NotFound, "these annotations are not kept any more", "Reload the list.", nil)
	})
	if err != nil {
		return fmt.Errorf("delete annotations: %w", err)
	}
	return nil
}

// Purge deletes what is kept of those who left before a moment; left says
// when somebody did, zero while they are at school. It says how many strokes.
func (s *Store) Purge(ctx context.Context, before time.Time, left func(ctx context.Context, pid string) (time.Time, error)) (deleted int64, err error) {
	var owners []string
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		owners = nil
		rows, err := tx.Query(`SELECT DISTINCT owner FROM ink_stroke`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var owner string
			if err := rows.Scan(&owner); err != nil {
				return err
			}
			owners = append(owners, owner)
		}
		return rows.Err()
	})
	if err != nil {
		return 0, fmt.Errorf("find owners of ink: %w", err)
	}
	for _, owner := range owners {
		when, err := left(ctx, owner)
		switch {
		case preau.KindOf(err) == preau.NotFound: // erased: nothing of theirs stays
		case err != nil:
			return deleted, fmt.Errorf("ask when an owner of ink left: %w", err)
		case when.IsZero() || !when.Before(before):
			continue
		}
		n, err := s.erase(ctx, owner)
		if deleted += n; err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// Erase deletes all that a person drew.
func (s *Store) Erase(ctx context.Context, pid string) error {
	_, err := s.erase(ctx, pid)
	return err
}

func (s *Store) erase(ctx context.Context, owner string) (n int64, err error) {
	err = s.db.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(`DELETE FROM ink_stroke WHERE owner=?`, owner)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("erase ink: %w", err)
	}
	return n, nil
}

// All is everything kept of a person: what they may read.
func (s *Store) All(ctx context.Context, pid string) (any, error) {
	var found []Change
	err := s.db.Read(ctx, func(tx *sqlite.Tx) (err error) {
		found, err = rows(tx, `WHERE owner=? ORDER BY at, n`, pid)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read ink of a person: %w", err)
	}
	type drawn struct {
		Item   string          `json:"item"`
		Page   int             `json:"page,omitempty"`
		Stroke protocol.Stroke `json:"stroke"`
	}
	all := []drawn{}
	for _, c := range found {
		all = append(all, drawn{c.Item, c.Key.Page, c.Stroke})
	}
	return all, nil
}
