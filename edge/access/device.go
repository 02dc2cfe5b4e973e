package access

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// vouch notes that a person signed in on a device, and forgets all but their
// last few.
func vouch(tx *sqlite.Tx, pid string, device []byte) error {
	_, err := tx.Exec(`INSERT INTO known_device (pid, device, at) VALUES (?,?,?) ON CONFLICT DO UPDATE SET at = excluded.at`,
		pid, device, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM known_device WHERE pid = ?1 AND device <> ?3 AND device NOT IN
		(SELECT device FROM known_device WHERE pid = ?1 AND device <> ?3 ORDER BY at DESC LIMIT ?2)`, pid, vouched-1, device)
	return err
}

// known reports whether somebody vouches for a device.
func (a *Access) known(ctx context.Context, device []byte) (known bool, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM known_device WHERE device = ?)`, device).Scan(&known)
	})
	if err != nil {
		return false, fmt.Errorf("look up device: %w", err)
	}
	return known, nil
}

// IssueDevice opens a session for a board in a place, once a teacher has
// paired it. The token goes into the board's cookie, see SetCookie.
func (a *Access) IssueDevice(ctx context.Context, kind Role, place string) (token string, s Session, err error) {
	if kind != Board || place == "" || len(place) > 100 {
		return "", Session{}, preau.E(preau.Invalid, "only a board with a place gets a session of its own", "Name the room the board is in.", nil)
	}
	var device [8]byte
	copy(device[:], newSalt())
	s = Session{Role: Board, Name: place, Device: hex.EncodeToString(device[:])}
	token, hash := newToken()
	err = a.db.Write(ctx, func(tx *sqlite.Tx) error { return insertSession(tx, hash, &s) })
	if err != nil {
		return "", Session{}, fmt.Errorf("issue device session: %w", err)
	}
	return token, s, nil
}

// OpenSession is a session as the technician sees it.
type OpenSession struct {
	Session
	Created, Seen time.Time
}

// Boards lists the boards that may still come back by themselves.
func (a *Access) Boards(ctx context.Context) (boards []OpenSession, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		now := tx.Now.UnixMilli()
		rows, err := tx.Query(`SELECT hash, name, device, created, seen FROM session
			WHERE role = ? AND ends > ? AND seen + idle > ? ORDER BY name, created`, string(Board), now, now)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var hash []byte
			var created, seen int64
			o := OpenSession{Session: Session{Role: Board}}
			if err := rows.Scan(&hash, &o.Name, &o.Device, &created, &seen); err != nil {
				return err
			}
			o.ID, o.Created, o.Seen = publicID(hash), time.UnixMilli(created), time.UnixMilli(seen)
			boards = append(boards, o)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list boards: %w", err)
	}
	return boards, nil
}
