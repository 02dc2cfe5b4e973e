package attendance

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Justified is a half-day missed, with what is known of why.
type Justified struct {
	HalfDay
	Reason string // code; empty: none was given yet
	By     string
}

// Legitimate reports whether the reason given is one that counts.
func (j Justified) Legitimate() bool {
	r, ok := reasonOf(j.Reason)
	return ok && r.Legitimate
}

// Justify gives a half-day its reason, apart from the roll. Another reason
// replaces the first, whose statement is voided; the same again changes
// nothing.
func (a *Attendance) Justify(ctx context.Context, who, pid string, h Half, reason string) error {
	if _, ok := reasonOf(reason); !ok {
		return preau.E(preau.Invalid, fmt.Sprintf("%.40q is no reason", reason), "Choose one of the list.", nil)
	}
	if _, err := time.Parse(time.DateOnly, h.Day); err != nil || pid == "" {
		return preau.E(preau.Invalid, "the half-day is not one", "Reload the page and try again.", err)
	}
	err := a.db.Write(ctx, func(tx *sqlite.Tx) error {
		have, err := a.unsayReason(tx, who, pid, h, reason)
		if err != nil || have {
			return err
		}
		r, _ := reasonOf(reason)
		// Why is the school's alone: the journal says whether it counts.
		result, err := json.Marshal(map[string]any{"legitimate": r.Legitimate})
		if err != nil {
			return fmt.Errorf("encode reason: %w", err)
		}
		st := &preau.Statement{
			ID: preau.NewID(), Stream: preau.StreamAttendance, Actor: pid, Verb: journal.VerbJustified,
			Object: fmt.Sprintf("%s/%d", h.Day, h.index()), ObjectKind: "half-day", Result: result, Timestamp: tx.Now,
		}
		if err := a.journal.Append(tx, st); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO absence_reason (pid, day, half, reason, by, at, statement) VALUES (?,?,?,?,?,?,?)`,
			pid, h.Day, h.index(), reason, who, tx.Now.UnixMilli(), st.ID[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("justify a half-day: %w", err)
	}
	a.changed()
	return nil
}

// unsayReason voids the reason given before, unless it is the wanted one.
func (a *Attendance) unsayReason(tx *sqlite.Tx, who, pid string, h Half, wanted string) (have bool, err error) {
	var reason string
	var statement []byte
	err = tx.QueryRow(`SELECT reason, statement FROM absence_reason WHERE pid = ? AND day = ? AND half = ?`, pid, h.Day, h.index()).Scan(&reason, &statement)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case reason == wanted:
		return true, nil
	}
	var id preau.ID
	copy(id[:], statement)
	err = a.journal.Append(tx, &preau.Statement{
		ID: preau.NewID(), Stream: preau.StreamAttendance, Actor: who, Verb: journal.VerbVoided, Object: id.String(), ObjectKind: "statement",
		Timestamp: tx.Now, Voids: id,
	})
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(`DELETE FROM absence_reason WHERE pid = ? AND day = ? AND half = ?`, pid, h.Day, h.index())
	return false, err
}

// Missed lists the half-days a pupil missed between two moments, with their
// reasons, the oldest first.
func (a *Attendance) Missed(ctx context.Context, pid string, from, to time.Time) ([]Justified, error) {
	halves, err := a.HalfDays(ctx, pid, from, to)
	if err != nil || len(halves) == 0 {
		return nil, err
	}
	reasons, err := a.reasons(ctx, pid, halves[0].half().Day, halves[len(halves)-1].half().Day)
	if err != nil {
		return nil, err
	}
	missed := make([]Justified, len(halves))
	for i, h := range halves {
		missed[i] = Justified{HalfDay: h}
		if r, ok := reasons[h.half()]; ok {
			missed[i].Reason, missed[i].By = r[0], r[1]
		}
	}
	return missed, nil
}

func (a *Attendance) reasons(ctx context.Context, pid, from, to string) (found map[Half][2]string, err error) {
	found = map[Half][2]string{}
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT day, half, reason, by FROM absence_reason WHERE pid = ? AND day BETWEEN ? AND ?`, pid, from, to)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var h Half
			var half int
			var r [2]string
			if err := rows.Scan(&h.Day, &half, &r[0], &r[1]); err != nil {
				return err
			}
			h.Afternoon = half == 1
			found[h] = r
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read reasons: %w", err)
	}
	return found, nil
}

// Alert is a pupil who missed too many half-days of a month without a reason
// that counts.
type Alert struct {
	Person   string
	HalfDays int
	Level    int // FirstAlert or SecondAlert
}

// Alerts lists those of pids over a threshold in the month that at falls in,
// the worst first among equals in the order given.
func (a *Attendance) Alerts(ctx context.Context, pids []string, at time.Time) (alerts []Alert, err error) {
	at = at.In(a.zone)
	from := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, a.zone)
	suspects, err := a.oftenAbsent(ctx, from, from.AddDate(0, 1, 0))
	if err != nil {
		return nil, err
	}
	for _, level := range []int{SecondAlert, FirstAlert} {
		for _, pid := range pids {
			if !suspects[pid] {
				continue
			}
			missed, err := a.Missed(ctx, pid, from, from.AddDate(0, 1, 0))
			if err != nil {
				return nil, err
			}
			n := 0
			for _, m := range missed {
				if !m.Legitimate() {
					n++
				}
			}
			if n >= SecondAlert && level == SecondAlert || n >= FirstAlert && n < SecondAlert && level == FirstAlert {
				alerts = append(alerts, Alert{pid, n, level})
			}
		}
	}
	return alerts, nil
}

// oftenAbsent narrows the search for alerts to those with enough absences.
func (a *Attendance) oftenAbsent(ctx context.Context, from, to time.Time) (found map[string]bool, err error) {
	found = map[string]bool{}
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT m.pid FROM register r JOIN register_mark m ON m.register = r.id
			WHERE r.starts >= ? AND r.starts < ? AND r.state = 'current' AND m.state = 'absent' GROUP BY m.pid HAVING count(*) >= ?`,
			from.UnixMilli(), to.UnixMilli(), FirstAlert)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var pid string
			if err := rows.Scan(&pid); err != nil {
				return err
			}
			found[pid] = true
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for alerts: %w", err)
	}
	return found, nil
}
