package holding

import (
	"context"
	"fmt"
	"maps"

	"preau/internal/sqlite"
	"preau/media/blob"
)

// Lacking tells which items (by Use.Row) lack files, so that what readers are
// told of the others costs no look at the disk. A row may be there and have
// all its files; the other way round would show what cannot be opened.
func (k *Keeper) Lacking(rows map[int64]bool) { k.lacking.Store(&rows) }

// Lose adds the items that use a blob to those that lack files, before it
// goes.
func (k *Keeper) Lose(ctx context.Context, d blob.Digest) error {
	before := k.lacking.Load()
	if before == nil {
		return nil // nobody told which do: MayLack goes by the whole
	}
	rows, err := k.RowsOf(ctx, d)
	if err != nil {
		return err
	}
	after := maps.Clone(*before)
	for _, row := range rows {
		after[row] = true
	}
	k.lacking.Store(&after)
	return nil
}

// MayLack reports whether files of an item must be looked for: those of items
// that lack some, or while nobody told which do, of all unless the generation
// was whole.
func (k *Keeper) MayLack(row int64, whole bool) bool {
	if lacking := k.lacking.Load(); lacking != nil {
		return (*lacking)[row]
	}
	return !whole
}

// FilesHeld looks for the files of an item, by its row.
func (k *Keeper) FilesHeld(tx *sqlite.Tx, row int64) (bool, error) {
	rs, err := tx.Query("SELECT sha256 FROM catalogue_asset WHERE item = ? AND role = 'file'", row)
	if err != nil {
		return false, err
	}
	defer rs.Close()
	for rs.Next() {
		var key []byte
		if err := rs.Scan(&key); err != nil {
			return false, fmt.Errorf("read asset: %w", err)
		}
		if !k.held.Has(digestOf(key)) {
			return false, nil
		}
	}
	return true, rs.Err()
}
