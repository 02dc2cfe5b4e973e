package launch

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// Kept is what is known of a person in one course, for their right of access.
type Kept struct {
	Course    string    `json:"course"`
	AU        string    `json:"au"`
	Completed bool      `json:"completed"`
	Passed    bool      `json:"passed"`
	Waived    string    `json:"waived,omitempty"`
	Score     *float64  `json:"score,omitempty"`
	Touched   time.Time `json:"touched"`
}

// All lists it.
func (l *Launches) All(ctx context.Context, pid string) (found []Kept, err error) {
	err = l.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT r.course, u.au, u.completed, u.passed, u.waived, u.score, u.touched FROM cmi5_registration r
			JOIN cmi5_unit u ON u.registration = r.id WHERE r.pid = ? ORDER BY u.touched`, pid)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k Kept
			var touched int64
			if err := rows.Scan(&k.Course, &k.AU, &k.Completed, &k.Passed, &k.Waived, &k.Score, &touched); err != nil {
				return err
			}
			k.Touched = time.UnixMilli(touched).UTC()
			found = append(found, k)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list a person's courses: %w", err)
	}
	return found, nil
}

// drops forget registrations with all that hangs on them: %s says whose.
var drops = []string{
	`DELETE FROM cmi5_unit WHERE registration IN (SELECT id FROM cmi5_registration WHERE %s)`,
	`DELETE FROM cmi5_satisfied WHERE registration IN (SELECT id FROM cmi5_registration WHERE %s)`,
	`DELETE FROM cmi5_session WHERE registration IN (SELECT id FROM cmi5_registration WHERE %s)`,
	`DELETE FROM cmi5_registration WHERE %s`,
}

// Erase drops what is kept of one person, and the keys of their launches: an
// AU that is open still must bring nothing back.
func (l *Launches) Erase(ctx context.Context, pid string) error {
	err := l.DB.Write(ctx, func(tx *sqlite.Tx) error {
		for _, query := range drops {
			if _, err := tx.Exec(fmt.Sprintf(query, `pid = ?`), pid); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`DELETE FROM cmi5_assignment WHERE pid = ?`, pid); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE cmi5_assignment SET tutor = '' WHERE tutor = ?`, pid)
		return err
	})
	if err == nil {
		err = l.Keys.Erase(ctx, l.Actor(pid))
	}
	if err != nil {
		return fmt.Errorf("erase a person's courses: %w", err)
	}
	return nil
}

// purgeBatch bounds a transaction.
const purgeBatch = 200

// Purge drops the registrations last launched before a moment, and what was
// given before it. It says how many rows.
func (l *Launches) Purge(ctx context.Context, before time.Time) (deleted int64, err error) {
	const old = `id IN (SELECT r.id FROM cmi5_registration r WHERE r.made < ?1
		AND NOT EXISTS (SELECT 1 FROM cmi5_session s WHERE s.registration = r.id AND s.launched >= ?1) ORDER BY r.id LIMIT ?2)`
	for {
		var n, rows int64 // registrations, and all rows
		err := l.DB.Write(ctx, func(tx *sqlite.Tx) error {
			rows = 0
			for _, query := range drops {
				res, err := tx.Exec(fmt.Sprintf(query, old), before.UnixMilli(), purgeBatch)
				if err != nil {
					return err
				}
				if n, err = res.RowsAffected(); err != nil {
					return err
				}
				rows += n
			}
			return nil
		})
		deleted += rows
		if err != nil {
			return deleted, fmt.Errorf("purge courses: %w", err)
		}
		if n < purgeBatch {
			break
		}
	}
	n, err := l.DB.Drain(ctx, `DELETE FROM cmi5_assignment WHERE id IN (SELECT id FROM cmi5_assignment WHERE made < ? LIMIT ?)`, before.UnixMilli(), purgeBatch)
	return deleted + n, err
}
