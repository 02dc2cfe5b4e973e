package eleve

import (
	"context"
	"net/http"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/timetable"
	"preau/edge/web"
)

// Cahier is what the pages ask of a *timetable.Timetable: what teachers
// published to the class.
type Cahier interface {
	Work(ctx context.Context, classes []string, now time.Time) ([]timetable.Entry, error)
	Cahier(ctx context.Context, class string, from, until time.Time, drafts bool) ([]timetable.Entry, error)
}

type cahierView struct {
	Work []workDay
	Done []lessonDone
}

// workDay is what is due on one day.
type workDay struct {
	Day  string
	Work []lessonDone
}

type lessonDone struct{ Day, Subject, From, Text string }

// cahierDays is how far back a pupil reads what was done.
const cahierDays = 14

// cahier shows what the pupil's classes have to do, the nearest day first,
// and what was done in their lessons.
func (p *pupils) cahier(w http.ResponseWriter, r *http.Request) error {
	s, ok := p.pupil(r)
	if !ok {
		return preau.E(preau.Unauthorized, "no pupil is signed in", "Sign in first.", nil)
	}
	classes, err := p.classIDs(r.Context(), s)
	if err != nil {
		return err
	}
	var v cahierView
	work, err := p.Cahier.Work(r.Context(), classes, p.Clock.Now())
	if err != nil {
		return err
	}
	for _, e := range work {
		day := p.dayText(r, e.Due)
		if n := len(v.Work); n == 0 || v.Work[n-1].Day != day {
			v.Work = append(v.Work, workDay{Day: day})
		}
		at := &v.Work[len(v.Work)-1]
		at.Work = append(at.Work, lessonDone{p.dayText(r, e.Day), e.Subject, p.teacher(r, e.Teacher), e.Work})
	}
	now := p.Clock.Now()
	for _, class := range classes {
		told, err := p.Cahier.Cahier(r.Context(), class, now.AddDate(0, 0, -cahierDays), now, false)
		if err != nil {
			return err
		}
		for _, e := range told {
			if e.Content != "" {
				v.Done = append(v.Done, lessonDone{p.dayText(r, e.Day), e.Subject, p.teacher(r, e.Teacher), e.Content})
			}
		}
	}
	return p.pages.Render(w, r, http.StatusOK, "cahier", v)
}

// classIDs are the pupil's division and groups.
func (p *pupils) classIDs(ctx context.Context, s access.Session) ([]string, error) {
	classes, err := p.Directory.ClassesOf(ctx, s.Person)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(classes))
	for i, c := range classes {
		ids[i] = c.ID
	}
	return ids, nil
}

func (p *pupils) teacher(r *http.Request, id string) string {
	who, err := p.Directory.Person(r.Context(), id)
	if err != nil { // who left may have no name here any more
		return ""
	}
	return who.Formal()
}

func (p *pupils) dayText(r *http.Request, day string) string {
	t, err := time.ParseInLocation(time.DateOnly, day, p.Zone)
	if err != nil {
		return ""
	}
	return web.LongDate(web.Language(r), t)
}
