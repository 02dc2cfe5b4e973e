package passkey

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"preau"
	"preau/edge/access"
	"preau/internal/sqlite"
)

const (
	maxKeys = 10   // a person
	maxName = 60   // characters of a key's name
	maxID   = 1023 // bytes, by WebAuthn
	adding  = "add"
)

// Offer is what the browser of a signed-in adult is asked to make. The caller
// has asked for the passphrase again.
func (k *Passkeys) Offer(ctx context.Context, at Site, s access.Session) (o Offer, err error) {
	if s.Person == "" || s.Role == access.Pupil {
		return o, preau.E(preau.Forbidden, "a passkey is for an adult with an account", "Sign in by name and passphrase.", nil)
	}
	ask := &o.PublicKey
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
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
			ask.Exclude = append(ask.Exclude, known{kind, id})
		}
		return rows.Err()
	})
	if err != nil {
		return o, fmt.Errorf("read a person's passkeys: %w", err)
	}
	if len(ask.Exclude) >= maxKeys {
		return o, tooManyKeys()
	}
	ask.RP.Name, ask.RP.ID = "Préau", at.Host
	ask.User.Name, ask.User.DisplayName, ask.User.ID = s.Name, s.Name, k.handleOf(s.Person)
	ask.Challenge, ask.Algorithms, ask.Timeout = k.challenges.draw(adding, at.Host, s.Person), algorithms, lasts.Milliseconds()
	ask.Selection.Resident, ask.Selection.RequireResident, ask.Selection.UserVerification = required, true, required
	ask.Attestation = "none"
	return o, nil
}

// Add keeps the key that the browser made for an offer. body is the
// credential's JSON.
func (k *Passkeys) Add(ctx context.Context, at Site, s access.Session, name string, body []byte) (Key, error) {
	name, err := keyName(name)
	if err != nil {
		return Key{}, err
	}
	made, err := readAnswer(body)
	if err != nil {
		return Key{}, refused("what the browser made cannot be read", err)
	}
	if err := k.challenges.spend(made.client.Challenge, adding, at.Host, s.Person); err != nil {
		return Key{}, err
	}
	data, err := made.made(at)
	if err != nil {
		return Key{}, refused("what the browser made does not hold", err)
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
			key.Ref, data.id, s.Person, name, at.Host, data.key, data.counter, data.eligible(), tx.Now.UnixMilli())
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

// made checks a new key: §7.1.
func (a answer) made(at Site) (d data, err error) {
	if err := a.client.of("webauthn.create", at); err != nil {
		return d, err
	}
	attested, err := readAttestation(a.Response.Attestation)
	if err != nil {
		return d, err
	}
	if d, err = readData(attested.data, at.Host, true); err != nil {
		return d, err
	}
	if !bytes.Equal(d.id, a.ID) {
		return d, errors.New("the browser names another key")
	}
	key, alg, err := readKey(d.key)
	if err != nil {
		return d, err
	}
	hash := sha256.Sum256(a.Response.Client)
	return d, attested.holds(key, alg, hash[:])
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
