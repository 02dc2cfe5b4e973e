package access

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/internal/sqlite"
)

// Credential is what a person signs in with. It can be read once, here.
type Credential struct {
	Login  string // adults; a pupil picks class and name
	Secret string // four digits for a pupil (see Symbols), five words for an adult
}

// IssueCredential draws a new secret for a person of the directory, forgets
// the old one, ends the person's sessions and passkeys, and lifts any wait.
func (a *Access) IssueCredential(ctx context.Context, pid string) (Credential, error) {
	p, err := a.dir.Person(ctx, pid)
	if err != nil {
		return Credential{}, err
	}
	role, ok := roleOf(p)
	if !ok || !p.Closed.IsZero() {
		return Credential{}, preau.E(preau.Invalid, p.Name()+" has left the school or has no function there", "Import an up-to-date roster.", nil)
	}
	salt := newSalt()
	if role == Pupil {
		c := Credential{Secret: newCode()}
		return c, a.store(ctx, p, "code", nil, salt, a.hashCode(salt, pid, c.Secret))
	}
	c := Credential{Secret: newPassphrase()}
	hash, err := a.hashPhrase(ctx, salt, c.Secret)
	if err != nil {
		return Credential{}, err
	}
	return c, a.store(ctx, p, "passphrase", &c.Login, salt, hash)
}

// IssueMissing draws a code for every pupil of a class who has none, for the
// cards the teacher hands out. The map is by pid.
func (a *Access) IssueMissing(ctx context.Context, class string) (map[string]Credential, error) {
	states, err := a.Codes(ctx, class)
	if err != nil {
		return nil, err
	}
	issued := map[string]Credential{}
	for _, s := range states {
		if !s.Issued.IsZero() {
			continue
		}
		if issued[s.Person], err = a.IssueCredential(ctx, s.Person); err != nil {
			return issued, err
		}
	}
	return issued, nil
}

// store writes the credential; for adults it finds a free login and puts it
// in *login.
func (a *Access) store(ctx context.Context, p directory.Person, kind string, login *string, salt, hash []byte) error {
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		var name any
		if login != nil {
			free, err := freeLogin(tx, p)
			if err != nil {
				return err
			}
			*login, name = free, free
		}
		_, err := tx.Exec(`INSERT INTO credential (pid, kind, login, salt, hash, issued) VALUES (?,?,?,?,?,?)
			ON CONFLICT (pid) DO UPDATE SET kind = excluded.kind, login = excluded.login, salt = excluded.salt,
			hash = excluded.hash, issued = excluded.issued, failures = 0, not_before = 0`,
			p.ID, kind, name, salt, hash, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		if _, err = tx.Exec(`DELETE FROM session WHERE pid = ?`, p.ID); err != nil {
			return err
		}
		return a.end(tx, p.ID)
	})
	if err != nil {
		return fmt.Errorf("store credential: %w", err)
	}
	a.cache.clear()
	return nil
}

// freeLogin is the family name, and a number when another adult has it.
func freeLogin(tx *sqlite.Tx, p directory.Person) (string, error) {
	base := directory.Fold(p.Family)
	for n := 1; ; n++ {
		login := base
		if n > 1 {
			login += strconv.Itoa(n)
		}
		var taken int
		if err := tx.QueryRow(`SELECT count(*) FROM credential WHERE login = ? AND pid <> ?`, login, p.ID).Scan(&taken); err != nil {
			return "", err
		}
		if taken == 0 {
			return login, nil
		}
	}
}

// CodeState says, for a teacher, whether a pupil can sign in.
type CodeState struct {
	Person   string
	Issued   time.Time // zero: no code yet
	Failures int       // since the last success
	Until    time.Time // no try before; zero when there is no wait
}

// Codes lists the state of a class's codes, in the order of its list.
func (a *Access) Codes(ctx context.Context, class string) (states []CodeState, err error) {
	pupils, err := a.dir.Pupils(ctx, class)
	if err != nil {
		return nil, err
	}
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		for _, p := range pupils {
			s := CodeState{Person: p.ID}
			var issued, until int64
			err := tx.QueryRow(`SELECT issued, failures, not_before FROM credential WHERE pid = ?`, p.ID).Scan(&issued, &s.Failures, &until)
			switch {
			case errors.Is(err, errNoRow):
			case err != nil:
				return err
			default:
				s.Issued = time.UnixMilli(issued)
				if until > tx.Now.UnixMilli() {
					s.Until = time.UnixMilli(until)
				}
			}
			states = append(states, s)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	return states, nil
}

// Lift ends the wait that failures put on a pupil's code: a classmate's
// guesses must not cost the pupil the lesson.
func (a *Access) Lift(ctx context.Context, pid string) error {
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`UPDATE credential SET not_before = 0 WHERE pid = ?`, pid)
		return err
	})
	if err != nil {
		return fmt.Errorf("lift wait: %w", err)
	}
	return nil
}
