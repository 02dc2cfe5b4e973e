package access

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// Staff lists the open sessions of adults, the last seen first: what a
// technician revokes when a laptop is lost. Pupils' are not listed.
func (a *Access) Staff(ctx context.Context) (open []OpenSession, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT hash, pid, role, name, device, created, seen FROM session WHERE role NOT IN (?, ?) AND ends > ? ORDER BY seen DESC LIMIT 200`,
			string(Pupil), string(Board), a.clock.Now().UnixMilli())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s OpenSession
			var hash []byte
			var created, seen int64
			if err := rows.Scan(&hash, &s.Person, &s.Role, &s.Name, &s.Device, &created, &seen); err != nil {
				return err
			}
			s.ID, s.Created, s.Seen = publicID(hash), time.UnixMilli(created).UTC(), time.UnixMilli(seen).UTC()
			open = append(open, s)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list open sessions: %w", err)
	}
	return open, nil
}
