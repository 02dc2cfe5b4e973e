package cours

import (
	"net/http"
	"slices"

	"preau"
	"preau/edge/access"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/edge/cmi5/launch"
	"preau/edge/web"
)

// card is a course in a pupil's list.
type card struct {
	ID, Title, Text string
	Done, Of        int
	Finished        bool
}

type courseView struct {
	card
	Lines []line
}

type sessionView struct {
	Course, Title string
	AU            string
	URL           string
	Apart, Over   bool
}

// pupil is who signed in, if a pupil did, with their classes.
func (c *room) pupil(r *http.Request) (s access.Session, classes []string, err error) {
	s, ok := c.Access.Session(r)
	if !ok || s.Role != access.Pupil {
		return s, nil, preau.E(preau.Unauthorized, "no pupil is signed in", "Sign in first.", nil)
	}
	all, err := c.Directory.ClassesOf(r.Context(), s.Person)
	for _, class := range all {
		classes = append(classes, class.ID)
	}
	return s, classes, err
}

// mine lists the pupil's courses.
func (c *room) mine(w http.ResponseWriter, r *http.Request) error {
	s, classes, err := c.pupil(r)
	if err != nil {
		return err
	}
	ids, err := c.Launches.Given(r.Context(), s.Person, classes)
	if err != nil {
		return err
	}
	var cards []card
	for _, id := range ids {
		found, sheet, err := c.read(r, id, s.Person)
		if err != nil {
			return err
		}
		cards = append(cards, cardOf(id, found, sheet, web.Language(r)))
	}
	return c.pages.Render(w, r, http.StatusOK, "liste", cards)
}

func (c *room) read(r *http.Request, id, pid string) (*course.Course, launch.Sheet, error) {
	found, err := c.Courses.Course(r.Context(), id)
	if err != nil {
		return nil, launch.Sheet{}, err
	}
	sheet, err := c.Launches.Of(r.Context(), id, found, pid)
	return found, sheet, err
}

func cardOf(id string, c *course.Course, s launch.Sheet, lang string) card {
	return card{ID: id, Title: c.Title.In(lang), Text: more(c.Title, c.Description, lang), Done: s.Done, Of: s.Of, Finished: s.Satisfied[c.ID]}
}

// course shows the parts of one.
func (c *room) course(w http.ResponseWriter, r *http.Request) error {
	s, classes, err := c.pupil(r)
	if err != nil {
		return err
	}
	id := r.PathValue("course")
	ids, err := c.Launches.Given(r.Context(), s.Person, classes)
	if err != nil {
		return err
	}
	if !slices.Contains(ids, id) {
		return preau.E(preau.NotFound, "this course was not given to you", "Go back to your courses.", nil)
	}
	found, sheet, err := c.read(r, id, s.Person)
	if err != nil {
		return err
	}
	lang := web.Language(r)
	return c.pages.Render(w, r, http.StatusOK, "cours", courseView{cardOf(id, found, sheet, lang), outline(found, sheet, lang)})
}

// launch opens a session and leads to its page.
func (c *room) launch(w http.ResponseWriter, r *http.Request) error {
	s, classes, err := c.pupil(r)
	if err != nil {
		return err
	}
	if err := form(w, r); err != nil {
		return err
	}
	id := r.PathValue("course")
	session, err := c.Launches.Launch(r.Context(), launch.Request{
		Person: s.Person, Course: id, AU: r.PostFormValue("au"), Classes: classes, Mode: cmi5.Mode(r.PostFormValue("mode")),
		Language: web.Language(r), Content: c.Second(r, launch.Content(id)), Return: c.Second(r, launch.Return(id)),
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/eleve/seance/"+session, http.StatusSeeOther)
	return nil
}

// session shows the AU, or leads to its window. Its URL works once: whoever
// comes back is offered another launch.
func (c *room) session(w http.ResponseWriter, r *http.Request) error {
	who, _, err := c.pupil(r)
	if err != nil {
		return err
	}
	s, err := c.Launches.Session(r.Context(), who.Person, r.PathValue("session"))
	if err != nil {
		return err
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	v := sessionView{Course: s.Course, Title: s.AU.Title.In(web.Language(r)), AU: s.AU.ID, Apart: apart(s.AU), Over: s.Fetched || s.Ended}
	if !v.Over {
		v.URL = s.URL(scheme + r.Host)
	}
	w.Header().Set("Cache-Control", "no-store")
	return c.pages.Render(w, r, http.StatusOK, "seance", v)
}
