package passkey

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"

	"preau/edge/access"
	"preau/internal/sqlite"
)

const entering = "enter"

// Ask is what a browser at the door is asked to sign. It names no key: the
// authenticator finds its own, and strangers learn nothing of accounts.
func (k *Passkeys) Ask(at Site) protocol.CredentialAssertion {
	return protocol.CredentialAssertion{Response: protocol.PublicKeyCredentialRequestOptions{
		Challenge: k.challenges.draw(entering, at.Host, ""), Timeout: timeout, RelyingPartyID: at.Host, UserVerification: protocol.VerificationRequired,
	}}
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
	got, err := protocol.ParseCredentialRequestResponseBytes(body)
	if err != nil {
		return "", "", refused("what the browser signed cannot be read", err)
	}
	challenge := got.Response.CollectedClientData.Challenge
	if err := k.challenges.spend(challenge, entering, at.Host, ""); err != nil {
		return "", "", err
	}
	var host string
	var key []byte
	var eligible bool
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT ref, pid, host, key, eligible FROM passkey WHERE id = ?`, got.RawID).Scan(&ref, &pid, &host, &key, &eligible)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", refused("a key the box does not know", nil)
	}
	if err != nil {
		return "", "", fmt.Errorf("find a passkey: %w", err)
	}
	data := got.Response.AuthenticatorData
	switch {
	case host != at.Host:
		return "", "", refused("a key made for another name", nil)
	case subtle.ConstantTimeCompare(got.Response.UserHandle, k.handleOf(pid)) != 1:
		return "", "", refused("a key that names another holder", nil)
	case data.Flags.HasBackupEligible() != eligible:
		return "", "", refused("a key that changed its kind", nil)
	}
	err = got.Verify(challenge, at.Host, "", []string{at.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true, key, protocol.SignaturePolicy{})
	if err != nil {
		return "", "", refused("what the browser signed does not hold", err)
	}
	return pid, ref, k.count(ctx, ref, data.Counter)
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
