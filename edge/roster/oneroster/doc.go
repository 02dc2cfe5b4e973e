// Package oneroster reads and writes OneRoster CSV (1EdTech), versions 1.1 and
// 1.2: loose files or their archive, whole (bulk) or changes only (delta). It
// promises that an archive of several schools gives this school only, and that
// what it writes it reads back without a change.
//
// It refuses files for another school or year, changes mixed with a whole
// list, and to keep what the box has no use for: passwords, user names,
// demographics, mails and pronouns are not read, and never written. It makes
// nobody a technician: that is not for a file to say.
package oneroster

import (
	"fmt"
	"slices"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// Source names what comes by OneRoster.
const Source = "oneroster"

const maxRows = 60_000

// kinds are the files read, by columns that only they have.
var kinds = []struct {
	name    string
	columns []string
}{
	{"manifest", []string{"propertyname", "value"}},
	{"roles", []string{"usersourcedid", "roletype", "role"}},
	{"enrollments", []string{"classsourcedid", "usersourcedid", "role"}},
	{"classes", []string{"sourcedid", "title", "classtype"}},
	{"courses", []string{"sourcedid", "title", "coursecode"}},
	{"academicSessions", []string{"sourcedid", "startdate", "enddate", "schoolyear"}},
	{"users", []string{"sourcedid", "givenname", "familyname"}},
	{"orgs", []string{"sourcedid", "name", "type", "identifier"}},
}

func kind(f *source.File) string {
	for _, k := range kinds {
		if f.Has(k.columns...) {
			return k.name
		}
	}
	return ""
}

// Takes reports whether the file is one of OneRoster's, used here or not.
func Takes(f *source.File) bool {
	return f.Kind == source.CSV && (f.Has("sourcedid") || f.Has("propertyname", "value"))
}

// Read makes one roster of all files given.
func Read(files []*source.File, want source.Want) (directory.Roster, source.Extra, error) {
	e := &export{want: want, by: map[string]*source.File{}, mode: map[string]string{}, courses: map[string]course{}, classes: map[string]class{}, users: map[string]*user{}}
	for _, f := range files {
		k := kind(f)
		if k == "" {
			e.unused++
			continue
		}
		if other := e.by[k]; other != nil {
			return directory.Roster{}, e.extra, source.Refuse(fmt.Sprintf("%.80q and %.80q are the same list (%s)", other.Name, f.Name, k), "Give each list once.", nil)
		}
		e.by[k] = f
	}
	for _, step := range []struct {
		kind string
		row  func(source.Row) error
	}{{"manifest", e.property}, {"orgs", e.org}, {"academicSessions", e.session}, {"courses", e.course}, {"classes", e.class}, {"users", e.user}, {"roles", e.role}, {"enrollments", e.enrollment}} {
		if f := e.by[step.kind]; f != nil {
			if err := f.Rows(step.row); err != nil {
				return directory.Roster{}, e.extra, err
			}
		}
		if step.kind == "orgs" {
			if err := e.checkSchool(); err != nil {
				return directory.Roster{}, e.extra, err
			}
		}
	}
	r, err := e.roster()
	return r, e.extra, err
}

// export gathers what the files say.
type export struct {
	want    source.Want
	by      map[string]*source.File
	mode    map[string]string // of the manifest, by file: bulk, delta, absent
	version string
	school  string // the sourcedId of this school
	orgs    int
	year    bool
	courses map[string]course
	classes map[string]class
	users   map[string]*user
	links   []link
	unused  int
	rows    int
	extra   source.Extra
}

type course struct{ code, title string }

type class struct {
	key, name, level, course string
	group                    bool
	gone                     bool
}

type link struct {
	class, user string
	role        directory.Role
	gone        bool
}

// delta reports that the files tell changes only.
func (e *export) delta() bool {
	return slices.ContainsFunc([]string{"users", "enrollments", "classes", "roles"}, func(k string) bool { return e.by[k] != nil && e.mode[k] == "delta" })
}

func (e *export) property(row source.Row) error {
	name, value := row.Get("propertyname"), strings.ToLower(row.Get("value"))
	if file, ok := strings.CutPrefix(name, "file."); ok {
		if value != "bulk" && value != "delta" && value != "absent" {
			return source.Refuse(fmt.Sprintf("the manifest says %.20q of its list %.40q", value, file), "Export it as bulk or delta.", nil)
		}
		e.mode[file] = value
	}
	if name == "oneroster.version" {
		if e.version = value; value != "1.1" && value != "1.2" {
			return source.Refuse(fmt.Sprintf("the files are of OneRoster %.20s", value), "Export them as OneRoster 1.1 or 1.2.", nil)
		}
	}
	return nil
}

func (e *export) count() error {
	if e.rows++; e.rows > 4*maxRows {
		return source.Refuse("the files hold more records than any school's", "Export one school.", nil)
	}
	return nil
}

// checkSchool refuses the files of other schools.
func (e *export) checkSchool() error {
	switch {
	case e.by["users"] == nil && e.by["enrollments"] == nil && e.by["classes"] == nil:
		return source.Refuse("the OneRoster files hold no people and no classes", "Give users, classes and enrollments, or their archive.", nil)
	case e.school == "" && e.orgs > 0:
		return source.Refuse(fmt.Sprintf("none of the %d schools of the files is %s", e.orgs, e.want.UAI), "Export "+string(e.want.UAI)+"; its UAI is the identifier of its org.", nil)
	case e.school == "" && !e.delta():
		return source.Refuse("the OneRoster files do not say for which school they are", "Give orgs.csv with them.", nil)
	}
	return nil
}
