package journal

import (
	"database/sql"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
)

// Find is ByID inside a transaction: it sees what that one appended.
func (j *Journal) Find(tx *sqlite.Tx, id preau.ID) (*preau.Statement, error) {
	st, err := j.byID(tx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, preau.E(preau.NotFound, "no statement "+id.String(), "", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("find statement: %w", err)
	}
	return st, nil
}
