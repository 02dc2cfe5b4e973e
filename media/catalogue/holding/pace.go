package holding

import (
	"database/sql"
	"errors"
	"fmt"

	"preau/internal/sqlite"
	"preau/media/blob"
)

// Pace is how many bytes a second a film needs to play; 0 when it is none, or
// when no notice says how long it is.
func Pace(tx *sqlite.Tx, d blob.Digest) (int64, error) {
	var size int64
	var seconds float64
	err := tx.QueryRow("SELECT a.size, coalesce(CAST(i.body AS TEXT) ->> '$.duration_s', 0) "+Known+
		" AND (a.mime LIKE 'video/%' OR a.mime LIKE 'audio/%') ORDER BY i.live DESC, a.item, a.n LIMIT 1", d[:]).Scan(&size, &seconds)
	if errors.Is(err, sql.ErrNoRows) || err == nil && seconds < 1 {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("ask the pace of a film: %w", err)
	}
	return int64(float64(size) / seconds), nil
}
