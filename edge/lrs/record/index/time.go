package index

import (
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// storedAfter is the first number whose statement was stored after t: the
// box's clock never runs backwards, so all that follow were too.
func (x *Index) storedAfter(tx *sqlite.Tx, tail view, t time.Time) (int64, error) {
	ms := t.UnixMilli()
	var bucket int64
	err := tx.QueryRow(`SELECT coalesce((SELECT bucket FROM lrs_bucket WHERE stored > ? ORDER BY bucket LIMIT 1), -1)`, ms).Scan(&bucket)
	if err != nil {
		return 0, fmt.Errorf("find a time in the index: %w", err)
	}
	if bucket < 0 {
		for i, stored := range tail.stored {
			if stored > ms {
				return tail.first + int64(i), nil
			}
		}
		return tail.end, nil
	}
	lo, hi := bucket<<bucketBits, (bucket+1)<<bucketBits-1 // the last is known to be after
	for lo < hi {
		mid := (lo + hi) / 2
		st, err := x.at(tx, mid)
		if err != nil {
			return 0, err
		}
		if st != nil && st.Stored.UnixMilli() > ms {
			hi = mid
		} else {
			lo = mid + 1 // earlier, or pruned, which goes oldest first
		}
	}
	return lo, nil
}
