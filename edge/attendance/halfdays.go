package attendance

import (
	"context"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// noon is the hour at which the afternoon begins, for counting half-days.
const noon = 13

// HalfDay is a morning or an afternoon of which a pupil missed a lesson.
type HalfDay struct {
	Date      time.Time // midnight, at school
	Afternoon bool
	Lessons   int // missed
}

// HalfDays lists the half-days a pupil missed between two moments. A half-day
// counts as soon as one of its lessons is missed: that is the strictest of
// the usages seen in schools, so that no alert comes late (four in a month
// without a good reason are reported, R131-7). Being late, leaving early, the
// infirmary and an exemption are no absence.
func (a *Attendance) HalfDays(ctx context.Context, pid string, from, to time.Time) (missed []HalfDay, err error) {
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT r.starts FROM register_mark m JOIN register r ON r.id = m.register
			WHERE m.pid = ? AND m.state = 'absent' AND r.state = 'current' AND r.starts >= ? AND r.starts < ? ORDER BY r.starts`,
			pid, from.UnixMilli(), to.UnixMilli())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var starts int64
			if err := rows.Scan(&starts); err != nil {
				return err
			}
			at := time.UnixMilli(starts).In(a.zone)
			midnight, _ := a.day(at)
			h := HalfDay{Date: midnight, Afternoon: at.Hour() >= noon, Lessons: 1}
			if n := len(missed); n > 0 && missed[n-1].Date.Equal(h.Date) && missed[n-1].Afternoon == h.Afternoon {
				missed[n-1].Lessons++
				continue
			}
			missed = append(missed, h)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("count half-days: %w", err)
	}
	return missed, nil
}
