package passkey

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"preau"
	"preau/edge/access"
	"preau/internal/sqlite"
)

const (
	maxKeys = 10   // a person
	maxName = 60   // characters of a key's name
	maxID   = 1023 // bytes, by WebAuthn
	adding  = "add"
	timeout = int(lasts / 1e6) // ms, as browsers count
)

// algorithms are those that platforms offer: ES256, EdDSA, RS256.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// Offer is what the browser of a signed-in adult is asked to make. The caller
// has asked for the passphrase again.
func (k *Passkeys) Offer(ctx context.Context, at Site, s access.Session) (protocol.CredentialCreation, error) {
	if s.Person == "" || s.Role == access.Pupil {
		return protocol.CredentialCreation{}, preau.E(preau.Forbidden, "a passkey is for an adult with an account", "Sign in by name and passphrase.", nil)
	}
	var has []protocol.CredentialDescriptor
	err := k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT id FROM passkey WHERE pid = ? ORDER BY created`, s.Person)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id []byte
			if err := rows.Scan(&id); err != nil {
				return err
			}
			has = append(has, protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: id})
		}
		return rows.Err()
	})
	if err != nil {
		return protocol.CredentialCreation{}, fmt.Errorf("read a person's passkeys: %w", err)
	}
	if len(has) >= maxKeys {
		return protocol.CredentialCreation{}, tooManyKeys()
	}
	resident := true
	return protocol.CredentialCreation{Response: protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{CredentialEntity: protocol.CredentialEntity{Name: "Préau"}, ID: at.Host},
		User: protocol.UserEntity{CredentialEntity: protocol.CredentialEntity{Name: s.Name}, DisplayName: s.Name,
			ID: protocol.URLEncodedBase64(k.handleOf(s.Person))},
		Challenge: k.challenges.draw(adding, at.Host, s.Person), Parameters: algorithms, Timeout: timeout, CredentialExcludeList: has,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &resident, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
		Attestation: protocol.PreferNoAttestation,
	}}, nil
}

// Add keeps the key that the browser made for an offer. body is the
// credential's JSON.
func (k *Passkeys) Add(ctx context.Context, at Site, s access.Session, name string, body []byte) (Key, error) {
	name, err := keyName(name)
	if err != nil {
		return Key{}, err
	}
	made, err := protocol.ParseCredentialCreationResponseBytes(body)
	if err != nil {
		return Key{}, refused("what the browser made cannot be read", err)
	}
	challenge := made.Response.CollectedClientData.Challenge
	if err := k.challenges.spend(challenge, adding, at.Host, s.Person); err != nil {
		return Key{}, err
	}
	_, err = made.Verify(challenge, at.Host, []string{at.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true,
		nil, algorithms, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return Key{}, refused("what the browser made does not hold", err)
	}
	data := made.Response.AttestationObject.AuthData
	if len(data.AttData.CredentialID) > maxID {
		return Key{}, refused("the key's name is too long", nil)
	}
	key := Key{Ref: newRef(), Person: s.Person, Name: name, Host: at.Host}
	err = k.db.Write(ctx, func(tx *sqlite.Tx) error {
		var n int
		if err := tx.QueryRow(`SELECT count(*) FROM passkey WHERE pid = ?`, s.Person).Scan(&n); err != nil {
			return err
		}
		if n >= maxKeys {
			return tooManyKeys()
		}
		key.Created = tx.Now.UTC()
		res, err := tx.Exec(`INSERT INTO passkey (ref, id, pid, name, host, key, counter, eligible, created) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING`,
			key.Ref, data.AttData.CredentialID, s.Person, name, at.Host, data.AttData.CredentialPublicKey, data.Counter, data.Flags.HasBackupEligible(), tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return preau.E(preau.Conflict, "this key is on the box already", "Reload the page.", nil)
	})
	if err != nil {
		return Key{}, fmt.Errorf("keep a passkey: %w", err)
	}
	k.log.Info("passkey added", "key", key.Ref, "session", s.ID)
	return key, nil
}

func tooManyKeys() error {
	return preau.E(preau.Conflict, fmt.Sprintf("an account has at most %d passkeys", maxKeys), "Remove one that is no longer used.", nil)
}

// keyName is the holder's word for a key.
func keyName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, isControl) {
		return "", preau.E(preau.Invalid, "a passkey has a name of at most 60 characters", "Name the device it is on.", nil)
	}
	return name, nil
}

func isControl(r rune) bool {
	return r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

func newRef() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // cannot fail
	return hex.EncodeToString(b[:])
}

// refused says the same of all that does not hold; the log knows more.
func refused(why string, cause error) error {
	if cause != nil {
		cause = fmt.Errorf("%s: %w", why, cause)
	} else {
		cause = fmt.Errorf("%s", why)
	}
	return preau.E(preau.Unauthorized, "this passkey was not accepted", "Try again, or use the passphrase.", cause)
}
