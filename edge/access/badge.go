package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"preau"
	"preau/internal/sqlite"
)

// badgeText is how a badge's secret is written: letters and digits that are
// not taken for one another, in capitals, so that a QR code stays small and a
// child can be read it out.
var badgeText = base32.StdEncoding.WithPadding(base32.NoPadding)

// badgeBytes is the length of a badge's secret.
const badgeBytes = 20

// IssueBadge draws a new badge for a pupil and ends the old one: a badge that
// was lost or photographed opens nothing more. The text can be read once, here.
func (a *Access) IssueBadge(ctx context.Context, pid string) (text string, err error) {
	p, err := a.dir.Person(ctx, pid)
	if err != nil {
		return "", err
	}
	if role, ok := roleOf(p); !ok || role != Pupil || !p.Closed.IsZero() {
		return "", preau.E(preau.Invalid, "badges are for pupils who are at the school", "Give adults a passphrase.", nil)
	}
	var raw [badgeBytes]byte
	rand.Read(raw[:])
	hash := sha256.Sum256(raw[:])
	err = a.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`INSERT INTO badge (pid, hash, issued) VALUES (?1,?2,?3) ON CONFLICT (pid) DO UPDATE SET hash = ?2, issued = ?3`,
			pid, hash[:], tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("issue badge: %w", err)
	}
	return badgeText.EncodeToString(raw[:]), nil
}

// RevokeBadge ends a pupil's badge; none is no error.
func (a *Access) RevokeBadge(ctx context.Context, pid string) error {
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM badge WHERE pid = ?`, pid)
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke badge: %w", err)
	}
	return nil
}

// SignInBadge opens a session for the pupil whose badge was read.
func (a *Access) SignInBadge(w http.ResponseWriter, r *http.Request, text string) (Session, error) {
	key := "badge address " + addressOf(r)
	if wait := a.tries.Take(key, adults); wait > 0 {
		return Session{}, tooMany(wait)
	}
	raw, err := badgeText.DecodeString(strings.ToUpper(strings.Map(keepBadge, text)))
	if err != nil || len(raw) != badgeBytes {
		return Session{}, wrongBadge()
	}
	hash := sha256.Sum256(raw)
	var pid string
	err = a.db.Read(r.Context(), func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT pid FROM badge WHERE hash = ?`, hash[:]).Scan(&pid)
	})
	switch {
	case errors.Is(err, errNoRow):
		return Session{}, wrongBadge()
	case err != nil:
		return Session{}, fmt.Errorf("look up badge: %w", err)
	}
	p, err := a.present(r.Context(), pid)
	if err != nil {
		return Session{}, err
	}
	a.tries.Refund(key)
	return a.open(w, r, p)
}

// keepBadge drops what a reader or a hand puts between the letters.
func keepBadge(c rune) rune {
	if c == ' ' || c == '-' || c == '\r' || c == '\n' || c == '\t' {
		return -1
	}
	return c
}

func wrongBadge() error {
	return preau.E(preau.Unauthorized, "this badge opens nothing", "It may have been replaced: choose the class and the pictures instead.", nil)
}
