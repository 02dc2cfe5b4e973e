package catalogue

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue/holding"
)

// Restricted reports whether every use of a blob is for staff. What the
// current generation says wins over the one before, so that a restriction
// holds as soon as it is known. A use outside its item's dates is restricted.
// A blob without a use is preau.NotFound.
func (c *Catalogue) Restricted(ctx context.Context, d blob.Digest) (bool, error) {
	day := c.today()
	var restricted sql.NullBool
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT CASE WHEN max(i.live) = 1 THEN min(CASE WHEN i.live = 1 THEN shut END) ELSE min(shut) END FROM (
			SELECT i.live, a.restricted OR (i.valid_from <> '' AND i.valid_from > ?) OR (i.valid_to <> '' AND i.valid_to < ?) AS shut `+holding.Known+`) i`,
			day, day, d[:]).Scan(&restricted)
	})
	if err != nil {
		return false, fmt.Errorf("ask who may see a blob: %w", err)
	}
	if !restricted.Valid {
		return false, noBlob()
	}
	return restricted.Bool, nil
}

// Mime returns the media type that the catalogue gives to a blob.
func (c *Catalogue) Mime(ctx context.Context, d blob.Digest) (string, error) {
	var mime string
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT a.mime "+holding.Known+" ORDER BY i.live DESC, a.item, a.n LIMIT 1", d[:]).Scan(&mime)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", noBlob()
	}
	if err != nil {
		return "", fmt.Errorf("ask the type of a blob: %w", err)
	}
	return mime, nil
}

// Era tells versions of the catalogue apart without asking the database: what
// was learned of a blob in one may not hold in another.
func (c *Catalogue) Era() int64 { return c.view.Load().generation }

// AssetByPath finds a file inside an HTML item: that of the version which a
// lesson has open, if one has. A path that only the generation before knows is
// still found: a page opened before the switch goes on.
func (c *Catalogue) AssetByPath(ctx context.Context, item, path string) (Asset, error) {
	var a Asset
	var digest []byte
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT a.role, a.lang, a.sha256, a.size, a.mime, a.path FROM catalogue_item i
			JOIN catalogue_asset a ON a.item = i.id AND a.path = ? AND a.path <> ''
			WHERE i.item = ? AND `+holding.Served+` ORDER BY i.id = ? DESC, i.live DESC, i.id DESC LIMIT 1`, path, item, c.view.Load().open[item]).
			Scan(&a.Role, &a.Lang, &digest, &a.Size, &a.Mime, &a.Path)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Asset{}, preau.E(preau.NotFound, "this file is not part of the resource", "Open the resource again from its page.", nil)
	}
	if err != nil {
		return Asset{}, fmt.Errorf("find a file of an item: %w", err)
	}
	a.SHA256 = hex.EncodeToString(digest)
	return a, nil
}

// HTMLPages lists the HTML pages of an item that opens on one, of the version
// that Item found: a page keeps its number while a lesson has the item open.
func (c *Catalogue) HTMLPages(ctx context.Context, it *Item) ([]holding.HTMLPage, error) {
	return c.PagesOf(ctx, it.row, it.Assets)
}

// digestOf reads a digest as its column holds it.
func digestOf(key []byte) (d blob.Digest) {
	copy(d[:], key)
	return d
}

func noBlob() error {
	return preau.E(preau.NotFound, "this file is in no resource of the catalogue", "Open the resource again from its page.", nil)
}
