package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"

	"preau"
	"preau/edge/access/tries"
	"preau/edge/directory"
	"preau/internal/sqlite"
)

var errNoRow = sql.ErrNoRows

// wrongCode and wrongPhrase say the same whether the person, the secret or
// both are wrong.
func wrongCode() error {
	return preau.E(preau.Unauthorized, "these are not the pupil's pictures", "Look at the card and try again.", nil)
}

func wrongPhrase() error {
	return preau.E(preau.Unauthorized, "the name or the passphrase is wrong", "Type the five words as they were given; accents and capitals do not matter.", nil)
}

// SignInPupil opens a session for a pupil who touched the right pictures and
// sets its cookie. code is four digits, see Symbols.
func (a *Access) SignInPupil(w http.ResponseWriter, r *http.Request, pid, code string) (Session, error) {
	if !validCode(code) {
		return Session{}, preau.E(preau.Invalid, "a code is four pictures", "Touch four pictures.", nil)
	}
	ctx := r.Context()
	key, limit, err := a.payer(r, "pupil")
	if err != nil {
		return Session{}, err
	}
	if wait := a.tries.Take(key, limit); wait > 0 {
		return Session{}, tooMany(wait)
	}
	err = a.checkCode(ctx, pid, code)
	if preau.KindOf(err) != preau.Unauthorized {
		a.tries.Refund(key) // right, or not compared: an impatient child taps again
	}
	if err != nil {
		return Session{}, err
	}
	p, err := a.present(ctx, pid)
	if err != nil {
		return Session{}, err
	}
	return a.open(w, r, p)
}

// checkCode verifies and counts in one transaction: thirty devices that try
// one pupil at once are thirty tries.
func (a *Access) checkCode(ctx context.Context, pid, code string) error {
	var refusal error
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		var salt, hash []byte
		var failures int
		var notBefore int64
		err := tx.QueryRow(`SELECT salt, hash, failures, not_before FROM credential WHERE pid = ? AND kind = 'code'`, pid).
			Scan(&salt, &hash, &failures, &notBefore)
		if errors.Is(err, errNoRow) {
			refusal = wrongCode()
			return nil
		}
		if err != nil {
			return err
		}
		if wait := notBefore - tx.Now.UnixMilli(); wait > 0 {
			refusal = tooMany(msec(wait))
			return nil
		}
		if equal(a.hashCode(salt, pid, code), hash) {
			if failures > 0 {
				_, err = tx.Exec(`UPDATE credential SET failures = 0, not_before = 0 WHERE pid = ?`, pid)
			}
			return err
		}
		failures++
		refusal = wrongCode()
		_, err = tx.Exec(`UPDATE credential SET failures = ?, not_before = ? WHERE pid = ?`,
			failures, tx.Now.Add(pupilWait(failures)).UnixMilli(), pid)
		return err
	})
	if err != nil {
		return fmt.Errorf("check code: %w", err)
	}
	return refusal
}

// SignInStaff opens a session for an adult. There is no wait on the account,
// only on where tries come from: otherwise a pupil who types badly on purpose
// keeps a teacher out.
func (a *Access) SignInStaff(w http.ResponseWriter, r *http.Request, login, phrase string) (Session, error) {
	if len(login) > 200 || len(phrase) > 400 {
		return Session{}, wrongPhrase()
	}
	ctx := r.Context()
	key, _, err := a.payer(r, "adult")
	if err != nil {
		return Session{}, err
	}
	if wait := a.tries.Take(key, adults); wait > 0 {
		return Session{}, tooMany(wait)
	}
	pid, salt, hash, err := a.phraseOf(ctx, directory.Fold(login))
	if err != nil {
		return Session{}, err
	}
	got, err := a.hashPhrase(ctx, salt, phrase) // also for a name nobody has: the time must not tell
	if err != nil {
		return Session{}, err
	}
	if !equal(got, hash) {
		if pid != "" {
			a.countFailure(ctx, pid)
		}
		return Session{}, wrongPhrase()
	}
	a.tries.Refund(key)
	p, err := a.present(ctx, pid)
	if err != nil {
		return Session{}, err
	}
	return a.open(w, r, p)
}

func (a *Access) phraseOf(ctx context.Context, login string) (pid string, salt, hash []byte, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT pid, salt, hash FROM credential WHERE login = ? AND kind = 'passphrase'`, login).Scan(&pid, &salt, &hash)
	})
	if errors.Is(err, errNoRow) {
		return "", make([]byte, 16), nil, nil // equal() is false: a hash is never empty
	}
	if err != nil {
		return "", nil, nil, fmt.Errorf("read passphrase: %w", err)
	}
	return pid, salt, hash, nil
}

// countFailure only informs; a write that fails changes no decision.
func (a *Access) countFailure(ctx context.Context, pid string) {
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`UPDATE credential SET failures = failures + 1 WHERE pid = ?`, pid)
		return err
	})
	if err != nil {
		a.log.Warn("failed sign-in not counted", "err", err)
	}
}

// present finds a person who is still at school.
func (a *Access) present(ctx context.Context, pid string) (directory.Person, error) {
	p, err := a.dir.Person(ctx, pid)
	if err != nil {
		return p, err
	}
	if !p.Closed.IsZero() {
		return p, preau.E(preau.Forbidden, p.Name()+" is no longer at this school", "Import an up-to-date roster.", nil)
	}
	return p, nil
}

// payer names who pays for a failed try: the known device, else the address.
func (a *Access) payer(r *http.Request, form string) (key string, limit tries.Rate, err error) {
	if device := deviceOf(r); device != nil {
		known, err := a.known(r.Context(), device)
		if err != nil {
			return "", tries.Rate{}, err
		}
		if known {
			return form + " device " + string(device), familiar, nil
		}
	}
	return form + " address " + addressOf(r), strangers, nil
}

// addressOf is the peer's address; an IPv6 network counts as one, since a
// machine may take any address in it.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() && !ip.IsLoopback() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}
