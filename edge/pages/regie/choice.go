package regie

import (
	"net/http"
	"strings"

	"preau"
	"preau/edge/showing"
	"preau/internal/httpkit"
	"preau/media/catalogue/notice"
)

// choiceView is what can be opened: what the box lists first, or what a
// search of all it holds gave.
type choiceView struct {
	Q, Kind  string
	Kinds    []string
	Items    []showing.Item
	More     bool // than are shown
	Searched bool
}

// kinds are those a class can be shown, the commonest first.
var kinds = []string{notice.KindVideo, notice.KindDocument, notice.KindApp, notice.KindQuiz, notice.KindImage, notice.KindSubject, notice.KindAudio}

const longestSearch = 200 // bytes

func (a *audience) choice(r *http.Request) (v choiceView, err error) {
	q := r.URL.Query()
	v = choiceView{Q: strings.TrimSpace(q.Get("q")), Kind: q.Get("genre"), Kinds: kinds}
	if len(v.Q) > longestSearch {
		v.Q = strings.ToValidUTF8(v.Q[:longestSearch], "")
	}
	if !notice.IsKind(v.Kind) {
		v.Kind = ""
	}
	if v.Searched = v.Q != "" || v.Kind != ""; v.Searched {
		v.Items, v.More, err = a.Showing.OnBox(r.Context(), v.Q, v.Kind)
	} else {
		v.Items, v.More, err = a.Showing.First(r.Context())
	}
	return v, err
}

// item tells the remote what it needs of a resource that is not on its page:
// one that a colleague opened, or a pupil is on.
func (a *audience) item(w http.ResponseWriter, r *http.Request) error {
	if _, _, _, ok, err := a.ours(w, r); err != nil || !ok {
		return err
	}
	id := r.URL.Query().Get("id")
	it, ok := showing.Item{}, false
	if id != "" && len(id) <= 256 {
		it, ok = a.Showing.One(r.Context(), id)
	}
	if !ok {
		return preau.E(preau.NotFound, "no such resource", "Choose another.", nil)
	}
	answer := itemJSON(it)
	if it.Paged {
		var err error
		if answer.Pages, answer.Titles, err = a.Showing.Pages(r.Context(), id); err != nil {
			a.Log.Warn("pages of a resource not counted", "item", id, "err", err)
		}
	}
	return httpkit.WriteJSON(w, http.StatusOK, answer)
}

type itemAnswer struct {
	ID       string   `json:"id"`
	Kind     string   `json:"kind"`
	Title    string   `json:"title"`
	Duration int      `json:"duration,omitempty"` // seconds
	Paged    bool     `json:"paged,omitempty"`    // it has pages to turn
	Pages    int      `json:"pages,omitempty"`    // how many, when it is known
	Titles   []string `json:"titles,omitempty"`   // of a pack's pages
}

func itemJSON(it showing.Item) itemAnswer {
	return itemAnswer{ID: it.ID, Kind: it.Kind, Title: it.Title, Duration: it.Duration, Paged: it.Paged}
}
