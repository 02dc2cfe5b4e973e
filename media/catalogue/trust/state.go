package trust

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"

	"preau/internal/sqlite"
)

// roles are those kept besides root, in the order of verification.
var roles = [...]string{metadata.TIMESTAMP, metadata.SNAPSHOT, metadata.TARGETS}

// SignedAt is the field of the timestamp in which our publisher says when it
// signed. Signed itself, it lets a box with a wrong clock learn that it is at
// least that late.
const SignedAt = "x-preau-signed-at"

// state is what the database holds.
type state struct {
	root   []byte
	bodies map[string][]byte
	floors map[[2]string]int64 // by scope and role
	time   [3]int64            // floor, checked, expires
}

// found is what a refresh ended with.
type found struct {
	version map[string]int64
	bodies  map[string][]byte
	roots   map[int64][]byte
	scope   string
	expires time.Time
	signed  time.Time
	// Set by judge when all was accepted.
	accepted       bool
	floor, checked int64
}

// anchorRoot remembers the pinned root. A root that is part of a chain known
// already keeps that chain: pinning an older root of it forgets nothing.
func (c *Client) anchorRoot(ctx context.Context, version int64) error {
	c.anchor = fingerprint(c.root)
	return c.db.Write(ctx, func(tx *sqlite.Tx) error {
		err := tx.QueryRow("SELECT anchor FROM catalogue_root WHERE version = ? AND body = ? LIMIT 1", version, c.root).Scan(&c.anchor)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = tx.Exec("INSERT INTO catalogue_root (anchor, version, body) VALUES (?, ?, ?) ON CONFLICT (anchor, version) DO UPDATE SET body = excluded.body",
				c.anchor, version, c.root)
		}
		if err != nil {
			return err
		}
		var ms int64
		err = tx.QueryRow("SELECT floor FROM catalogue_time").Scan(&ms)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		c.floor.Store(ms)
		return nil
	})
}

