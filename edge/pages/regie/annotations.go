package regie

import (
	"net/http"

	"preau/edge/live/protocol"
	"preau/edge/web"
	"preau/internal/httpkit"
)

// note is what a teacher drew over one launch, as the list shows it.
type note struct {
	Launch, Title, Kind, Day string
	Strokes                  int
}

// annotations lists what the teacher drew: theirs alone.
func (a *audience) annotations(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	kept, err := a.Hub.Ink().Annotations(r.Context(), who.Person)
	if err != nil {
		return err
	}
	v := struct{ Notes []note }{}
	for _, k := range kept {
		at := k.At.In(a.Zone)
		n := note{Launch: k.Launch, Strokes: k.Strokes, Day: web.LongDate(web.Language(r), at) + at.Format(" · 15:04")}
		if it, ok := a.Showing.One(r.Context(), k.Item); ok {
			n.Title, n.Kind = it.Title, it.Kind
		}
		v.Notes = append(v.Notes, n)
	}
	return a.pages.Render(w, r, http.StatusOK, "annotations", v)
}

// kept is what the teacher last drew over an item, for the remote to bring
// back.
func (a *audience) kept(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	layers, err := a.Hub.Ink().Latest(r.Context(), who.Person, q.Get("item"), q.Get("but"))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpkit.WriteJSON(w, http.StatusOK, struct {
		Layers []protocol.Layer `json:"layers"`
	}{layers})
}

func (a *audience) removeAnnotation(w http.ResponseWriter, r *http.Request) error {
	who, err := a.teacher(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := a.Hub.Ink().Remove(r.Context(), who.Person, r.PostFormValue("launch")); err != nil {
		return err
	}
	http.Redirect(w, r, "/prof/annotations", http.StatusSeeOther)
	return nil
}
