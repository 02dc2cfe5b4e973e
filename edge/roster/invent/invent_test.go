package invent_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the school's clocks

	"preau"
	"preau/edge/directory"
	"preau/edge/roster"
	"preau/edge/roster/invent"
	"preau/edge/roster/source"
	"preau/edge/timetable"
	"preau/internal/sqlite"
)

type fixed time.Time

func (f fixed) Now() time.Time        { return time.Time(f) }
func (fixed) State() preau.ClockState { return preau.ClockSynced }

type kit struct {
	dir *directory.Directory
	tt  *timetable.Timetable
	imp *roster.Importer
}

func open(t testing.TB) *kit {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	clock := fixed(time.Date(2026, 9, 3, 8, 0, 0, 0, zone))
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "preau.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	k := &kit{}
	if k.dir, err = directory.Open(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	if k.tt, err = timetable.Open(context.Background(), db, zone); err != nil {
		t.Fatal(err)
	}
	k.imp = roster.New(roster.Config{Directory: k.dir, School: directory.School{UAI: invent.UAI, Name: "Collège Inventé"}, Clock: clock, Zone: zone,
		Timetable: func(tx *sqlite.Tx, table *source.Timetable) (source.TimetableChange, error) {
			names, err := directory.Resolve(tx, table.Source)
			if err != nil {
				return source.TimetableChange{}, err
			}
			return k.tt.Take(tx, table, timetable.Names{Person: names.Person, Class: names.Class, Subject: names.Subject})
		}})
	return k
}

// format is a system's files of the school in September and at mid-year.
type format struct {
	before, after []source.Input
	staff         bool // it tells the staff
	adults        bool // it tells who answers for the pupils
	pupils        int
	e             invent.Expected
}

func formats() map[string]format {
	college, ecole := invent.College(1, whole), invent.Ecole(2, whole/5)
	small := invent.College(4, whole/4)
	laterS, es, cs := small.MidYear()
	later, ec, _ := college.MidYear()
	laterE, ee, _ := ecole.MidYear()
	siecle := func(s *invent.School) []source.Input { return append(s.SIECLE(), s.STS(), s.EDT()) }
	one := func(in source.Input) []source.Input { return []source.Input{in} }
	return map[string]format{
		"SIECLE and STS":      {siecle(college), siecle(later), true, true, whole, ec},
		"ONDE":                {ecole.ONDE(false), laterE.ONDE(false), true, true, max(whole/5, 30), ee},
		"ONDE of Base élèves": {ecole.ONDE(true), laterE.ONDE(true), true, true, max(whole/5, 30), ee},
		"OneRoster 1.1":       {one(small.OneRoster("1.1")), one(laterS.OneRoster("1.1")), true, true, max(whole/4, 30), es},
		"OneRoster 1.2":       {one(college.OneRoster("1.2")), one(later.OneRoster("1.2")), true, true, whole, ec},
		"OneRoster 1.1 delta": {one(small.OneRoster("1.1")), one(laterS.OneRosterDelta("1.1", cs)), true, true, max(whole/4, 30), es},
		"OneRoster 1.2 delta": {one(small.OneRoster("1.2")), one(laterS.OneRosterDelta("1.2", cs)), true, true, max(whole/4, 30), es},
		"AAF":                 {one(small.AAF()), one(laterS.AAF()), true, true, max(whole/4, 30), es},
		"AAF delta":           {one(small.AAF()), one(laterS.AAFDelta(cs)), true, true, max(whole/4, 30), es},
		"GAR":                 {one(small.GAR()), one(laterS.GAR()), true, false, max(whole/4, 30), es},
	}
}

func TestImport_MidYearGivesExactlyTheDifference(t *testing.T) {
	for name, f := range formats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, ctx := open(t), t.Context()
			begun := time.Now()
			first, err := k.imp.Apply(ctx, f.before, roster.Options{})
			if err != nil {
				t.Fatal(err, preau.RemedyOf(err))
			}
			t.Logf("first import of %d pupils: %v; %s", f.pupils, time.Since(begun).Round(time.Millisecond), first.Summary)
			if got := first.Counts[string(directory.Pupil)].Join; got != f.pupils {
				t.Fatalf("%d pupils joined", got)
			}
			if (first.Counts[string(directory.Teacher)].Join > 0) != f.staff || (first.Counts[string(directory.Guardian)].Join > 0) != f.adults {
				t.Fatalf("%+v", first.Counts)
			}
			begun = time.Now()
			again, err := k.imp.Apply(ctx, f.before, roster.Options{})
			if err != nil || !again.Empty {
				t.Fatalf("second import: %+v, %v", again, err)
			}
			t.Logf("second import: %v", time.Since(begun).Round(time.Millisecond))
			k.midYear(t, f)
		})
	}
}

