package invent

import (
	"fmt"
	"strings"

	"preau/edge/roster/source"
)

const stamp = "2026-09-02T08:00:00.000Z"

// OneRoster is the school as OneRoster CSV in version "1.1" or "1.2".
func (s *School) OneRoster(version string) source.Input {
	return s.oneRoster(version, "bulk", nil)
}

// OneRosterDelta is what changed at mid-year: s is the school then.
func (s *School) OneRosterDelta(version string, c Changes) source.Input {
	return s.oneRoster(version, "delta", &c)
}

func (s *School) oneRoster(version, mode string, c *Changes) source.Input {
	lists := map[string][][]string{"orgs": s.orOrgs(), "academicSessions": s.orSessions(), "courses": s.orCourses(), "classes": s.orClasses(),
		"users": s.orUsers(version, c), "enrollments": s.orEnrollments(c)}
	if version == "1.2" {
		lists["roles"] = s.orRoles(c)
	}
	manifest := [][]string{{"propertyName", "value"}, {"manifest.version", "1.0"}, {"oneroster.version", version}}
	var files []source.Input
	for _, name := range []string{"academicSessions", "orgs", "courses", "classes", "users", "roles", "enrollments", "demographics"} {
		if lists[name] == nil {
			manifest = append(manifest, []string{"file." + name, "absent"})
			continue
		}
		manifest = append(manifest, []string{"file." + name, mode})
		rows := lists[name]
		for i := range rows[1:] { // status and date of last change come second
			status, date := "", ""
			if c != nil {
				status, date = "active", stamp
				if rows[i+1][0] == "-" {
					status = "tobedeleted"
					rows[i+1] = rows[i+1][1:]
				}
			}
			rows[i+1] = append([]string{rows[i+1][0], status, date}, rows[i+1][1:]...)
		}
		rows[0] = append([]string{"sourcedId", "status", "dateLastModified"}, rows[0]...)
		files = append(files, source.Input{Name: name + ".csv", Data: []byte(table(',', rows))})
	}
	manifest = append(manifest, []string{"source.systemName", "Préau invent"})
	files = append(files, source.Input{Name: "manifest.csv", Data: []byte(table(',', manifest))})
	return Zip("oneroster-"+version+".zip", files...)
}

func (s *School) orOrgs() [][]string {
	return [][]string{strings.Split("name,type,identifier,parentSourcedId", ","), {"org1", s.Name, "school", string(UAI), ""}}
}

func (s *School) orSessions() [][]string {
	return [][]string{strings.Split("title,type,startDate,endDate,parentSourcedId,schoolYear", ","),
		{"year1", "2026-2027", "schoolYear", "2026-09-01", "2027-07-03", "", fmt.Sprint(s.Year + 1)}}
}

func (s *School) orCourses() [][]string {
	rows := [][]string{strings.Split("schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes", ",")}
	for _, m := range s.Subjects {
		rows = append(rows, []string{"course-" + m.Code, "year1", m.Name, m.Code, "", "org1", m.Name, m.Code})
	}
	return rows
}

func (s *School) orClasses() [][]string {
	rows := [][]string{strings.Split("title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods", ",")}
	for _, c := range s.Classes {
		rows = append(rows, []string{"class-" + c.Code, c.Code, c.LevelName, "", c.Code, "homeroom", "", "org1", "year1", "", "", ""})
	}
	for _, g := range s.Groups {
		rows = append(rows, []string{"class-" + g.Code, g.Name, "", "course-" + g.Subject, g.Code, "scheduled", "", "org1", "year1", "", "", ""})
	}
	return rows
}

// chosen are the pupils and adults that a delta tells, or all.
func (s *School) chosen(c *Changes) (pupils []Pupil, adults []Adult) {
	if c != nil {
		for _, i := range append(append([]int(nil), c.Joined...), c.Double) {
			pupils = append(pupils, s.Pupils[i])
		}
		for _, a := range c.AdultsJoined {
			adults = append(adults, s.Adults[a])
		}
		return pupils, adults
	}
	used := map[int]bool{}
	for _, p := range s.Pupils {
		for _, a := range p.Adults {
			used[a] = true
		}
	}
	for i, a := range s.Adults {
		if used[i] {
			adults = append(adults, a)
		}
	}
	return s.Pupils, adults
}

