package directory

import (
	"context"
	"fmt"

	"preau"
	"preau/internal/sqlite"
)

// Erase drops a person who left, with everything the tables of people hold of
// them. Whoever is still here stays: the next roster would bring them back.
func (d *Directory) Erase(ctx context.Context, pid string) error {
	var n int64
	err := d.db.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(`DELETE FROM person WHERE pid = ? AND closed IS NOT NULL`, pid)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return fmt.Errorf("erase person: %w", err)
	}
	if n == 0 {
		return preau.E(preau.Conflict, "nobody who left has this id", "Import the roster without them first.", nil)
	}
	return nil
}