// load reads what is held and drops what cannot be parsed: go-tuf would stop
// for ever on it, and the source has it anyway.
func (c *Client) load(ctx context.Context) (*state, error) {
	s := &state{root: c.root, bodies: map[string][]byte{}, floors: map[[2]string]int64{}}
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		err := each(tx, "SELECT body FROM catalogue_root WHERE anchor = ? ORDER BY version", func(rs *sql.Rows) error {
			var body []byte
			if err := rs.Scan(&body); err != nil {
				return err
			}
			if _, err := metadata.Root().FromBytes(body); err == nil {
				s.root = body
			}
			return nil
		}, c.anchor)
		if err != nil {
			return err
		}
		err = each(tx, "SELECT role, body FROM catalogue_role", func(rs *sql.Rows) error {
			var role string
			var body []byte
			if err := rs.Scan(&role, &body); err != nil {
				return err
			}
			if parses(role, body) {
				s.bodies[role] = body
			} else {
				c.log.Warn("trusted metadata is torn, fetching it again", "role", role)
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = each(tx, "SELECT scope, role, version FROM catalogue_floor", func(rs *sql.Rows) error {
			var key [2]string
			var version int64
			if err := rs.Scan(&key[0], &key[1], &version); err != nil {
				return err
			}
			s.floors[key] = version
			return nil
		})
		if err != nil {
			return err
		}
		err = tx.QueryRow("SELECT floor, checked, expires FROM catalogue_time").Scan(&s.time[0], &s.time[1], &s.time[2])
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return s, err
}

func each(tx *sqlite.Tx, query string, fn func(*sql.Rows) error, args ...any) error {
	rs, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() {
		if err := fn(rs); err != nil {
			return fmt.Errorf("read trusted metadata: %w", err)
		}
	}
	return rs.Err()
}

func parses(role string, body []byte) bool {
	var err error
	switch role {
	case metadata.TIMESTAMP:
		_, err = metadata.Timestamp().FromBytes(body)
	case metadata.SNAPSHOT:
		_, err = metadata.Snapshot().FromBytes(body)
	default: // targets, and the publishers' roles
		_, err = metadata.Targets().FromBytes(body)
	}
	return err == nil
}

// readBack takes from go-tuf's folder what it accepted: it writes nothing
// there that it did not verify.
func readBack(dir string, up *updater.Updater, roots map[int64][]byte) (*found, error) {
	set := up.GetTrustedMetadataSet()
	root := set.Root.Signed
	f := &found{version: map[string]int64{metadata.ROOT: root.Version}, bodies: map[string][]byte{}, roots: map[int64][]byte{}, expires: root.Expires}
	for version, body := range roots {
		if version <= root.Version {
			f.roots[version] = body
		}
	}
	keys, err := json.Marshal([]any{root.Roles[metadata.TIMESTAMP], root.Roles[metadata.SNAPSHOT], root.Roles[metadata.TARGETS]})
	if err != nil {
		return nil, fmt.Errorf("read the root's roles: %w", err)
	}
	f.scope = fingerprint(keys)
	for _, role := range roles {
		body, err := os.ReadFile(filepath.Join(dir, role+".json"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a temporary copy: %w", err)
		}
		f.bodies[role] = body
	}
	if set.Timestamp != nil {
		f.version[metadata.TIMESTAMP] = set.Timestamp.Signed.Version
		f.expires = earlier(f.expires, set.Timestamp.Signed.Expires)
		if text, ok := set.Timestamp.Signed.UnrecognizedFields[SignedAt].(string); ok {
			f.signed, _ = time.Parse(time.RFC3339, text) // absent or odd: it teaches nothing
		}
	}
	if set.Snapshot != nil {
		f.version[metadata.SNAPSHOT] = set.Snapshot.Signed.Version
		f.expires = earlier(f.expires, set.Snapshot.Signed.Expires)
	}
	if targets := set.Targets[metadata.TARGETS]; targets != nil {
		f.version[metadata.TARGETS] = targets.Signed.Version
		f.expires = earlier(f.expires, targets.Signed.Expires)
	}
	return f, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// below names a role whose version is under the floor of its scope, or "".
func (s *state) below(anchor string, f *found) string {
	for _, role := range slices.Concat([]string{metadata.ROOT}, roles[:]) {
		if version, ok := f.version[role]; ok && version < s.floors[[2]string{f.scopeOf(role, anchor), role}] {
			return role
		}
	}
	return ""
}

func (f *found) scopeOf(role, anchor string) string {
	if role == metadata.ROOT {
		return anchor
	}
	return f.scope
}

// judge raises the floor of time after a full acceptance. A clock known to be
// unsure teaches nothing; what the publisher signed does. Either way the
// floor stays before the expiry of what was accepted, so that a lying clock
// cannot lock the catalogue for good.
func (f *found) judge(now time.Time, sure bool) {
	floor := f.signed
	if sure && now.After(floor) {
		floor = now
	}
	f.floor = earlier(floor, f.expires).UnixMilli()
	f.checked = now.UnixMilli()
	f.accepted = true
}

// save keeps what was accepted, in one transaction.
func (c *Client) save(ctx context.Context, held *state, f *found) error {
	floor := max(held.time[0], f.floor)
	err := c.db.Write(ctx, func(tx *sqlite.Tx) error {
		for version, body := range f.roots {
			if _, err := tx.Exec("INSERT INTO catalogue_root (anchor, version, body) VALUES (?, ?, ?) ON CONFLICT (anchor, version) DO UPDATE SET body = excluded.body",
				c.anchor, version, body); err != nil {
				return err
			}
		}
		for role, body := range f.bodies {
			if bytes.Equal(body, held.bodies[role]) {
				continue
			}
			if _, err := tx.Exec("INSERT INTO catalogue_role (role, body) VALUES (?, ?) ON CONFLICT (role) DO UPDATE SET body = excluded.body", role, body); err != nil {
				return err
			}
		}
		for role, version := range f.version {
			if _, err := tx.Exec(`INSERT INTO catalogue_floor (scope, role, version) VALUES (?, ?, ?)
				ON CONFLICT (scope, role) DO UPDATE SET version = max(version, excluded.version)`, f.scopeOf(role, c.anchor), role, version); err != nil {
				return err
			}
		}
		if !f.accepted {
			return nil
		}
		_, err := tx.Exec(`INSERT INTO catalogue_time (one, floor, checked, expires) VALUES (1, ?, ?, ?)
			ON CONFLICT (one) DO UPDATE SET floor = excluded.floor, checked = excluded.checked, expires = excluded.expires`,
			floor, f.checked, f.expires.UnixMilli())
		return err
	})
	if err == nil {
		c.floor.Store(floor)
	}
	return err
}

// Status is what is known of the catalogue's trust, for people.
type Status struct {
	Checked time.Time `json:"checked"` // last time a source was asked with success
	Expires time.Time `json:"expires"` // until when that answer may be installed
}

// Status reads when the catalogue was last verified. Zero times: never.
func (c *Client) Status(ctx context.Context) (Status, error) {
	s, err := c.load(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("read trust: %w", err)
	}
	if s.time[1] == 0 {
		return Status{}, nil
	}
	return Status{time.UnixMilli(s.time[1]), time.UnixMilli(s.time[2])}, nil
}
