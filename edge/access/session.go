package access

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/internal/sqlite"
)

// life is how long a role's session lasts without a sign of life, and at
// most. A pupil's tablet is handed on at the end of the lesson; a board stays
// on its wall for the year.
func life(role Role) (idle, most time.Duration) {
	switch role {
	case Pupil:
		return 2 * time.Hour, 10 * time.Hour
	case Technician:
		return 20 * time.Minute, 2 * time.Hour
	case Board:
		return 60 * 24 * time.Hour, 365 * 24 * time.Hour
	}
	return 2 * time.Hour, 12 * time.Hour
}

const (
	refresh       = 5 * time.Minute // how stale "seen" may be
	maxPerPerson  = 8               // sessions; the oldest gives way
	sweepPerLogin = 20              // expired rows removed with each new one
)

func msec(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// open signs a person in: always a new token, the old cookie's session ends.
func (a *Access) open(w http.ResponseWriter, r *http.Request, p directory.Person) (Session, error) {
	role, ok := roleOf(p)
	if !ok {
		return Session{}, preau.E(preau.Forbidden, p.Name()+" has no function at this school", "Import an up-to-date roster.", nil)
	}
	s := Session{Person: p.ID, Role: role, Name: nameOf(p, role)}
	if role == Pupil {
		now, err := a.dir.Standings(r.Context(), []string{p.ID})
		if err != nil {
			return Session{}, err
		}
		s.Group = now[p.ID].Class
	}
	device := ensureDevice(w, r)
	s.Device = hex.EncodeToString(device[:8])
	token, hash := newToken()
	err := a.db.Write(r.Context(), func(tx *sqlite.Tx) error {
		if old := tokenOf(r); old != nil {
			if _, err := tx.Exec(`DELETE FROM session WHERE hash = ?`, old); err != nil {
				return err
			}
		}
		if err := vouch(tx, p.ID, device); err != nil {
			return err
		}
		return insertSession(tx, hash, &s)
	})
	if err != nil {
		return Session{}, fmt.Errorf("open session: %w", err)
	}
	a.cache.clear()
	SetCookie(w, r, token)
	return s, nil
}

// insertSession stores s under hash and gives it its public id.
func insertSession(tx *sqlite.Tx, hash []byte, s *Session) error {
	now := tx.Now.UnixMilli()
	idle, most := life(s.Role)
	s.ID = publicID(hash)
	if _, err := tx.Exec(`DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE ends < ? LIMIT ?)`, now, sweepPerLogin); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO session (hash, pid, role, name, class, device, created, seen, idle, ends) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		hash, s.Person, string(s.Role), s.Name, s.Group, s.Device, now, now, idle.Milliseconds(), now+most.Milliseconds())
	if err != nil || s.Person == "" {
		return err
	}
	_, err = tx.Exec(`DELETE FROM session WHERE pid = ?1 AND hash NOT IN
		(SELECT hash FROM session WHERE pid = ?1 ORDER BY created DESC, hash = ?3 DESC LIMIT ?2)`, s.Person, maxPerPerson, hash)
	return err
}

// publicID names a session in logs and lists without opening it.
func publicID(hash []byte) string { return hex.EncodeToString(hash[16:24]) }

// Session says who is behind r. It refreshes the sign of life now and then.
func (a *Access) Session(r *http.Request) (Session, bool) {
	if s, ok := r.Context().Value(sessionKey{}).(Session); ok {
		return s, true
	}
	hash := tokenOf(r)
	if hash == nil {
		return Session{}, false
	}
	s, era, ok := a.cache.get(hash)
	if ok {
		return s, true
	}
	s, err := a.lookup(r.Context(), hash)
	if err != nil {
		if !errors.Is(err, errNoRow) && r.Context().Err() == nil {
			a.log.Error("session not read", "err", err)
		}
		return Session{}, false
	}
	a.cache.put(hash, s, era)
	return s, true
}

// stands reports whether somebody still is who they were as they signed in: a
// person at school with the same role, a pupil in the same class.
func (s *Session) stands(now map[string]directory.Standing) bool {
	if s.Person == "" {
		return true // a board, or a technician by token
	}
	p, here := now[s.Person]
	role, ok := roleOf(p.Person)
	return here && ok && role == s.Role && (role != Pupil || p.Class == s.Group)
}

