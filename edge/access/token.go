package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"preau"
	"preau/internal/sqlite"
)

// IssueToken makes a token that opens one technician's session, once, within
// its time. The command that provisions the box prints it.
func (a *Access) IssueToken(ctx context.Context, name string, lasts time.Duration) (string, error) {
	if name == "" || len(name) > 100 || lasts <= 0 || lasts > 7*24*time.Hour {
		return "", preau.E(preau.Invalid, "a technician's token needs a name and at most a week to live", "Give both.", nil)
	}
	token, hash := newToken()
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec(`DELETE FROM one_use WHERE ends < ?`, tx.Now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO one_use (hash, role, name, ends) VALUES (?,?,?,?)`,
			hash, string(Technician), name, tx.Now.Add(lasts).UnixMilli())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("issue token: %w", err)
	}
	return token, nil
}

// SignInToken spends a token and opens its session.
func (a *Access) SignInToken(w http.ResponseWriter, r *http.Request, token string) (Session, error) {
	key := "token address " + addressOf(r)
	if wait := a.tries.Take(key, adults); wait > 0 {
		return Session{}, tooMany(wait)
	}
	ctx := r.Context()
	fresh, hash := newToken()
	var s Session
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		s = Session{}
		err := tx.QueryRow(`UPDATE one_use SET used = ? WHERE hash = ? AND used IS NULL AND ends > ? RETURNING role, name`,
			tx.Now.UnixMilli(), hashToken(token), tx.Now.UnixMilli()).Scan(&s.Role, &s.Name)
		if err != nil {
			return err
		}
		return insertSession(tx, hash, &s)
	})
	switch {
	case errors.Is(err, errNoRow):
		return Session{}, preau.E(preau.Unauthorized, "the token is wrong, spent or too old", "Make a new one on the box: preau provision token.", nil)
	case err != nil:
		return Session{}, fmt.Errorf("spend token: %w", err)
	}
	a.tries.Refund(key)
	SetCookie(w, r, fresh)
	return s, nil
}
