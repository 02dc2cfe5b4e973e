package timetable

import (
	"context"

	"preau/internal/sqlite"
)

// WriteFor lends tests the transaction that an import brings.
func WriteFor(ctx context.Context, t *Timetable, fn func(*sqlite.Tx) error) error {
	return t.db.Write(ctx, fn)
}
