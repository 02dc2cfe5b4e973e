package progress

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// dayMinutes is a day's; the one that summer time makes longer loses its last
// hour, at night.
const dayMinutes = 24 * 60

// workGap is how many minutes of silence are still work: reading a page,
// thinking about a question.
const workGap = 5

// minutes is one school day of one person, a bit a minute.
type minutes [dayMinutes / 8]byte

func (m *minutes) set(i int) { m[i/8] |= 1 << (i % 8) }

func (m *minutes) has(i int) bool { return m[i/8]&(1<<(i%8)) != 0 }

// worked counts the minutes of work: those with a sign of it, and the short
// silences between them.
func (m *minutes) worked() (n int) {
	last := -1
	for i := range dayMinutes {
		if !m.has(i) {
			continue
		}
		if n++; last >= 0 && i-last <= workGap {
			n += i - last - 1
		}
		last = i
	}
	return n
}

// mark notes that a person worked during what lasted until a moment. What
// began the day before is noted from midnight.
func (p *Progress) mark(tx *sqlite.Tx, pid string, at time.Time, lasted time.Duration) error {
	at = at.In(p.config.Zone)
	day := at.Format(time.DateOnly)
	var m minutes
	var have []byte
	switch err := tx.QueryRow(`SELECT minutes FROM worked WHERE pid = ? AND day = ?`, pid, day).Scan(&have); {
	case err == nil:
		copy(m[:], have)
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	to := at.Hour()*60 + at.Minute()
	for i := max(0, to-int(lasted/time.Minute)); i <= to; i++ {
		m.set(i)
	}
	if string(m[:]) == string(have) {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO worked (pid, day, minutes) VALUES (?1,?2,?3) ON CONFLICT DO UPDATE SET minutes = ?3`, pid, day, m[:])
	return err
}

// Day is time on one school day.
type Day struct {
	Date    string // 2026-09-14
	Worked  time.Duration
	Watched time.Duration // of films
}

// Days tells a person's time on task, day by day, from one date to another
// (both included), the oldest first. Days without work are left out.
func (p *Progress) Days(ctx context.Context, pid string, from, to time.Time) (days []Day, err error) {
	err = p.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT w.day, w.minutes, coalesce(f.ms, 0) FROM worked w LEFT JOIN watched f USING (pid, day)
			WHERE w.pid = ? AND w.day BETWEEN ? AND ? ORDER BY w.day`,
			pid, from.In(p.config.Zone).Format(time.DateOnly), to.In(p.config.Zone).Format(time.DateOnly))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d Day
			var m minutes
			var bits []byte
			var watched int64
			if err := rows.Scan(&d.Date, &bits, &watched); err != nil {
				return err
			}
			copy(m[:], bits)
			d.Worked, d.Watched = time.Duration(m.worked())*time.Minute, span(watched)
			days = append(days, d)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read days of work: %w", err)
	}
	return days, nil
}
