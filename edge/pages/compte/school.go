package compte

import (
	"cmp"
	"net/http"
	"slices"

	"preau/edge/directory"
)

type holderView struct {
	Name string
	Keys []keyView
}

// school lists everybody's keys by holder.
func (a *account) school(w http.ResponseWriter, r *http.Request) error {
	keys, err := a.Passkeys.All(r.Context())
	if err != nil {
		return err
	}
	var holders []holderView
	var last string
	for _, key := range keys { // those of one person follow one another
		if len(holders) == 0 || key.Person != last {
			p, err := a.Directory.Person(r.Context(), key.Person)
			if err != nil {
				p = directory.Person{Given: a.pages.Say(r, "ecole.gone")}
			}
			name := p.Formal()
			if p.Title == "" {
				name = p.Name()
			}
			holders = append(holders, holderView{Name: name})
			last = key.Person
		}
		h := &holders[len(holders)-1]
		h.Keys = append(h.Keys, a.view(key, ""))
	}
	slices.SortStableFunc(holders, func(x, y holderView) int { return cmp.Compare(directory.Fold(x.Name), directory.Fold(y.Name)) })
	return a.pages.Render(w, r, http.StatusOK, "ecole", map[string]any{"Holders": holders})
}

func (a *account) takeBack(w http.ResponseWriter, r *http.Request) error {
	s, err := a.who(r)
	if err != nil {
		return err
	}
	if err := a.Passkeys.TakeBack(r.Context(), s, r.PathValue("key")); err != nil {
		return err
	}
	http.Redirect(w, r, "/compte/ecole/", http.StatusSeeOther)
	return nil
}
