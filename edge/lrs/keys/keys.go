// Package keys says who may speak xAPI to the box and what they may do. It
// promises that a secret is shown once and cannot be read back, that a revoked
// key opens nothing from then on, and that a grant speaks for its one person,
// attempt and activity until it ends.
//
// It refuses keys without scopes, and scopes it does not know.
//
// Words: a key is an application's; a grant is a key made for one launch; a
// scope is what a key may do, by the names of the xAPI specification.
package keys

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Scope is what a key may do. Source: xAPI 1.0.3, part three, 4.2.
type Scope string

// The scopes. Define is granted with StatementsWrite here: whoever may say
// that something happened may say what it was.
const (
	StatementsWrite    Scope = "statements/write"
	StatementsReadMine Scope = "statements/read/mine"
	StatementsRead     Scope = "statements/read"
	State              Scope = "state"
	Profile            Scope = "profile"
	AllRead            Scope = "all/read"
	All                Scope = "all"
)

// Scopes lists them, the least first.
func Scopes() []Scope {
	return []Scope{StatementsWrite, StatementsReadMine, StatementsRead, State, Profile, AllRead, All}
}

// Key is one, without its secret.
type Key struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Scopes  []Scope   `json:"scopes"`
	Created time.Time `json:"created"`
	// Grant is set for a key made for one launch.
	Grant *Grant `json:"-"`
}

// Grant is what a launch may do, for whom.
type Grant struct {
	Actor        xapi.Agent
	Registration preau.ID
	Activity     string
	Scopes       []Scope
	Until        time.Time
}

// May reports whether the key has one of the scopes, or one that holds it.
func (k Key) May(wanted ...Scope) bool {
	for _, have := range k.Scopes {
		if have == All || slices.Contains(wanted, have) {
			return true
		}
	}
	return false
}

// Keys keeps the table of keys.
type Keys struct {
	db *sqlite.DB

	// checked remembers keys that were right, by the hash of what was sent:
	// every statement comes with one. A revocation empties it.
	mu      sync.Mutex
	checked map[[32]byte]Key
	revoked int // revocations so far: what was found before one is not remembered after it
}

// maxChecked bounds the memory of keys.
const maxChecked = 4096

// Open brings the table up to date.
func Open(ctx context.Context, db *sqlite.DB) (*Keys, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open lrs key migrations: %w", err)
	}
	if err := db.Migrate(ctx, "lrs keys", sub); err != nil {
		return nil, fmt.Errorf("open lrs keys: %w", err)
	}
	return &Keys{db: db, checked: map[[32]byte]Key{}}, nil
}

// Create makes a key for an application. The secret can be read here only.
func (k *Keys) Create(ctx context.Context, name string, scopes []Scope) (key Key, secret string, err error) {
	if strings.TrimSpace(name) == "" || len(name) > 100 || !utf8.ValidString(name) || strings.IndexFunc(name, unicode.IsControl) >= 0 {
		return Key{}, "", preau.E(preau.Invalid, "the key needs a name, such as the application's", "Give one with --name.", nil)
	}
	return k.create(ctx, Key{Name: name, Scopes: scopes})
}

// Issue makes a grant and returns it with what goes after « Basic » in the
// Authorization header of whoever was launched.
func (k *Keys) Issue(ctx context.Context, g Grant) (key Key, token string, err error) {
	if g.Until.IsZero() || g.Registration.IsZero() {
		return Key{}, "", preau.E(preau.Invalid, "a grant is for one attempt and ends", "", nil)
	}
	key, secret, err := k.create(ctx, Key{Name: g.Activity, Scopes: g.Scopes, Grant: &g})
	if err != nil {
		return Key{}, "", err
	}
	return key, base64.StdEncoding.EncodeToString([]byte(key.ID + ":" + secret)), nil
}

func (k *Keys) create(ctx context.Context, key Key) (_ Key, secret string, err error) {
	if len(key.Scopes) == 0 {
		return Key{}, "", preau.E(preau.Invalid, "the key may do nothing", "Give scopes with --scope.", nil)
	}
	words := make([]string, len(key.Scopes))
	for i, s := range key.Scopes {
		if !slices.Contains(Scopes(), s) {
			return Key{}, "", preau.E(preau.Invalid, fmt.Sprintf("%.40q is no scope", s), fmt.Sprintf("Use some of %v.", Scopes()), nil)
		}
		words[i] = string(s)
	}
	var id [16]byte
	var random [32]byte
	rand.Read(id[:])
	rand.Read(random[:])
	key.ID, secret = hex.EncodeToString(id[:]), base64.RawURLEncoding.EncodeToString(random[:])
	hash := sha256.Sum256([]byte(secret))
	var ends, actor, registration, activity any
	if g := key.Grant; g != nil {
		who, err := json.Marshal(g.Actor)
		if err != nil {
			return Key{}, "", fmt.Errorf("encode the actor of a grant: %w", err)
		}
		ends, actor, registration, activity = g.Until.UnixMilli(), string(who), g.Registration[:], g.Activity
	}
	err = k.db.Write(ctx, func(tx *sqlite.Tx) error {
		key.Created = tx.Now
		_, err := tx.Exec(`INSERT INTO lrs_key (id, hash, name, scopes, created, ends, actor, registration, activity) VALUES (?,?,?,?,?,?,?,?,?)`,
			key.ID, hash[:], key.Name, strings.Join(words, " "), tx.Now.UnixMilli(), ends, actor, registration, activity)
		return err
	})
	if err != nil {
		return Key{}, "", fmt.Errorf("make lrs key: %w", err)
	}
	return key, secret, nil
}

