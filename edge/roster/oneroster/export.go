package oneroster

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"preau/edge/directory"
	"preau/internal/sheet"
)

// Export writes the school as OneRoster 1.2 CSV in an archive, whole. It
// names people by the box's own ids, which mean nothing elsewhere; it never
// writes a birth date, a sex or a national number: the list of demographics
// is absent and says so. No cell of it is a spreadsheet's command.
func Export(ctx context.Context, d *directory.Directory, now time.Time, w io.Writer) error {
	x := &writer{ctx: ctx, d: d, rows: map[string][][]string{}, enrolled: map[string]bool{}}
	var err error
	if x.school, err = d.School(ctx); err != nil {
		return err
	}
	if x.school.Year == 0 {
		x.school.Year = now.Year()
		if now.Month() < time.August {
			x.school.Year--
		}
	}
	for _, step := range []func() error{x.frame, x.classes, x.people} {
		if err := step(); err != nil {
			return fmt.Errorf("export OneRoster: %w", err)
		}
	}
	if err := x.write(w); err != nil {
		return fmt.Errorf("export OneRoster: %w", err)
	}
	return nil
}

// lists are those written, with their columns after sourcedId, status and
// dateLastModified.
var lists = []struct{ name, columns string }{
	{"academicSessions", "title,type,startDate,endDate,parentSourcedId,schoolYear"},
	{"orgs", "name,type,identifier,parentSourcedId"},
	{"courses", "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes"},
	{"classes", "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods"},
	{"users", "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns,metadata.title"},
	{"roles", "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId,metadata.role"},
	{"enrollments", "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"},
}

// unwritten are the lists of the standard that the archive does not hold.
var unwritten = []string{"demographics", "userProfiles", "categories", "classResources", "courseResources", "lineItems", "lineItemLearningObjectiveIds",
	"lineItemScoreScales", "resources", "results", "resultLearningObjectiveIds", "resultScoreScales", "scoreScales", "userResources"}

type writer struct {
	ctx      context.Context
	d        *directory.Directory
	school   directory.School
	rows     map[string][][]string
	enrolled map[string]bool
}

const (
	orgID  = "org"
	yearID = "year"
)

// add puts a row down; whole lists leave status and date empty.
func (x *writer) add(list, id string, cells ...string) {
	x.rows[list] = append(x.rows[list], append([]string{id, "", ""}, cells...))
}

func (x *writer) frame() error {
	y := x.school.Year
	x.add("academicSessions", yearID, fmt.Sprintf("%d-%d", y, y+1), "schoolYear", fmt.Sprintf("%d-08-31", y), fmt.Sprintf("%d-08-30", y+1), "", fmt.Sprint(y+1))
	x.add("orgs", orgID, x.school.Name, "school", string(x.school.UAI), "")
	subjects, err := x.d.Subjects(x.ctx)
	if err != nil {
		return err
	}
	for _, s := range subjects {
		x.add("courses", "course-"+s.Code, yearID, s.Name, s.Code, "", orgID, s.Name, s.Code)
	}
	return nil
}

func (x *writer) classes() error {
	for group, list := range map[bool]func(context.Context) ([]directory.Class, error){false: x.d.Classes, true: x.d.Groups} {
		found, err := list(x.ctx)
		if err != nil {
			return err
		}
		for _, c := range found {
			kind := "homeroom"
			if group {
				kind = "scheduled"
			}
			taught, err := x.d.Taught(x.ctx, c.ID)
			if err != nil {
				return err
			}
			course := ""
			if group && len(taught) > 0 { // a division has all of its courses
				course = "course-" + taught[0].Subject.Code
			}
			x.add("classes", c.ID, c.Name, "", course, c.Name, kind, "", orgID, yearID, "", "", "")
			for _, t := range taught {
				x.enrol(c.ID, t.Person, "teacher")
			}
		}
	}
	return nil
}

func (x *writer) enrol(class, person, role string) {
	if id := class + "-" + person; !x.enrolled[id] {
		x.enrolled[id] = true
		x.add("enrollments", id, class, orgID, person, role, "", "", "")
	}
}

// words are OneRoster's for our roles. It has fewer: ours goes with them.
var words = map[directory.Role]string{directory.Pupil: "student", directory.Guardian: "guardian", directory.Teacher: "teacher", directory.Librarian: "aide",
	directory.Principal: "principal", directory.Supervisor: "counselor", directory.Office: "aide", directory.Authority: "districtAdministrator"}

func (x *writer) people() error {
	seen := map[string]bool{}
	for _, role := range []directory.Role{directory.Principal, directory.Supervisor, directory.Librarian, directory.Teacher, directory.Office, directory.Authority, directory.Pupil} {
		found, err := x.d.With(x.ctx, role)
		if err != nil {
			return err
		}
		for _, p := range found {
			if seen[p.ID] || p.Is(directory.Technician) {
				continue
			}
			seen[p.ID] = true
			if err := x.person(p, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *writer) person(p directory.Person, seen map[string]bool) error {
	var agents []string
	if p.Is(directory.Pupil) {
		guardians, err := x.d.GuardiansOf(x.ctx, p.ID)
		if err != nil {
			return err
		}
		for _, g := range guardians {
			agents = append(agents, g.ID)
			if !seen[g.ID] {
				seen[g.ID] = true
				x.user(g.Person, g.Phone, nil)
			}
		}
	}
	x.user(p, "", agents)
	mine, err := x.d.ClassesOf(x.ctx, p.ID)
	if err != nil {
		return err
	}
	role := "teacher"
	if p.Is(directory.Pupil) {
		role = "student"
	}
	for _, c := range mine {
		x.enrol(c.ID, p.ID, role)
	}
	return nil
}

func (x *writer) user(p directory.Person, phone string, agents []string) {
	x.add("users", p.ID, "true", p.ID, "", p.Given, p.Family, "", "", "", phone, "", strings.Join(agents, ","), p.MEF, "", "", "", "", "", orgID, "", p.Title)
	for i, role := range p.Roles {
		if words[role] == "" {
			continue
		}
		rank := "secondary"
		if i == 0 {
			rank = "primary"
		}
		x.add("roles", p.ID+"-"+string(role), p.ID, rank, words[role], "", "", orgID, "", string(role))
	}
}

func (x *writer) write(w io.Writer) error {
	z := zip.NewWriter(w)
	put := func(name string, rows [][]string) error {
		f, err := z.Create(name + ".csv")
		if err != nil {
			return err
		}
		out := csv.NewWriter(f)
		out.UseCRLF = true
		for _, row := range rows {
			for i := range row {
				row[i] = sheet.Cell(row[i])
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	}
	manifest := [][]string{{"propertyName", "value"}, {"manifest.version", "1.0"}, {"oneroster.version", "1.2"}}
	for _, l := range lists {
		manifest = append(manifest, []string{"file." + l.name, "bulk"})
		header := strings.Split("sourcedId,status,dateLastModified,"+l.columns, ",")
		if err := put(l.name, append([][]string{header}, x.rows[l.name]...)); err != nil {
			return err
		}
	}
	for _, name := range unwritten {
		manifest = append(manifest, []string{"file." + name, "absent"})
	}
	manifest = append(manifest, []string{"source.systemName", "Préau"}, []string{"source.systemCode", "preau"})
	return cmp.Or(put("manifest", manifest), z.Close())
}
