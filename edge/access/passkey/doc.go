// Package passkey lets adults in by a key of their device (WebAuthn) instead
// of their passphrase. It promises that a key works for its holder, at the
// name it was made for, over HTTPS and with the holder's finger, face or PIN
// only; that a challenge serves once, for five minutes, for whom and what it
// was drawn; that a key whose counter goes back is refused; and that keys end
// with the account. Sessions and the price of wrong tries are package access's.
//
// It refuses addresses in figures and plain HTTP, where browsers know no
// passkey; attestation, since a school does not choose its teachers' phones;
// and pupils, who sign in by pictures on shared tablets.
//
// It reads WebAuthn itself, as much as attestation none needs; a test changes
// each byte of honest answers and holds it to go-webauthn, which would weigh
// 1.8 MB in the binary.
//
// Words: a key is one passkey; its ref is what pages and the log call it, its
// id what the authenticator does; a handle is what a person is called inside
// authenticators, which may copy it to clouds: it says nothing to anybody else.
package passkey

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"preau"
	"preau/edge/access"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Deps are what the box lends.
type Deps struct {
	DB     *sqlite.DB
	Access *access.Access
	Clock  preau.Clock
	Log    *slog.Logger
	Secret []byte // the box's own, at least 32 bytes: handles derive from it
}

// Passkeys holds the keys of a box.
type Passkeys struct {
	db         *sqlite.DB
	access     *access.Access
	clock      preau.Clock
	log        *slog.Logger
	handles    []byte
	challenges *challenges
}

// Open brings the table up to date, and ends keys where package access ends
// accounts.
func Open(ctx context.Context, d Deps) (*Passkeys, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open passkey migrations: %w", err)
	}
	if err := d.DB.Migrate(ctx, "passkey", sub); err != nil {
		return nil, fmt.Errorf("open passkeys: %w", err)
	}
	handles, err := hkdf.Key(sha256.New, d.Secret, nil, "preau passkey handles v1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of handles: %w", err)
	}
	d.Access.OnEnd(func(tx *sqlite.Tx, pid string) error {
		_, err := tx.Exec(`DELETE FROM passkey WHERE pid = ?`, pid)
		return err
	})
	return &Passkeys{db: d.DB, access: d.Access, clock: d.Clock, log: d.Log, handles: handles, challenges: newChallenges(d.Clock)}, nil
}

// handleOf is the same for all keys of a person, so that an authenticator
// keeps one account a box.
func (k *Passkeys) handleOf(pid string) []byte {
	mac := hmac.New(sha256.New, k.handles)
	mac.Write([]byte(pid))
	return mac.Sum(nil)
}
