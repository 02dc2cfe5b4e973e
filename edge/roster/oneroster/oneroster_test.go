package oneroster_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster/oneroster"
	"preau/edge/roster/source"
	"preau/internal/sqlite"
)

type fixed time.Time

func (f fixed) Now() time.Time        { return time.Time(f) }
func (fixed) State() preau.ClockState { return preau.ClockSynced }

var (
	now  = time.Date(2026, 9, 3, 8, 0, 0, 0, time.UTC)
	want = source.Want{UAI: "9999991F", School: "Essai", Year: 2026}
)

func open(t testing.TB) *directory.Directory {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), fixed(now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d, err := directory.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t testing.TB, files map[string]string) (directory.Roster, source.Extra, error) {
	t.Helper()
	var inputs []source.Input
	for name, text := range files {
		inputs = append(inputs, source.Input{Name: name, Data: []byte(text)})
	}
	opened, err := source.Open(inputs)
	if err != nil {
		return directory.Roster{}, source.Extra{}, err
	}
	for _, f := range opened {
		if !oneroster.Takes(f) {
			t.Fatalf("%s is not taken", f.Name)
		}
	}
	return oneroster.Read(opened, want)
}

// files are a school of one class, by list.
func files() map[string]string {
	return map[string]string{
		"manifest.csv":         "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,bulk\n",
		"orgs.csv":             "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\no1,,,Essai,school,9999991F,\no2,,,Autre,school,0750654D,\n",
		"academicSessions.csv": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\ny,,,2026,schoolYear,2026-09-01,2027-07-03,,2027\n",
		"courses.csv":          "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\nc1,,,y,Français,020700,,o1,,020700\n",
		"classes.csv":          "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId\nk1,,,6A,6EME,,6A,homeroom,,o1\nk2,,,6A FR,,c1,6AFR,scheduled,,o1\nk3,,,X,,,X,homeroom,,o2\n",
		"users.csv": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,sms,agentSourcedIds,grades,password,primaryOrgSourcedId\n" +
			"p1,,,true,lou,{INE:123456789FF},Lou,EXEMPLE,,\"g1,g2\",10010012110,secret,o1\ng1,,,true,,,Ada,EXEMPLE,+33600000001,,,,o1\ng2,,,true,,,Max,EXEMPLE,,,,,o1\n" +
			"t1,,,true,,,Claire,GARNIER,,,,,o1\np9,,,true,,,Autre,PART,,,,,o2\nd1,,,true,,,Doc,LIVRE,,,,,o1\n",
		"roles.csv": "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId,metadata.role\n" +
			"r1,,,p1,primary,student,,,o1,,\nr2,,,g1,primary,parent,,,o1,,\nr3,,,g2,primary,guardian,,,o1,,\nr4,,,t1,primary,teacher,,,o1,,\nr5,,,p9,primary,student,,,o2,,\nr6,,,d1,primary,aide,,,o1,,National_doc\nr7,,,t1,secondary,systemAdministrator,,,o1,,preau_tech\n",
		"enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n" +
			"e1,,,k1,o1,p1,student,,,\ne2,,,k2,o1,t1,teacher,,,\ne3,,,k3,o2,p9,student,,,\n",
		"demographics.csv": "sourcedId,status,dateLastModified,birthDate,sex\np1,,,2015-03-14,female\n",
	}
}

func TestRead_TakesThisSchoolOnly(t *testing.T) {
	r, extra, err := read(t, files())
	if err != nil {
		t.Fatal(err, preau.RemedyOf(err))
	}
	by := map[string]directory.RosterPerson{}
	for _, p := range r.People {
		by[p.Key] = p
	}
	if len(by) != 5 || by["p1"].MEF != "10010012110" || by["p1"].INE+by["p1"].Birth != "" || by["g1"].Phone != "+33600000001" || by["d1"].Roles[0] != directory.Librarian {
		t.Fatalf("%+v", by)
	}
	for _, role := range by["t1"].Roles {
		if role == directory.Technician {
			t.Fatal("a file made a technician")
		}
	}
	if len(r.Classes) != 2 || r.Classes[0].Level == "" || !r.Classes[1].Group || len(r.Enrolments) != 2 || len(r.Services) != 1 || r.Services[0].Subject != "020700" {
		t.Fatalf("%+v %+v %+v", r.Classes, r.Enrolments, r.Services)
	}
	if len(r.Relations) != 2 || r.Relations[0].Legal != 1 || r.Relations[1].Legal != 2 {
		t.Fatalf("%+v", r.Relations)
	}
	codes := map[string]int{}
	for _, n := range extra.Notes {
		codes[n.Code] = n.Count
	}
	if codes["elsewhere"] != 1 || codes["unused"] != 1 {
		t.Fatalf("%v", codes)
	}
}

