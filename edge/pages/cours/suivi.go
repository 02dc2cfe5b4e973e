package cours

import (
	"net/http"
	"slices"
	"strconv"

	"preau"
	"preau/edge/cmi5/course"
	"preau/edge/cmi5/launch"
	"preau/edge/directory"
	"preau/edge/web"
)

// columns is how many AUs a table shows at once: a course may have a thousand.
const columns = 30

type tableView struct {
	ID, Title        string
	Class, ClassID   string
	Units            []line // the columns
	First, Last, All int    // of the columns, from 1
	Before, After    string // addresses of the others
	Pupils           []row
	Reasons          []string
	Waivable         []line // all AUs, for the form
}

// row is one pupil.
type row struct {
	ID, Name string
	Done, Of int
	Finished bool
	Units    []line
}

// follow is the table of a class: who is where with each AU.
func (c *room) follow(w http.ResponseWriter, r *http.Request) error {
	id, lang := r.PathValue("course"), web.Language(r)
	found, err := c.Courses.Course(r.Context(), id)
	if err != nil {
		return err
	}
	class, err := c.Directory.Class(r.Context(), r.PathValue("class"))
	if err != nil {
		return err
	}
	v := tableView{ID: id, Title: found.Title.In(lang), Class: class.Name, ClassID: class.ID, Reasons: launch.Reasons()}
	pupils, err := c.having(r, id, class.ID)
	if err != nil {
		return err
	}
	from := v.window(r, len(found.AUs()))
	for _, p := range pupils {
		line, err := c.row(r, id, found, p, from, lang)
		if err != nil {
			return err
		}
		v.Pupils = append(v.Pupils, line)
	}
	v.Waivable = units(outline(found, launch.Sheet{}, lang))
	v.Units = v.Waivable[from:min(from+columns, len(v.Waivable))]
	return c.pages.Render(w, r, http.StatusOK, "table", v)
}

// window chooses the columns and says where the others are.
func (v *tableView) window(r *http.Request, all int) (from int) {
	if n, err := strconv.Atoi(r.FormValue("de")); err == nil && n > 0 && n < all {
		from = n / columns * columns
	}
	v.First, v.Last, v.All = from+1, min(from+columns, all), all
	if from > 0 {
		v.Before = "?de=" + strconv.Itoa(from-columns)
	}
	if v.Last < all {
		v.After = "?de=" + strconv.Itoa(v.Last)
	}
	return from
}

func (c *room) row(r *http.Request, id string, found *course.Course, p directory.Person, from int, lang string) (row, error) {
	sheet, err := c.Launches.Of(r.Context(), id, found, p.ID)
	if err != nil {
		return row{}, err
	}
	all := units(outline(found, sheet, lang))
	return row{ID: p.ID, Name: p.Name(), Done: sheet.Done, Of: sheet.Of, Finished: sheet.Satisfied[found.ID], Units: all[from:min(from+columns, len(all))]}, nil
}

func units(lines []line) []line {
	return slices.DeleteFunc(lines, func(l line) bool { return l.Block })
}

// having lists the pupils of a class who have a course: all of them when the
// class has it, else those it was given to.
func (c *room) having(r *http.Request, id, class string) ([]directory.Person, error) {
	pupils, err := c.Directory.Pupils(r.Context(), class)
	if err != nil {
		return nil, err
	}
	list, err := c.Launches.Assignments(r.Context(), id)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, a := range list {
		if a.Class == class {
			return pupils, nil
		}
		named[a.Person] = a.Person != ""
	}
	return slices.DeleteFunc(pupils, func(p directory.Person) bool { return !named[p.ID] }), nil
}

// waive says that a pupil need not do a part.
func (c *room) waive(w http.ResponseWriter, r *http.Request) error {
	who, err := c.teacher(r)
	if err != nil {
		return err
	}
	if err := form(w, r); err != nil {
		return err
	}
	id, class, pid := r.PathValue("course"), r.PathValue("class"), r.PostFormValue("pupil")
	pupils, err := c.having(r, id, class)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(pupils, func(p directory.Person) bool { return p.ID == pid }) {
		return preau.E(preau.NotFound, "this pupil does not have this course", "Choose one of the table.", nil)
	}
	if err := c.Launches.Waive(r.Context(), who.Person, id, r.PostFormValue("au"), pid, r.PostFormValue("reason")); err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/cours/"+id+"/suivi/"+class, http.StatusSeeOther)
	return nil
}
