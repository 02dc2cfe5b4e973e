package access

import (
	"context"
	"fmt"

	"preau/internal/sqlite"
)

// Forget drops a person's credential, sessions and devices, and what hangs on
// them (OnEnd).
func (a *Access) Forget(ctx context.Context, pid string) error {
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, table := range []string{"credential", "session", "known_device", "badge"} {
			if _, err := tx.Exec(`DELETE FROM `+table+` WHERE pid = ? AND pid <> ''`, pid); err != nil {
				return err
			}
		}
		return a.end(tx, pid)
	})
	if err != nil {
		return fmt.Errorf("forget a person's access: %w", err)
	}
	a.cache.clear()
	return nil
}

// Lapse is the life of accounts: whoever left loses credential and sessions at
// once, whatever they still hold. The box calls it at night and after imports;
// it says how many people.
func (a *Access) Lapse(ctx context.Context) (n int, err error) {
	var gone []string
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT pid FROM credential UNION SELECT pid FROM badge UNION SELECT pid FROM session WHERE pid <> ''`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var pid string
			if err := rows.Scan(&pid); err != nil {
				return err
			}
			gone = append(gone, pid)
		}
		return rows.Err()
	})
	if err != nil {
		return 0, fmt.Errorf("look for accounts of people who left: %w", err)
	}
	for _, pid := range gone {
		who, err := a.dir.Person(ctx, pid)
		if err == nil && who.Closed.IsZero() {
			continue
		}
		if err := a.Forget(ctx, pid); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
