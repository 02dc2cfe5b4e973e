package attendance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// record makes t the lesson's register. Of what it replaces, only the marks
// that changed are voided and said anew.
func (a *Attendance) record(tx *sqlite.Tx, t Taken, old *Taken, tell map[string]string) error {
	said := map[string]preau.ID{} // statements that still hold
	if old != nil {
		before, err := statementsOf(tx, old.ID)
		if err != nil {
			return err
		}
		if err := a.void(tx, t, old.ID); err != nil {
			return err
		}
		for _, pid := range slices.Sorted(maps.Keys(before)) {
			if t.Marks[pid] == old.Marks[pid] {
				said[pid] = before[pid]
			} else if err := a.void(tx, t, before[pid]); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`UPDATE register SET state = 'replaced' WHERE id = ?`, old.ID[:]); err != nil {
			return err
		}
	}
	if err := a.say(tx, t, said); err != nil {
		return err
	}
	if err := a.announce(tx, t, said, tell); err != nil {
		return err
	}
	return keep(tx, t, "current", said)
}

// say appends the facts of t that are not said yet, and notes them in said.
func (a *Attendance) say(tx *sqlite.Tx, t Taken, said map[string]preau.ID) error {
	context, err := json.Marshal(map[string]any{"group": t.Class, "register": t.ID, "offline": t.Offline})
	if err != nil {
		return fmt.Errorf("encode context: %w", err)
	}
	result, err := json.Marshal(t.Counts)
	if err != nil {
		return fmt.Errorf("encode counts: %w", err)
	}
	facts := []*preau.Statement{{
		ID: t.ID, Stream: preau.StreamAttendance, Actor: t.Teacher, Verb: journal.VerbRegisterClosed,
		Object: t.Lesson.String(), ObjectKind: "lesson", Result: result, Context: context, Timestamp: t.At,
	}}
	for _, pid := range slices.Sorted(maps.Keys(t.Marks)) {
		if _, ok := said[pid]; ok {
			continue
		}
		m := t.Marks[pid]
		st := &preau.Statement{
			ID: preau.NewID(), Stream: preau.StreamAttendance, Actor: pid, Verb: m.State.verb(),
			Object: t.Lesson.String(), ObjectKind: "lesson", Context: context, Timestamp: t.At,
		}
		if m.Minutes > 0 {
			st.Result = fmt.Appendf(nil, `{"duration":"PT%dM"}`, m.Minutes)
		}
		said[pid] = st.ID
		facts = append(facts, st)
	}
	return a.journal.Append(tx, facts...)
}

// void takes back one statement, in the name of whoever took t.
func (a *Attendance) void(tx *sqlite.Tx, t Taken, statement preau.ID) error {
	if err := a.unannounce(tx, statement, t.Teacher); err != nil {
		return err
	}
	return a.journal.Append(tx, &preau.Statement{
		ID: preau.NewID(), Stream: preau.StreamAttendance, Actor: t.Teacher, Verb: journal.VerbVoided,
		Object: statement.String(), ObjectKind: "statement", Timestamp: tx.Now, Voids: statement,
	})
}

func (a *Attendance) reopen(tx *sqlite.Tx, t Taken) error {
	before, err := statementsOf(tx, t.ID)
	if err != nil {
		return err
	}
	if err := a.void(tx, t, t.ID); err != nil {
		return err
	}
	for _, pid := range slices.Sorted(maps.Keys(before)) {
		if err := a.void(tx, t, before[pid]); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE register SET state = 'reopened' WHERE id = ?`, t.ID[:])
	return err
}

// promote makes a register that was kept aside the one that counts.
func (a *Attendance) promote(tx *sqlite.Tx, t Taken) error {
	said := map[string]preau.ID{}
	if err := a.say(tx, t, said); err != nil {
		return err
	}
	for _, pid := range slices.Sorted(maps.Keys(said)) {
		id := said[pid]
		if _, err := tx.Exec(`UPDATE register_mark SET statement = ? WHERE register = ? AND pid = ?`, id[:], t.ID[:], pid); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`UPDATE register SET state = 'current' WHERE id = ?`, t.ID[:])
	return err
}

// keep stores t and its marks. said names the statement of each mark; it is
// nil for a register that does not count.
func keep(tx *sqlite.Tx, t Taken, state string, said map[string]preau.ID) error {
	var replaces any
	if !t.Replaces.IsZero() {
		replaces = t.Replaces[:]
	}
	_, err := tx.Exec(`INSERT INTO register (id, lesson, class, teacher, starts, at, stored, expected, state, replaces) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		t.ID[:], t.Lesson[:], t.Class, t.Teacher, t.Start.UnixMilli(), t.At.UnixMilli(), tx.Now.UnixMilli(), t.Expected, state, replaces)
	if err != nil {
		return err
	}
	for _, pid := range slices.Sorted(maps.Keys(t.Marks)) {
		statement := []byte{}
		if id, ok := said[pid]; ok {
			statement = id[:]
		}
		if _, err := tx.Exec(`INSERT INTO register_mark (register, pid, state, minutes, statement) VALUES (?,?,?,?,?)`,
			t.ID[:], pid, string(t.Marks[pid].State), t.Marks[pid].Minutes, statement); err != nil {
			return err
		}
	}
	return nil
}

// statementsOf maps the pids of a register to their statements.
func statementsOf(tx *sqlite.Tx, register preau.ID) (map[string]preau.ID, error) {
	rows, err := tx.Query(`SELECT pid, statement FROM register_mark WHERE register = ?`, register[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]preau.ID{}
	for rows.Next() {
		var pid string
		var raw []byte
		if err := rows.Scan(&pid, &raw); err != nil {
			return nil, err
		}
		var id preau.ID
		copy(id[:], raw)
		found[pid] = id
	}
	return found, rows.Err()
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
