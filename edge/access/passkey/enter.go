package passkey

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"preau/edge/access"
	"preau/internal/sqlite"
)

const entering = "enter"

// Ask is what a browser at the door is asked to sign. It names no key: the
// authenticator finds its own, and strangers learn nothing of accounts.
func (k *Passkeys) Ask(at Site) (a Ask) {
	a.PublicKey.Challenge, a.PublicKey.Timeout = k.challenges.draw(entering, at.Host, ""), lasts.Milliseconds()
	a.PublicKey.Host, a.PublicKey.UserVerification = at.Host, required
	return a
}

// SignIn opens a session for the holder of the key that signed. body is the
// credential's JSON.
func (k *Passkeys) SignIn(w http.ResponseWriter, r *http.Request, at Site, body []byte) (access.Session, error) {
	var ref string
	s, err := k.access.SignInProven(w, r, func(ctx context.Context) (pid string, err error) {
		pid, ref, err = k.prove(ctx, at, body)
		return pid, err
	})
	if err == nil {
		k.log.Info("passkey used", "key", ref, "session", s.ID)
	}
	return s, err
}

// prove names whose key signed.
func (k *Passkeys) prove(ctx context.Context, at Site, body []byte) (pid, ref string, err error) {
	got, err := readAnswer(body)
	if err != nil {
		return "", "", refused("what the browser signed cannot be read", err)
	}
	if err := k.challenges.spend(got.client.Challenge, entering, at.Host, ""); err != nil {
		return "", "", err
	}
	var host string
	var key []byte
	var eligible bool
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT ref, pid, host, key, eligible FROM passkey WHERE id = ?`, []byte(got.ID)).Scan(&ref, &pid, &host, &key, &eligible)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", refused("a key the box does not know", nil)
	}
	if err != nil {
		return "", "", fmt.Errorf("find a passkey: %w", err)
	}
	if host != at.Host {
		return "", "", refused("a key made for another name", nil)
	}
	if subtle.ConstantTimeCompare(got.Response.Handle, k.handleOf(pid)) != 1 {
		return "", "", refused("a key that names another holder", nil)
	}
	data, err := got.used(at, key)
	if err != nil {
		return "", "", refused("what the browser signed does not hold", err)
	}
	if data.eligible() != eligible {
		return "", "", refused("a key that changed its kind", nil)
	}
	return pid, ref, k.count(ctx, ref, data.counter)
}

// used checks the use of a key: §7.2.
func (a answer) used(at Site, cose []byte) (d data, err error) {
	if err := a.client.of("webauthn.get", at); err != nil {
		return d, err
	}
	if d, err = readData(a.Response.Data, at.Host, false); err != nil {
		return d, err
	}
	key, _, err := readKey(cose)
	if err != nil {
		return d, err
	}
	hash := sha256.Sum256(a.Response.Client)
	if !signed(key, slices.Concat(a.Response.Data, hash[:]), a.Response.Signature) {
		return d, errors.New("the signature is not the key's")
	}
	return d, nil
}

// count notes the use of a key. A counter that does not go up is of a copy, or
// of what was copied: nobody can tell which, and neither comes in.
func (k *Passkeys) count(ctx context.Context, ref string, counter uint32) error {
	var n int64
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(`UPDATE passkey SET counter = ?1, used = ?2 WHERE ref = ?3 AND (counter < ?1 OR counter = 0 AND ?1 = 0)`, counter, tx.Now.UnixMilli(), ref)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return fmt.Errorf("count the use of a passkey: %w", err)
	}
	if n == 0 {
		k.log.Warn("passkey's counter went back: it may be a copy", "key", ref)
		return refused("a counter that went back", nil)
	}
	return nil
}
