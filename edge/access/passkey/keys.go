package passkey

import (
	"context"
	"fmt"
	"time"

	"preau"
	"preau/edge/access"
	"preau/internal/sqlite"
)

// Key is a passkey as pages list it.
type Key struct {
	Ref, Person, Name, Host string
	Created, Used           time.Time // Used is zero: never
}

// maxListed bounds the list of a whole school: staff of hundreds, few keys each.
const maxListed = 2000

// Of lists a person's keys, the oldest first.
func (k *Passkeys) Of(ctx context.Context, pid string) ([]Key, error) {
	return k.list(ctx, `WHERE pid = ? ORDER BY created LIMIT ?`, pid, maxListed)
}

// All lists everybody's, for whoever takes a lost one back.
func (k *Passkeys) All(ctx context.Context) ([]Key, error) {
	return k.list(ctx, `ORDER BY pid, created LIMIT ?`, maxListed)
}

func (k *Passkeys) list(ctx context.Context, where string, args ...any) (keys []Key, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT ref, pid, name, host, created, used FROM passkey `+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key Key
			var created, used int64
			if err := rows.Scan(&key.Ref, &key.Person, &key.Name, &key.Host, &created, &used); err != nil {
				return err
			}
			key.Created = time.UnixMilli(created).UTC()
			if used > 0 {
				key.Used = time.UnixMilli(used).UTC()
			}
			keys = append(keys, key)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	return keys, nil
}

// Rename gives one of the person's own keys another name.
func (k *Passkeys) Rename(ctx context.Context, pid, ref, name string) error {
	name, err := keyName(name)
	if err != nil {
		return err
	}
	return k.change(ctx, "rename a passkey", `UPDATE passkey SET name = ?3 WHERE ref = ?1 AND pid = ?2`, ref, pid, name)
}

// Remove ends one of the person's own keys. The authenticator still shows it;
// the box knows it no more.
func (k *Passkeys) Remove(ctx context.Context, s access.Session, ref string) error {
	err := k.change(ctx, "remove a passkey", `DELETE FROM passkey WHERE ref = ?1 AND pid = ?2`, ref, s.Person)
	if err == nil {
		k.log.Info("passkey removed", "key", ref, "session", s.ID)
	}
	return err
}

// TakeBack ends anybody's key: by is of the direction or a technician, as the
// route's rule sees to.
func (k *Passkeys) TakeBack(ctx context.Context, by access.Session, ref string) error {
	err := k.change(ctx, "take a passkey back", `DELETE FROM passkey WHERE ref = ?1`, ref)
	if err == nil {
		k.log.Info("passkey taken back", "key", ref, "session", by.ID)
	}
	return err
}

func (k *Passkeys) change(ctx context.Context, what, query string, args ...any) error {
	var n int64
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n == 0 {
		return preau.E(preau.NotFound, "no such passkey", "It may have been removed already: reload the page.", nil)
	}
	return nil
}
