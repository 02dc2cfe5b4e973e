package attendance

import (
	"context"
	"fmt"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Notice is what waits to be told to a responsible person.
type Notice struct {
	Person, Guardian string
	Lesson           preau.ID
	At               time.Time
	TakenBack        bool // the entry was corrected since
}

// Guardians tells whom to tell about a pupil, the first responsible person
// first. Set it before the first use; without it nobody is told.
func (a *Attendance) Guardians(of func(ctx context.Context, pid string) ([]string, error)) {
	a.guardians = of
}

// toTell finds whom to tell about the pupils of a register who were absent,
// before the writer is held.
func (a *Attendance) toTell(ctx context.Context, marks map[string]Mark) (map[string]string, error) {
	tell := map[string]string{}
	if a.guardians == nil {
		return tell, nil
	}
	for pid, m := range marks {
		if m.State != Absent {
			continue
		}
		all, err := a.guardians(ctx, pid)
		if err != nil {
			return nil, fmt.Errorf("find whom to tell: %w", err)
		}
		if len(all) > 0 {
			tell[pid] = all[0]
		}
	}
	return tell, nil
}

// announce queues a message about each absence just said; said maps pids to
// the statements of their marks.
func (a *Attendance) announce(tx *sqlite.Tx, t Taken, said map[string]preau.ID, tell map[string]string) error {
	for pid, guardian := range tell {
		absence, ok := said[pid]
		if !ok || t.Marks[pid].State != Absent {
			continue
		}
		var have int
		if err := tx.QueryRow(`SELECT count(*) FROM absence_notice WHERE statement = ?`, absence[:]).Scan(&have); err != nil {
			return err
		}
		if have > 0 {
			continue
		}
		// Whom it is for stays in the school's own table: what a statement is
		// about leaves as it is, and names nobody.
		st := &preau.Statement{
			ID: preau.NewID(), Stream: preau.StreamMessage, Actor: pid, Verb: journal.VerbQueued, Object: absence.String(), ObjectKind: "statement",
			Timestamp: tx.Now,
		}
		if err := a.journal.Append(tx, st); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO absence_notice (statement, message, pid, guardian, lesson, at) VALUES (?,?,?,?,?,?)`,
			absence[:], st.ID[:], pid, guardian, t.Lesson[:], tx.Now.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// unannounce takes a message back when the absence behind it was voided.
func (a *Attendance) unannounce(tx *sqlite.Tx, absence preau.ID, who string) error {
	var message []byte
	err := tx.QueryRow(`SELECT message FROM absence_notice WHERE statement = ? AND taken_back IS NULL`, absence[:]).Scan(&message)
	if err == errNoRow { //nolint:errorlint // Scan returns it bare
		return nil
	}
	if err != nil {
		return err
	}
	var id preau.ID
	copy(id[:], message)
	err = a.journal.Append(tx, &preau.Statement{
		ID: preau.NewID(), Stream: preau.StreamMessage, Actor: who, Verb: journal.VerbVoided, Object: id.String(), ObjectKind: "statement",
		Timestamp: tx.Now, Voids: id,
	})
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE absence_notice SET taken_back = ? WHERE statement = ?`, tx.Now.UnixMilli(), absence[:])
	return err
}

// Notices lists the messages queued on the day now falls in, those taken back
// too.
func (a *Attendance) Notices(ctx context.Context, now time.Time) (found []Notice, err error) {
	from, to := a.day(now)
	err = a.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT pid, guardian, lesson, at, taken_back IS NOT NULL FROM absence_notice WHERE at >= ? AND at < ? ORDER BY at, pid`,
			from.UnixMilli(), to.UnixMilli())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var n Notice
			var lesson []byte
			var at int64
			if err := rows.Scan(&n.Person, &n.Guardian, &lesson, &at, &n.TakenBack); err != nil {
				return err
			}
			copy(n.Lesson[:], lesson)
			n.At = moment(at)
			found = append(found, n)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return found, nil
}