// midYear imports the changes, looks at the difference, settles the double
// and imports again.
func (k *kit) midYear(t *testing.T, f format) {
	t.Helper()
	ctx := t.Context()
	dry, err := k.imp.Preview(ctx, f.after, roster.Options{})
	if err != nil {
		t.Fatal(err, preau.RemedyOf(err))
	}
	var joined, left []string
	var moved []invent.Move
	for _, c := range dry.People {
		switch {
		case c.Role == directory.Pupil && c.What == directory.Joined:
			joined = append(joined, c.Name)
		case c.Role == directory.Pupil && c.What == directory.Left:
			left = append(left, c.Name)
		case c.Role == directory.Pupil, c.Role != directory.Guardian:
			t.Errorf("unexpected: %+v", c)
		}
	}
	for _, m := range dry.Moves {
		moved = append(moved, invent.Move{Name: m.Name, From: m.From, To: m.To})
	}
	slices.Sort(joined)
	slices.Sort(left)
	slices.SortFunc(moved, func(a, b invent.Move) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	if !slices.Equal(joined, f.e.Join) || !slices.Equal(left, f.e.Leave) || !slices.Equal(moved, f.e.Move) {
		t.Fatalf("joined %v\nwant %v\nleft %v\nwant %v\nmoved %v\nwant %v", joined, f.e.Join, left, f.e.Leave, moved, f.e.Move)
	}
	if len(dry.Doubts) != 1 || dry.Doubts[0].Name != f.e.Double || len(dry.Doubts[0].Candidates) != 1 {
		t.Fatalf("doubts %+v, want %s", dry.Doubts, f.e.Double)
	}
	if adults := dry.Counts[string(directory.Guardian)]; f.adults && (adults.Join != f.e.AdultsJoin || adults.Leave != f.e.AdultsLeave) {
		t.Fatalf("adults %+v, want %d and %d", adults, f.e.AdultsJoin, f.e.AdultsLeave)
	}
	if _, err := k.imp.Apply(ctx, f.after, roster.Options{}); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("applied in doubt: %v", err)
	}
	settled := map[string]string{dry.Doubts[0].Key: dry.Doubts[0].Candidates[0].ID}
	done, err := k.imp.Apply(ctx, f.after, roster.Options{Settled: settled})
	if err != nil || len(done.Moves) != 3 || done.Counts[string(directory.Pupil)].Join != 12 || done.Counts[string(directory.Pupil)].Leave != 3 {
		t.Fatalf("%s, %+v, %v", done.Summary, done.Moves, err)
	}
	if again, err := k.imp.Apply(ctx, f.after, roster.Options{}); err != nil || !again.Empty {
		t.Fatalf("the same changes again: %s %+v, %v", again.Summary, again.Doubts, err)
	}
}

func TestImport_CalendarAfterThePeople(t *testing.T) {
	k, s := open(t), invent.College(1, whole)
	if _, err := k.imp.Apply(t.Context(), append(s.SIECLE(), s.STS()), roster.Options{}); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	first, err := k.imp.Apply(t.Context(), []source.Input{s.ICal()}, roster.Options{})
	if err != nil || first.Timetable == nil || first.Timetable.Added < 25*whole || first.Timetable.Unknown > 0 {
		t.Fatalf("%+v %+v, %v", first.Timetable, first.Notes, err)
	}
	t.Logf("calendar of %d lessons: %v", first.Timetable.Added, time.Since(begun).Round(time.Millisecond))
	if again, err := k.imp.Apply(t.Context(), []source.Input{s.ICal()}, roster.Options{}); err != nil || !again.Empty {
		t.Fatalf("%+v, %v", again.Timetable, err)
	}
}

