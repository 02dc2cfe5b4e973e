package ink

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"

	"preau/edge/live/protocol"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// MaxKept is how many annotations are kept of one person; the oldest go.
const MaxKept = 200

// Store keeps what was drawn.
type Store struct{ db *sqlite.DB }

// Open brings the table up to date.
func Open(ctx context.Context, db *sqlite.DB) (*Store, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open ink migrations: %w", err)
	}
	if err := db.Migrate(ctx, "ink", sub); err != nil {
		return nil, fmt.Errorf("open ink: %w", err)
	}
	return &Store{db}, nil
}

// Put makes the store agree with changes, all of them or none.
func (s *Store) Put(ctx context.Context, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	texts := make([]string, len(changes))
	for i, c := range changes {
		b, err := json.Marshal(c.Stroke)
		if err != nil {
			return fmt.Errorf("encode stroke: %w", err)
		}
		texts[i] = string(b)
	}
	err := s.db.Write(ctx, func(tx *sqlite.Tx) error {
		owners := map[string]bool{}
		for i, c := range changes {
			if len(c.Stroke.Points) == 0 {
				if _, err := tx.Exec(`DELETE FROM ink_stroke WHERE launch=? AND target=? AND page=? AND id=?`, c.Key.Launch, string(c.Key.To), c.Key.Page, c.Stroke.ID); err != nil {
					return err
				}
				continue
			}
			owners[c.Owner] = true
			_, err := tx.Exec(`INSERT INTO ink_stroke VALUES (?,?,?,?,?,?,?,?,?)
				ON CONFLICT DO UPDATE SET n=excluded.n, at=excluded.at, stroke=excluded.stroke`,
				c.Key.Launch, string(c.Key.To), c.Key.Page, c.Stroke.ID, c.N, c.Owner, c.Item, tx.Now.UnixMilli(), texts[i])
			if err != nil {
				return err
			}
		}
		for owner := range owners {
			if err := trim(tx, owner); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep ink: %w", err)
	}
	return nil
}

// trim drops a person's oldest annotations over MaxKept.
func trim(tx *sqlite.Tx, owner string) error {
	_, err := tx.Exec(`DELETE FROM ink_stroke WHERE owner=?1 AND launch IN (
		SELECT launch FROM ink_stroke WHERE owner=?1 GROUP BY launch ORDER BY max(at) DESC LIMIT -1 OFFSET ?2)`, owner, MaxKept)
	return err
}

// Of reads what was drawn over launches, in the order of drawing.
func (s *Store) Of(ctx context.Context, launches ...string) (found []Change, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		found = nil
		for _, launch := range launches {
			more, err := rows(tx, `WHERE launch=? ORDER BY n`, launch)
			if err != nil {
				return err
			}
			found = append(found, more...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read ink: %w", err)
	}
	return found, nil
}

func rows(tx *sqlite.Tx, where string, args ...any) (found []Change, err error) {
	rows, err := tx.Query(`SELECT launch, target, page, n, owner, item, stroke FROM ink_stroke `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Change
		var to, text string
		if err := rows.Scan(&c.Key.Launch, &to, &c.Key.Page, &c.N, &c.Owner, &c.Item, &text); err != nil {
			return nil, err
		}
		c.Key.To = protocol.Target(to)
		if err := json.Unmarshal([]byte(text), &c.Stroke); err != nil {
			return nil, fmt.Errorf("read stroke: %w", err)
		}
		found = append(found, c)
	}
	return found, rows.Err()
}
