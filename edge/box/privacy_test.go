package box

import (
	"slices"
	"strings"
	"testing"

	"preau/internal/sqlite"
)

// keepers says, for each table with a column that names a person, who answers
// for it when somebody reads, erases or outlives their data. A table that is
// not here fails the test: decide before keeping anything of people.
var keepers = map[string]string{
	"person": "directory", "person_role": "directory", "person_civil": "directory", "person_key": "directory", "enrolment": "directory",
	"relation": "directory", "service": "directory",
	"register": "attendance (who took it: staff)", "register_mark": "attendance", "absence_reason": "attendance", "absence_notice": "attendance",
	"progress": "progress", "answer": "progress", "watched": "progress", "worked": "progress",
	"plan": "plans", "registration": "plans", "validation": "plans", "rating": "plans",
	"case_file": "cases", "case_step": "cases",
	"credential": "sessions", "session": "sessions", "known_device": "sessions", "badge": "sessions", "passkey": "passkeys",
	"cmi5_assignment": "courses", "cmi5_registration": "courses",
	"asked": "questions", "asked_answer": "questions",
	"lrs_document": "documents", "lrs_key": "documents (grants end in hours)", "lrs_erasing": "statements (whose papers to delete, until they are)", "journal_forget": "statements (whom to forget, until nothing of theirs is left)",
	"ink_stroke": "annotations",
	"live_room":  "as long as the class is open", "slot": "timetable (staff)", "slot_teacher": "timetable (staff)", "lesson": "timetable (staff)",
	"event": "timetable (staff)", "change": "timetable (staff)", "booking": "timetable (staff)", "logbook": "timetable (staff)",
}

// personal are the names that columns naming a person have here.
var personal = []string{"pid", "person", "guardian", "child", "teacher", "teachers", "tutor", "owner", "by", "subject_person", "actor"}

// TestPrivacy_EveryTableThatNamesPeopleHasAKeeper reads the schema of a box as
// it opens.
func TestPrivacy_EveryTableThatNamesPeopleHasAKeeper(t *testing.T) {
	b, err := Open(t.Context(), Options{Data: t.TempDir(), Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	found := map[string]string{}
	err = b.db.Read(t.Context(), func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var table, column string
			if err := rows.Scan(&table, &column); err != nil {
				return err
			}
			if slices.Contains(personal, strings.ToLower(column)) {
				found[table] = column
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 15 {
		t.Fatalf("only %d tables name people: the search is broken", len(found))
	}
	for table, column := range found {
		if keepers[table] == "" {
			t.Errorf("table %s names people (%s), and nobody answers for it", table, column)
		}
	}
	for _, part := range b.privacy.Parts {
		if part.Purge == nil && part.Erase == nil && part.Read == nil {
			t.Errorf("part %s does nothing", part.Name)
		}
	}
}
