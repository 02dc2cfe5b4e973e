// Package stock is what a publisher has: its items, in a database, and the
// packs into which they are cut, as files ready to be signed.
//
// It promises that what did not change keeps its bytes: one corrected notice
// makes one new pack, one new page of the list and a new index, however many
// items there are; that memory is bounded by the largest pack; and that it goes
// on where it was killed. It refuses to judge notices (package notice does) and
// to sign (package keyring does).
//
// On disk: items.db; targets/ (packs, pages, the index, under their hashes).
package stock

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"preau"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Stock is a publisher's items and packs, open until Close.
type Stock struct {
	dir       string
	publisher string // "": the catalogue's own
	db        *sqlite.DB
}

// Open takes the stock in a repository's folder.
func Open(ctx context.Context, dir, publisher string) (_ *Stock, err error) {
	s := &Stock{dir: dir, publisher: publisher}
	if s.db, err = sqlite.Open(ctx, s.path("items.db"), preau.SystemClock()); err != nil {
		return nil, fmt.Errorf("open the items: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open migrations: %w", err)
	}
	if err := s.db.Migrate(ctx, "publisher", sub); err != nil {
		return nil, fmt.Errorf("open the items: %w", err)
	}
	return s, s.adopt(ctx)
}

// Close gives it back.
func (s *Stock) Close() error { return s.db.Close() }

func (s *Stock) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
