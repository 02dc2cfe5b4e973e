package holding

import (
	"context"
	"fmt"

	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue/notice"
)

// MaxHTMLPages is how many pages of a pack have a number; a pack may hold
// more, which its own links reach.
const MaxHTMLPages = 500

const htmlPage = "text/html"

// HTMLPage is one page of a pack: where it is in it, and its bytes.
type HTMLPage struct {
	Path   string
	Digest blob.Digest
}

// PagesOf lists the HTML pages of an item that opens on one, by its row and
// the assets of its notice: that one first, then its files, in its publisher's
// order, here or not. An item that opens on something else has none.
func (k *Keeper) PagesOf(ctx context.Context, row int64, assets []notice.Asset) (pages []HTMLPage, err error) {
	if !opensOnHTML(assets) {
		return nil, nil
	}
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		pages = nil
		rs, err := tx.Query(`SELECT path, sha256 FROM catalogue_asset WHERE item = ? AND path <> '' AND mime = ? AND role IN ('main', 'file')
			ORDER BY role = 'file', n LIMIT ?`, row, htmlPage, MaxHTMLPages)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var p HTMLPage
			var key []byte
			if err := rs.Scan(&p.Path, &key); err != nil {
				return err
			}
			p.Digest = digestOf(key)
			pages = append(pages, p)
		}
		return rs.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the pages of an item: %w", err)
	}
	return pages, nil
}

func opensOnHTML(assets []notice.Asset) bool {
	for i := range assets {
		if a := &assets[i]; a.Role == notice.RoleMain {
			return a.Mime == htmlPage && a.Path != ""
		}
	}
	return false
}
