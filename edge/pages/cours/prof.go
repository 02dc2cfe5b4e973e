package cours

import (
	"net/http"

	"preau"
	"preau/edge/access"
	"preau/edge/cmi5/launch"
	"preau/edge/directory"
	"preau/edge/pages/visitor"
	"preau/edge/web"
)

type shelfLine struct {
	ID, Title string
	Units     int
	Given     []string
}

// shelf lists the courses of the box.
func (c *room) shelf(w http.ResponseWriter, r *http.Request) error {
	all, err := c.Courses.List(r.Context())
	if err != nil {
		return err
	}
	var lines []shelfLine
	for _, e := range all {
		l := shelfLine{ID: e.ID, Title: e.Title, Units: e.Units}
		given, err := c.given(r, e.ID)
		if err != nil {
			return err
		}
		for _, g := range given {
			l.Given = append(l.Given, g.Name)
		}
		lines = append(lines, l)
	}
	return c.pages.Render(w, r, http.StatusOK, "etagere", lines)
}

type givenLine struct {
	ID, Name string
	Class    string // whose table shows it
}

// given says to whom a course is given, by name.
func (c *room) given(r *http.Request, id string) (lines []givenLine, err error) {
	list, err := c.Launches.Assignments(r.Context(), id)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		l := givenLine{ID: a.ID.String(), Class: a.Class, Name: c.pages.Say(r, "fiche.gone")}
		if a.Class != "" {
			if class, err := c.Directory.Class(r.Context(), a.Class); err == nil {
				l.Name = class.Name
			}
		} else if who, err := c.Directory.Person(r.Context(), a.Person); err == nil {
			l.Name = who.Name()
			if classes, err := c.Directory.ClassesOf(r.Context(), a.Person); err == nil && len(classes) > 0 {
				l.Class = classes[0].ID
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

type sheetView struct {
	ID, Title, Text string
	NewID           string
	Lines           []line
	Given           []givenLine
	Classes         []directory.Class
	Chosen          directory.Class // whose pupils are offered
	Pupils          []directory.Person
}

// sheet shows a course and to whom it is given.
func (c *room) sheet(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("course")
	found, err := c.Courses.Course(r.Context(), id)
	if err != nil {
		return err
	}
	lang := web.Language(r)
	v := sheetView{ID: id, NewID: preau.NewID().String(), Title: found.Title.In(lang), Text: more(found.Title, found.Description, lang), Lines: walk(found.Children, launch.Sheet{}, lang, 0, nil)}
	if v.Given, err = c.given(r, id); err != nil {
		return err
	}
	if v.Classes, err = c.Directory.Classes(r.Context()); err != nil {
		return err
	}
	if class := r.FormValue("classe"); class != "" {
		if v.Chosen, err = c.Directory.Class(r.Context(), class); err != nil {
			return err
		}
		if v.Pupils, err = c.Directory.Pupils(r.Context(), v.Chosen.ID); err != nil {
			return err
		}
	}
	return c.pages.Render(w, r, http.StatusOK, "fiche", v)
}

func (c *room) teacher(r *http.Request) (access.Session, error) { return visitor.Who(c.Access, r) }

// give gives the course to a class, or to one pupil.
func (c *room) give(w http.ResponseWriter, r *http.Request) error {
	who, err := c.teacher(r)
	if err != nil {
		return err
	}
	if err := form(w, r); err != nil {
		return err
	}
	id, err := preau.ParseID(r.PostFormValue("id"))
	if err != nil {
		return preau.E(preau.Invalid, "the form is incomplete", "Open the page again.", err)
	}
	a := launch.Assignment{ID: id, Course: r.PathValue("course"), Class: r.PostFormValue("class"), Person: r.PostFormValue("pupil"), Tutor: who.Person}
	var pids []string
	switch {
	case a.Class != "":
		class, err := c.Directory.Class(r.Context(), a.Class)
		if err != nil {
			return err
		}
		pupils, err := c.Directory.Pupils(r.Context(), class.ID)
		if err != nil {
			return err
		}
		for _, p := range pupils {
			pids = append(pids, p.ID)
		}
	case a.Person != "":
		p, err := c.Directory.Person(r.Context(), a.Person)
		if err != nil {
			return err
		}
		pids = []string{p.ID}
	}
	if err := c.Launches.Assign(r.Context(), a, pids); err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/cours/"+a.Course, http.StatusSeeOther)
	return nil
}

// takeBack ends an assignment.
func (c *room) takeBack(w http.ResponseWriter, r *http.Request) error {
	who, err := c.teacher(r)
	if err != nil {
		return err
	}
	if err := form(w, r); err != nil {
		return err
	}
	id, err := preau.ParseID(r.PostFormValue("id"))
	if err != nil {
		return preau.E(preau.Invalid, "the form is incomplete", "Open the page again.", err)
	}
	if err := c.Launches.Withdraw(r.Context(), who.Person, id); err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/cours/"+r.PathValue("course"), http.StatusSeeOther)
	return nil
}