func (s *School) orUsers(version string, c *Changes) [][]string {
	header := "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns"
	if version == "1.1" {
		header = "enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
	}
	rows := [][]string{strings.Split(header, ",")}
	add := func(id, role, given, family, sms, agents, grades string) {
		if version == "1.1" {
			rows = append(rows, []string{id, "true", "org1", role, id, "", given, family, "", "", "", sms, "", agents, grades, ""})
		} else {
			rows = append(rows, []string{id, "true", id, "", given, family, "", "", "", sms, "", agents, grades, "", "", "", "", "", "org1", ""})
		}
	}
	pupils, adults := s.chosen(c)
	for _, p := range pupils {
		var agents []string
		for _, a := range p.Adults {
			agents = append(agents, fmt.Sprint("adult-", s.Adults[a].ID))
		}
		add(fmt.Sprint("pupil-", p.ID), "student", p.Given, upper(p.Family), "", strings.Join(agents, ","), s.class(p.Class).MEF)
	}
	for _, a := range adults {
		add(fmt.Sprint("adult-", a.ID), "guardian", a.Given, upper(a.Family), a.Phone, "", "")
	}
	if c == nil {
		for _, t := range s.Staff {
			add(fmt.Sprint("staff-", t.ID), orRole(t.Function), t.Given, upper(t.Family), "", "", "")
		}
		return rows
	}
	for _, id := range s.gone(c) {
		rows = append(rows, append([]string{"-", id}, make([]string, len(rows[0]))...))
	}
	return rows
}

// gone names who a delta takes back.
func (s *School) gone(c *Changes) (ids []string) {
	for _, p := range append(append([]Pupil(nil), c.Left...), c.Old) {
		ids = append(ids, fmt.Sprint("pupil-", p.ID))
	}
	for _, a := range c.AdultsLeft {
		ids = append(ids, fmt.Sprint("adult-", s.Adults[a].ID))
	}
	return ids
}

func orRole(function string) string {
	return map[string]string{"ENS": "teacher", "DIR": "principal", "EDU": "counselor"}[function] + map[string]string{"DOC": "aide"}[function]
}

func (s *School) orRoles(c *Changes) [][]string {
	rows := [][]string{strings.Split("userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId", ",")}
	add := func(user, role string) {
		rows = append(rows, []string{"role-" + user, user, "primary", role, "", "", "org1", ""})
	}
	pupils, adults := s.chosen(c)
	for _, p := range pupils {
		add(fmt.Sprint("pupil-", p.ID), "student")
	}
	for _, a := range adults {
		add(fmt.Sprint("adult-", a.ID), "guardian")
	}
	if c == nil {
		for _, t := range s.Staff {
			add(fmt.Sprint("staff-", t.ID), orRole(t.Function))
		}
	}
	return rows
}

func (s *School) orEnrollments(c *Changes) [][]string {
	rows := [][]string{strings.Split("classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate", ",")}
	add := func(gone bool, class, user, role string) {
		row := []string{"enr-" + class + "-" + user, "class-" + class, "org1", user, role, "", "", ""}
		if gone {
			row = append([]string{"-"}, row...)
		}
		rows = append(rows, row)
	}
	pupil := func(p Pupil, gone bool) {
		for _, class := range append([]string{p.Class}, p.Groups...) {
			add(gone, class, fmt.Sprint("pupil-", p.ID), "student")
		}
	}
	pupils, _ := s.chosen(c)
	for _, p := range pupils {
		pupil(p, false)
	}
	if c != nil {
		for i, at := range c.Moved {
			pupil(c.Before[i], true)
			pupil(s.Pupils[at], false)
		}
		return rows
	}
	for _, g := range s.Groups {
		add(false, g.Code, fmt.Sprint("staff-", s.Staff[g.Teacher].ID), "teacher")
	}
	for _, t := range s.Staff {
		if t.Main != "" {
			add(false, t.Main, fmt.Sprint("staff-", t.ID), "teacher")
		}
	}
	return rows
}
