package oneroster

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"preau/edge/directory"
	"preau/edge/roster/source"
	"preau/internal/sheet"
)

type user struct {
	id, given, family, title string
	phone, mef               string
	roles                    []directory.Role
	agents                   []string // who answers for this user, in order
	elsewhere                bool     // has roles, all of them in other schools
	gone                     bool
}

// gone tells a record that the source takes back.
func gone(row source.Row) bool { return strings.EqualFold(row.Get("status"), "tobedeleted") }

func (e *export) org(row source.Row) error {
	id := row.Get("sourcedid")
	if strings.EqualFold(row.Get("type"), "school") {
		e.orgs++
	}
	for _, name := range []string{row.Get("identifier"), id} {
		if strings.EqualFold(name, string(e.want.UAI)) || strings.EqualFold("0"+name, string(e.want.UAI)) { // a spreadsheet drops the zero
			e.school = id
			break
		}
	}
	return e.count()
}

// session checks the year: OneRoster calls a school year by its last.
func (e *export) session(row source.Row) error {
	if !strings.EqualFold(row.Get("type"), "schoolYear") || gone(row) {
		return nil
	}
	year, _ := strconv.Atoi(row.Get("schoolyear"))
	year--
	if start, err := time.Parse(time.DateOnly, source.Date(row.Get("startdate"))); err == nil {
		year = start.Year()
		if start.Month() < time.July {
			year--
		}
	}
	if year == e.want.Year {
		e.year = true
		return nil
	}
	if e.year {
		return nil
	}
	return e.want.CheckYear(fmt.Sprint(year))
}

func (e *export) course(row source.Row) error {
	code := cmp.Or(first(row.Get("subjectcodes")), row.Get("coursecode"))
	e.courses[row.Get("sourcedid")] = course{code: source.Clean(code), title: source.Clean(cmp.Or(row.Get("title"), code))}
	return e.count()
}

// first is the first of a cell's list.
func first(list string) string {
	one, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(one)
}

func (e *export) class(row source.Row) error {
	if e.school != "" && row.Get("schoolsourcedid") != e.school {
		return nil
	}
	c := class{key: row.Get("sourcedid"), name: name(cmp.Or(row.Get("title"), row.Get("classcode"))), course: row.Get("coursesourcedid"),
		group: !strings.EqualFold(row.Get("classtype"), "homeroom"), gone: gone(row)}
	if c.key == "" {
		return source.Refuse(fmt.Sprintf("line %d of the classes has no sourcedId", row.Line), "Correct it in the source and export again.", nil)
	}
	for g := range strings.SplitSeq(row.Get("grades"), ",") {
		c.level = cmp.Or(c.level, source.Level(g))
	}
	if c.level == "" && !c.group {
		c.level = cmp.Or(source.Level(c.name), source.LevelOfDivision(c.name))
	}
	e.classes[c.key] = c
	return e.count()
}

// name takes back the apostrophe that an export put before what a spreadsheet
// would run.
func name(cell string) string {
	cell = source.Clean(cell)
	if rest, ok := strings.CutPrefix(cell, "'"); ok && sheet.Cell(rest) == cell {
		return rest
	}
	return cell
}

var mefCode = regexp.MustCompile(`^\d{8,11}$`)

func (e *export) user(row source.Row) error {
	u := &user{id: row.Get("sourcedid"), given: name(row.Get("preferredgivenname")), family: name(row.Get("familyname")),
		title: source.Clean(row.Get("metadatatitle")), phone: source.Clean(row.Get("sms")), gone: gone(row)}
	u.given = cmp.Or(u.given, name(row.Get("givenname")), "–")
	u.family = cmp.Or(name(row.Get("preferredfamilyname")), u.family)
	u.phone = cmp.Or(u.phone, source.Clean(row.Get("phone")))
	if u.id == "" || e.users[u.id] != nil {
		return source.Refuse(fmt.Sprintf("line %d of the users has no sourcedId, or one that came before", row.Line), "Correct it in the source and export again.", nil)
	}
	for g := range strings.SplitSeq(row.Get("grades"), ",") {
		if g = strings.TrimSpace(g); mefCode.MatchString(g) {
			u.mef = cmp.Or(u.mef, g)
		}
	}
	for a := range strings.SplitSeq(row.Get("agentsourcedids"), ",") {
		if a = strings.TrimSpace(a); a != "" && len(u.agents) < 20 {
			u.agents = append(u.agents, a)
		}
	}
	if role := row.Get("role"); role != "" { // 1.1
		orgs := strings.Split(row.Get("orgsourcedids"), ",")
		if e.school != "" && row.Get("orgsourcedids") != "" && !slices.ContainsFunc(orgs, func(o string) bool { return strings.TrimSpace(o) == e.school }) {
			u.elsewhere = true
		} else {
			u.roles = append(u.roles, roleOf(role, row.Get("metadatarole")))
		}
	}
	e.users[u.id] = u
	return e.count()
}

func (e *export) role(row source.Row) error {
	u := e.users[row.Get("usersourcedid")]
	if u == nil || gone(row) {
		return e.count()
	}
	if org := row.Get("orgsourcedid"); e.school != "" && org != "" && org != e.school {
		u.elsewhere = len(u.roles) == 0
		return e.count()
	}
	if until := source.Date(row.Get("enddate")); until != "" && until < fmt.Sprintf("%d-08-15", e.want.Year) {
		return e.count() // of an earlier year
	}
	r := roleOf(row.Get("role"), row.Get("metadatarole"))
	u.elsewhere = false
	if !slices.Contains(u.roles, r) {
		u.roles = append(u.roles, r)
		if strings.EqualFold(row.Get("roletype"), "primary") {
			slices.Reverse(u.roles)
		}
	}
	return e.count()
}

// roleOf takes our own code where the file has one, which tells apart staff
// that OneRoster has one word for.
func roleOf(role, code string) directory.Role {
	plain := map[string]directory.Role{"student": directory.Pupil, "teacher": directory.Teacher, "principal": directory.Principal, "counselor": directory.Supervisor,
		"proctor": directory.Supervisor, "guardian": directory.Guardian, "parent": directory.Guardian, "relative": directory.Guardian,
		"districtadministrator": directory.Authority, "administrator": directory.Principal}[strings.ToLower(role)]
	switch own := directory.Role(code); own {
	case directory.Librarian, directory.Supervisor, directory.Office, directory.Authority:
		if plain == "" || plain == directory.Supervisor || plain == directory.Authority {
			return own
		}
	}
	return cmp.Or(plain, directory.Office)
}

func (e *export) enrollment(row source.Row) error {
	l := link{class: row.Get("classsourcedid"), user: row.Get("usersourcedid"), gone: gone(row)}
	if e.school != "" && row.Get("schoolsourcedid") != "" && row.Get("schoolsourcedid") != e.school {
		return e.count()
	}
	switch strings.ToLower(row.Get("role")) {
	case "student":
		l.role = directory.Pupil
	case "teacher":
		l.role = directory.Teacher
	default:
		return e.count()
	}
	if len(e.links) >= maxRows {
		return source.Refuse("the files hold more enrolments than any school", "Export one school.", nil)
	}
	e.links = append(e.links, l)
	return e.count()
}