// Check finds the key that an id and a secret open.
func (k *Keys) Check(ctx context.Context, id, secret string, now time.Time) (Key, bool, error) {
	sent := sha256.Sum256([]byte(id + "\x00" + secret))
	k.mu.Lock()
	key, known := k.checked[sent]
	before := k.revoked
	k.mu.Unlock()
	if !known {
		var err error
		if key, known, err = k.find(ctx, id, secret); err != nil || !known {
			return Key{}, false, err
		}
		k.mu.Lock()
		if len(k.checked) >= maxChecked {
			clear(k.checked)
		}
		if k.revoked == before {
			k.checked[sent] = key
		}
		k.mu.Unlock()
	}
	if key.Grant != nil && !now.Before(key.Grant.Until) {
		return Key{}, false, nil
	}
	return key, true, nil
}

func (k *Keys) find(ctx context.Context, id, secret string) (key Key, ok bool, err error) {
	var hash []byte
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		key, hash, err = scan(tx.QueryRow(columns+`WHERE id = ? AND revoked IS NULL`, id).Scan)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Key{}, false, nil
	}
	if err != nil {
		return Key{}, false, fmt.Errorf("find lrs key: %w", err)
	}
	sent := sha256.Sum256([]byte(secret))
	return key, subtle.ConstantTimeCompare(hash, sent[:]) == 1, nil
}

const columns = `SELECT id, hash, name, scopes, created, ends, actor, registration, activity FROM lrs_key `

func scan(into func(...any) error) (key Key, hash []byte, err error) {
	var scopes string
	var created int64
	var ends sql.NullInt64
	var actor, activity sql.NullString
	var registration []byte
	if err := into(&key.ID, &hash, &key.Name, &scopes, &created, &ends, &actor, &registration, &activity); err != nil {
		return key, nil, err
	}
	key.Created = time.UnixMilli(created).UTC()
	for _, s := range strings.Fields(scopes) {
		key.Scopes = append(key.Scopes, Scope(s))
	}
	if !ends.Valid {
		return key, hash, nil
	}
	key.Grant = &Grant{Activity: activity.String, Scopes: key.Scopes, Until: time.UnixMilli(ends.Int64)}
	copy(key.Grant.Registration[:], registration)
	if err := json.Unmarshal([]byte(actor.String), &key.Grant.Actor); err != nil {
		return key, nil, fmt.Errorf("decode the actor of a grant: %w", err)
	}
	return key, hash, nil
}

// List lists the applications' keys in use, the oldest first.
func (k *Keys) List(ctx context.Context) (found []Key, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(columns + `WHERE revoked IS NULL AND ends IS NULL ORDER BY created, id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			key, _, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			found = append(found, key)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list lrs keys: %w", err)
	}
	return found, nil
}

// Revoke ends a key; what it said stays.
func (k *Keys) Revoke(ctx context.Context, id string) error {
	var n int64
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(`UPDATE lrs_key SET revoked = ? WHERE id = ? AND revoked IS NULL`, tx.Now.UnixMilli(), id)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke lrs key: %w", err)
	}
	k.mu.Lock()
	clear(k.checked)
	k.revoked++
	k.mu.Unlock()
	if n == 0 {
		return preau.E(preau.NotFound, fmt.Sprintf("no key in use is called %.40q", id), "See preau lrs key list.", nil)
	}
	return nil
}

// Erase drops the grants of a person, whether over or not: who is forgotten
// neither speaks nor is named here.
func (k *Keys) Erase(ctx context.Context, who xapi.Agent) error {
	actor, err := json.Marshal(who)
	if err != nil {
		return fmt.Errorf("encode the actor of grants: %w", err)
	}
	err = k.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM lrs_key WHERE ends IS NOT NULL AND actor = ?`, string(actor))
		return err
	})
	if err != nil {
		return fmt.Errorf("erase a person's lrs grants: %w", err)
	}
	k.mu.Lock()
	clear(k.checked)
	k.revoked++
	k.mu.Unlock()
	return nil
}

// Forget drops grants that ended a week ago. The box calls it at night.
func (k *Keys) Forget(ctx context.Context) error {
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM lrs_key WHERE ends < ?`, tx.Now.AddDate(0, 0, -7).UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("forget lrs grants: %w", err)
	}
	return nil
}