// TestTimetable_OfFilesAndCalendarAgree compares a week of emp_sts with the
// same week of the calendar.
func TestTimetable_OfFilesAndCalendarAgree(t *testing.T) {
	s := invent.College(3, 30+whole/6)
	week := func(lessons source.Input) map[string]bool {
		k := open(t)
		if _, err := k.imp.Apply(t.Context(), append(s.SIECLE(), s.STS()), roster.Options{}); err != nil {
			t.Fatal(err)
		}
		if _, err := k.imp.Apply(t.Context(), []source.Input{lessons}, roster.Options{}); err != nil {
			t.Fatal(err)
		}
		got, err := k.tt.Agenda(t.Context(), time.Date(2026, 10, 26, 0, 0, 0, 0, time.UTC), 14, timetable.Filter{}) // after the change of the clocks
		if err != nil {
			t.Fatal(err)
		}
		said, names := map[string]bool{}, map[string]string{}
		for _, l := range got {
			if names[l.Class] == "" {
				c, err := k.dir.Class(t.Context(), l.Class)
				if err != nil {
					t.Fatal(err)
				}
				names[l.Class] = c.Name
			}
			said[fmt.Sprint(l.Start.Format("01-02 15:04"), " ", l.Subject, " ", names[l.Class], " ", l.Room)] = true
		}
		return said
	}
	files, calendar := week(s.EDT()), week(s.ICal())
	if len(files) < whole/2 || len(files) != len(calendar) {
		t.Fatalf("%d lessons of files, %d of the calendar", len(files), len(calendar))
	}
	for l := range files {
		if !calendar[l] {
			t.Fatalf("%s is not in the calendar", l)
		}
	}
}

func TestHostile_RefusedWithAWayOut(t *testing.T) {
	k := open(t)
	for name, in := range invent.Hostile() {
		if _, err := k.imp.Apply(t.Context(), []source.Input{in}, roster.Options{}); err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %v (%s)", name, err, preau.RemedyOf(err))
		}
	}
	if _, err := k.dir.School(t.Context()); preau.KindOf(err) != preau.NotFound {
		t.Errorf("a hostile file left traces: %v", err)
	}
}

func TestSame_SeedSameBytes(t *testing.T) {
	a, b := invent.College(5, 100), invent.College(5, 100)
	later, _, _ := a.MidYear()
	twice, _, _ := a.MidYear()
	for i, in := range a.SIECLE() {
		if !bytes.Equal(in.Data, b.SIECLE()[i].Data) {
			t.Errorf("%s differs", in.Name)
		}
	}
	if !bytes.Equal(later.AAF().Data, twice.AAF().Data) || bytes.Equal(a.AAF().Data, later.AAF().Data) {
		t.Error("mid-year is not the same twice, or nothing changed")
	}
	if bytes.Equal(a.AAF().Data, invent.College(6, 100).AAF().Data) {
		t.Error("two seeds, one school")
	}
}

func TestWrite_AFolderForEachFormat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := invent.Write(dir, 1, 40, 30); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"college/rentree/siecle/ExportElevesSansAdresses.zip", "college/mi-annee/aaf/aaf-complet.zip", "ecole/rentree/base-eleves/CSVExtraction.csv",
		"college/attendu.json", "college/delta/aaf-delta.zip", "hostile/giant.xml.zip"} {
		if info, err := os.Stat(filepath.Join(dir, f)); err != nil || info.Size() < 100 || info.Size() > 8<<20 {
			t.Errorf("%s: %v", f, err)
		}
	}
	if err := invent.Write(dir, 1, 40, 30); preau.RemedyOf(err) == "" {
		t.Errorf("%v: wrote over what was there", err)
	}
}