// lookup reads a live session that stands.
func (a *Access) lookup(ctx context.Context, hash []byte) (s Session, err error) {
	var seen int64
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		now := tx.Now.UnixMilli()
		return tx.QueryRow(`SELECT pid, role, name, class, device, seen FROM session WHERE hash = ? AND ends > ? AND seen + idle > ?`,
			hash, now, now).Scan(&s.Person, &s.Role, &s.Name, &s.Group, &s.Device, &seen)
	})
	if err != nil {
		return s, err
	}
	s.ID = publicID(hash)
	if s.Person != "" {
		now, err := a.dir.Standings(ctx, []string{s.Person})
		if err != nil {
			return s, err
		}
		if !s.stands(now) {
			a.drop(ctx, hash)
			return s, errNoRow
		}
	}
	if now := a.clock.Now(); now.UnixMilli()-seen > refresh.Milliseconds() {
		a.touch(ctx, hash)
	}
	return s, nil
}

// OnEnded has fn called when a session may have ended. It must not wait. It is
// to be set before anybody signs in.
func (a *Access) OnEnded(fn func()) { a.cache.told = fn }

// Alive tells which sessions are open, by their public ids; those of active
// have given a sign of life. It is for lines that outlast their request.
func (a *Access) Alive(ctx context.Context, active []string) (open map[string]bool, err error) {
	var hashes, stale [][]byte
	var list []Session
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		list, hashes, stale = nil, nil, nil
		now := tx.Now.UnixMilli()
		rows, err := tx.Query(`SELECT hash, seen, pid, role, class FROM session WHERE ends > ? AND seen + idle > ?`, now, now)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var hash []byte
			var seen int64
			var s Session
			if err := rows.Scan(&hash, &seen, &s.Person, &s.Role, &s.Group); err != nil {
				return err
			}
			s.ID = publicID(hash)
			list, hashes = append(list, s), append(hashes, hash)
			if now-seen > refresh.Milliseconds() && slices.Contains(active, s.ID) {
				stale = append(stale, hash)
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list open sessions: %w", err)
	}
	pids := make([]string, len(list))
	for i := range list {
		pids[i] = list[i].Person
	}
	now, err := a.dir.Standings(ctx, pids)
	if err != nil {
		return nil, err
	}
	open = make(map[string]bool, len(list))
	for i := range list {
		if open[list[i].ID] = list[i].stands(now); !open[list[i].ID] {
			a.drop(ctx, hashes[i])
		}
	}
	for _, hash := range stale {
		a.touch(ctx, hash)
	}
	return open, nil
}

// drop removes a session that no longer stands: a roster put right does not
// bring it back.
func (a *Access) drop(ctx context.Context, hash []byte) {
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM session WHERE hash = ?`, hash)
		return err
	})
	if err != nil && ctx.Err() == nil {
		a.log.Warn("session not ended", "err", err)
	}
}

// touch notes a sign of life. On a full disk the session merely ends earlier.
func (a *Access) touch(ctx context.Context, hash []byte) {
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`UPDATE session SET seen = ? WHERE hash = ?`, tx.Now.UnixMilli(), hash)
		return err
	})
	if err != nil && ctx.Err() == nil {
		a.log.Warn("session not refreshed", "err", err)
	}
}

// SignOut ends the session of r, here and in the browser. Clear-Site-Data
// also empties the browser's caches of what the person saw; over HTTP
// browsers ignore it.
func (a *Access) SignOut(w http.ResponseWriter, r *http.Request) error {
	clearCookie(w, r)
	w.Header().Set("Clear-Site-Data", `"cache"`)
	hash := tokenOf(r)
	if hash == nil {
		return nil
	}
	defer a.cache.clear()
	err := a.db.Write(r.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM session WHERE hash = ?`, hash)
		return err
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// Switch signs out on a shared tablet and says for which class the next
// pupil's names are to be shown; empty when nobody was signed in.
func (a *Access) Switch(w http.ResponseWriter, r *http.Request) (class string, err error) {
	s, _ := a.Session(r)
	return s.Group, a.SignOut(w, r)
}

// Revoke ends one session by its public id: a lost tablet, a board taken off
// its wall.
func (a *Access) Revoke(ctx context.Context, id string) error {
	defer a.cache.clear()
	var n int64
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(`DELETE FROM session WHERE lower(hex(substr(hash, 17, 8))) = ?`, id)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	if n == 0 {
		return preau.E(preau.NotFound, "no such session", "It may have ended already.", nil)
	}
	return nil
}