func TestRead_Refuses(t *testing.T) {
	for name, change := range map[string]func(f map[string]string){
		"another school": func(f map[string]string) { f["orgs.csv"] = strings.ReplaceAll(f["orgs.csv"], "9999991F", "0382032C") },
		"no school":      func(f map[string]string) { delete(f, "orgs.csv") },
		"another year": func(f map[string]string) {
			f["academicSessions.csv"] = strings.ReplaceAll(f["academicSessions.csv"], "2026-09-01", "2025-09-01")
		},
		"another version": func(f map[string]string) { f["manifest.csv"] = strings.ReplaceAll(f["manifest.csv"], "1.2", "2.0") },
		"no roles":        func(f map[string]string) { delete(f, "roles.csv") },
		"no classes":      func(f map[string]string) { delete(f, "classes.csv") },
		"no people":       func(f map[string]string) { delete(f, "users.csv") },
		"twice":           func(f map[string]string) { f["users2.csv"] = f["users.csv"] },
		"no id":           func(f map[string]string) { f["users.csv"] += ",,,true,,,Sans,NUMERO,,,,,o1\n" },
		"id twice":        func(f map[string]string) { f["users.csv"] += "p1,,,true,,,Lou,EXEMPLE,,,,,o1\n" },
	} {
		f := files()
		change(f)
		if _, _, err := read(t, f); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestExport_ComesBackWithoutAChange writes a school with every role and a
// name that a spreadsheet would run, and reads it into an empty box.
func TestExport_ComesBackWithoutAChange(t *testing.T) {
	from := open(t)
	r, _, err := read(t, files())
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.People {
		if r.People[i].Key == "p1" {
			r.People[i].Given, r.People[i].Birth, r.People[i].INE = "=cmd|'/C calc'!A0", "2015-03-14", "123456789FF"
		}
	}
	r.School.Year = 2026
	if _, err := from.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	archive := func(d *directory.Directory) string {
		var out bytes.Buffer
		if err := oneroster.Export(t.Context(), d, now, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	first := archive(from)
	opened, err := source.Open([]source.Input{{Name: "x.zip", Data: []byte(first)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range opened {
		if f.Has("birthdate") {
			t.Errorf("%s holds demographics", f.Name)
		}
		if !f.Has("sourcedid", "givenname") {
			continue
		}
		text, _ := f.Text()
		var all bytes.Buffer
		_, _ = all.ReadFrom(text)
		text.Close()
		if strings.Contains(all.String(), "123456789FF") || strings.Contains(all.String(), "2015-03-14") || !strings.Contains(all.String(), `'=cmd`) {
			t.Errorf("%s", all.String())
		}
	}
	back, _, err := oneroster.Read(opened, want)
	if err != nil {
		t.Fatal(err, preau.RemedyOf(err))
	}
	to := open(t)
	diff, err := to.Apply(t.Context(), back)
	if err != nil || diff.Count(directory.Joined) != 5 || diff.Count(directory.Joined, directory.Librarian) != 1 {
		t.Fatalf("%+v, %v", diff, err)
	}
	if diff, err = to.Apply(t.Context(), back); err != nil || !diff.Empty() {
		t.Fatalf("%+v, %v", diff, err)
	}
	if pupils, _ := to.With(t.Context(), directory.Pupil); len(pupils) != 1 || pupils[0].Given != "=cmd|'/C calc'!A0" || pupils[0].MEF != "10010012110" {
		t.Fatalf("%+v", pupils)
	} else if g, _ := to.GuardiansOf(t.Context(), pupils[0].ID); len(g) != 2 || g[0].Legal != 1 || g[0].Phone == "" {
		t.Fatalf("%+v", g)
	}
}

func FuzzRead(f *testing.F) {
	for name, text := range files() {
		if name == "users.csv" || name == "classes.csv" {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		all := files()
		all["users.csv"] = text
		var inputs []source.Input
		for name, text := range all {
			inputs = append(inputs, source.Input{Name: name, Data: []byte(text)})
		}
		opened, err := source.Open(inputs)
		if err == nil {
			_, _, err = oneroster.Read(opened, want)
		}
		if err != nil && preau.RemedyOf(err) == "" {
			t.Fatal(err)
		}
	})
}
