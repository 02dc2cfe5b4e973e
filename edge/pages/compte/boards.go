package compte

import (
	"net/http"

	"preau"
)

type boardView struct {
	ID, Place, Seen         string
	IsRemembered, InSession bool
}

type boardsView struct {
	Asking, Remembered []boardView
	Done               bool
	Home, Refused      string
}

// boards lists the whiteboards that were linked to a lesson: those that ask
// to be remembered by their place, and those that are.
func (a *account) boards(w http.ResponseWriter, r *http.Request) error {
	return a.boardsPage(w, r, http.StatusOK, boardsView{Done: r.URL.Query().Has("fait")})
}

func (a *account) boardsPage(w http.ResponseWriter, r *http.Request, status int, v boardsView) error {
	s, err := a.who(r)
	if err != nil {
		return err
	}
	v.Home = s.Role.Home()
	known, err := a.Boards.Known(r.Context())
	if err != nil {
		return err
	}
	for _, k := range known {
		one := boardView{k.ID, k.Place, k.Seen.In(a.Zone).Format("02/01/2006 15:04"), k.IsRemembered, k.Room != ""}
		if k.IsRemembered {
			v.Remembered = append(v.Remembered, one)
		} else {
			v.Asking = append(v.Asking, one)
		}
	}
	return a.pages.Render(w, r, status, "tableaux", v)
}

// changeBoard approves a board's place, or forgets the board.
func (a *account) changeBoard(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 8192)
	board := r.PostFormValue("board")
	var err error
	switch r.PostFormValue("do") {
	case "approve":
		err = a.Boards.Approve(r.Context(), board, r.PostFormValue("place"))
	case "forget":
		err = a.Boards.Forget(r.Context(), board)
	default:
		err = preau.E(preau.NotFound, "the form does not say what to do", "Reload the page and try again.", nil)
	}
	if preau.KindOf(err) == preau.Invalid {
		return a.boardsPage(w, r, http.StatusUnprocessableEntity, boardsView{Refused: a.pages.Say(r, "tableaux.refused")})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/compte/ecole/tableaux?fait", http.StatusSeeOther)
	return nil
}
