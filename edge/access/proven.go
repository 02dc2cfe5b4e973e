package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"preau"
	"preau/internal/sqlite"
)

// SignInProven opens a session for the adult whom prove names: a passkey's
// holder. It pays for tries as a passphrase does; prove is not asked when
// there are none left.
func (a *Access) SignInProven(w http.ResponseWriter, r *http.Request, prove func(ctx context.Context) (pid string, err error)) (Session, error) {
	ctx := r.Context()
	key, _, err := a.payer(r, "adult")
	if err != nil {
		return Session{}, err
	}
	if wait := a.tries.Take(key, adults); wait > 0 {
		return Session{}, tooMany(wait)
	}
	pid, err := prove(ctx)
	if err != nil {
		return Session{}, err
	}
	a.tries.Refund(key)
	p, err := a.present(ctx, pid)
	if err != nil {
		return Session{}, err
	}
	if role, ok := roleOf(p); !ok || role == Pupil {
		return Session{}, preau.E(preau.Forbidden, "this way in is for adults", "Pupils have pictures or a badge.", nil)
	}
	return a.open(w, r, p)
}

// Confirm asks the adult behind r for the passphrase again, before what a
// passer-by at an open screen must not do. A wrong one costs a try.
func (a *Access) Confirm(r *http.Request, pid, phrase string) error {
	if pid == "" || len(phrase) > 400 {
		return wrongPhrase()
	}
	ctx := r.Context()
	key, _, err := a.payer(r, "adult")
	if err != nil {
		return err
	}
	if wait := a.tries.Take(key, adults); wait > 0 {
		return tooMany(wait)
	}
	salt, hash, err := a.phraseOfPerson(ctx, pid)
	if err != nil {
		return err
	}
	got, err := a.hashPhrase(ctx, salt, phrase)
	if err != nil {
		return err
	}
	if !equal(got, hash) {
		a.countFailure(ctx, pid)
		return wrongPhrase()
	}
	a.tries.Refund(key)
	return nil
}

func (a *Access) phraseOfPerson(ctx context.Context, pid string) (salt, hash []byte, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT salt, hash FROM credential WHERE pid = ? AND kind = 'passphrase'`, pid).Scan(&salt, &hash)
	})
	if errors.Is(err, errNoRow) {
		return nil, nil, wrongPhrase()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read passphrase: %w", err)
	}
	return salt, hash, nil
}

// OnEnd is told, within the transaction, whenever what a person signs in with
// ends: they left, they are forgotten, or somebody gave them a new secret.
// What others keep to let the same person in ends with it.
func (a *Access) OnEnd(fn func(tx *sqlite.Tx, pid string) error) { a.ends = append(a.ends, fn) }

func (a *Access) end(tx *sqlite.Tx, pid string) error {
	for _, fn := range a.ends {
		if err := fn(tx, pid); err != nil {
			return err
		}
	}
	return nil
}
