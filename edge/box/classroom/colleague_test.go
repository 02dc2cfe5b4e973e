package classroom

import (
	"path/filepath"
	"slices"
	"testing"

	"preau"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/internal/sqlite"
)

// TestColleague_IsWhoCouldEnter invites everybody of a school: who would not
// be let in as a teacher is refused, and so is who left.
func TestColleague_IsWhoCouldEnter(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	d, err := directory.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	r := demo.Roster(1)
	r.People = append(r.People, directory.RosterPerson{Key: "evs-1", Title: "M.", Given: "Hugo", Family: "Perrin", Roles: []directory.Role{directory.Supervisor}})
	if _, err := d.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	c := &Classroom{d: Deps{Directory: d}}
	first := map[directory.Role]directory.Person{}
	for role, want := range map[directory.Role]bool{directory.Teacher: true, directory.Principal: true, directory.Supervisor: false, directory.Pupil: false} {
		people, err := d.With(t.Context(), role)
		if err != nil || len(people) == 0 {
			t.Fatalf("nobody is %s: %v", role, err)
		}
		first[role] = people[0]
		if _, err := c.colleague(t.Context(), people[0].ID); (err == nil) != want || err != nil && preau.KindOf(err) != preau.Forbidden {
			t.Errorf("a %s is invited: %v", role, err)
		}
	}
	gone := first[directory.Teacher]
	r.Enrolments = slices.DeleteFunc(r.Enrolments, func(e directory.Enrolment) bool { return e.Role == directory.Teacher })
	r.People = slices.DeleteFunc(r.People, func(p directory.RosterPerson) bool { return p.Family == gone.Family && p.Given == gone.Given })
	if _, err := d.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, err := c.colleague(t.Context(), gone.ID); preau.KindOf(err) != preau.Forbidden {
		t.Errorf("a teacher who left is invited: %v", err)
	}
}
