package sqlite

import "context"

// Drain runs a DELETE that is bounded by its own LIMIT, each time in a short
// transaction so that nobody waits for it, until nothing is left to delete. It
// says how many rows went.
func (db *DB) Drain(ctx context.Context, query string, args ...any) (deleted int64, err error) {
	for {
		var n int64
		err := db.Write(ctx, func(tx *Tx) error {
			res, err := tx.Exec(query, args...)
			if err != nil {
				return err
			}
			n, err = res.RowsAffected()
			return err
		})
		deleted += n
		if err != nil || n == 0 {
			return deleted, err
		}
	}
}
