package direction

import (
	"net/http"
	"strings"

	"preau"
	"preau/edge/timetable"
)

type placesView struct {
	Kinds   []placesOf
	Name    string // what was typed, kept when it is refused
	Kind    string
	Done    bool
	Refused string // why nothing has changed, or nothing
}

type placesOf struct {
	Kind string // room, equipment
	All  []timetable.Resource
}

// places shows what teachers can book, to add to it, rename and close.
func (o *office) places(w http.ResponseWriter, r *http.Request) error {
	return o.placesPage(w, r, http.StatusOK, placesView{Kind: timetable.ClashEquipment, Done: r.URL.Query().Has("fait")})
}

func (o *office) placesPage(w http.ResponseWriter, r *http.Request, status int, v placesView) error {
	all, err := o.Timetable.Resources(r.Context())
	if err != nil {
		return err
	}
	v.Kinds = []placesOf{{Kind: timetable.ClashEquipment}, {Kind: timetable.ClashRoom}}
	for _, one := range all {
		for i := range v.Kinds {
			if v.Kinds[i].Kind == one.Kind {
				v.Kinds[i].All = append(v.Kinds[i].All, one)
			}
		}
	}
	return o.pages.Render(w, r, status, "lieux", v)
}

// changePlaces adds, renames or closes one. A name that is taken is refused
// on the page, with what was typed.
func (o *office) changePlaces(w http.ResponseWriter, r *http.Request) error {
	if err := form(w, r); err != nil {
		return err
	}
	name, kind := strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("kind")
	do := r.PostFormValue("do")
	tried := name // the name that is to be
	var err error
	switch do {
	case "add":
		err = o.Timetable.AddResource(r.Context(), timetable.Resource{Name: name, Kind: kind})
	case "rename":
		tried = strings.TrimSpace(r.PostFormValue("to"))
		err = o.Timetable.RenameResource(r.Context(), name, tried)
	case "close":
		err = o.Timetable.CloseResource(r.Context(), name)
	default:
		err = preau.E(preau.NotFound, "the form does not say what to do", "Reload the page and try again.", nil)
	}
	v := placesView{Kind: timetable.ClashEquipment}
	if do == "add" {
		v.Name, v.Kind = name, kind
	}
	switch preau.KindOf(err) {
	case preau.Invalid:
		v.Refused = o.pages.Say(r, "lieux.refused.name")
		return o.placesPage(w, r, http.StatusUnprocessableEntity, v)
	case preau.Conflict:
		v.Refused = o.pages.Say(r, "lieux.refused.taken", tried)
		return o.placesPage(w, r, http.StatusConflict, v)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/direction/lieux?fait", http.StatusSeeOther)
	return nil
}
