package timetable

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// Purge deletes what is older than before: dated lessons, changes and
// bookings; and the cahier de textes older than log, which schools keep for
// longer. Lessons that were started
// stay: registers point at them. It gives the number of rows that went.
func (t *Timetable) Purge(ctx context.Context, before, log time.Time) (gone int64, err error) {
	err = t.db.Write(ctx, func(tx *sqlite.Tx) error {
		gone = 0
		for _, step := range []struct {
			query string
			arg   any
		}{
			{`DELETE FROM event WHERE ends < ?`, before.UnixMilli()}, {`DELETE FROM booking WHERE ends < ?`, before.UnixMilli()},
			{`DELETE FROM change WHERE day < ?`, before.In(t.zone).Format(time.DateOnly)}, {`DELETE FROM logbook WHERE day < ?`, log.In(t.zone).Format(time.DateOnly)},
		} {
			done, err := tx.Exec(step.query, step.arg)
			if err != nil {
				return err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return err
			}
			gone += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("purge timetable: %w", err)
	}
	return gone, nil
}
