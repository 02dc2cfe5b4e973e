package journal

import (
	"fmt"

	"preau"
	"preau/internal/sqlite"
)

// OnAppend has f called for every statement newly stored, in the transaction
// that stores it: an error undoes both. Register before the first Append.
func (j *Journal) OnAppend(f func(tx *sqlite.Tx, st *preau.Statement, key int64) error) {
	j.onAppend = append(j.onAppend, f)
}

// OnPrune has f drop a projection's rows in the transaction that prunes their
// statements. Register before the first Prune.
func (j *Journal) OnPrune(f func(tx *sqlite.Tx, stream preau.Stream, keys []int64) error) {
	j.onPrune = append(j.onPrune, f)
}

func (j *Journal) appended(tx *sqlite.Tx, st *preau.Statement, key int64) error {
	for _, f := range j.onAppend {
		if err := f(tx, st, key); err != nil {
			return fmt.Errorf("project statement: %w", err)
		}
	}
	return nil
}
