package eleve

import (
	"net/http"
	"slices"
	"strings"

	"preau/edge/plan"
	"preau/edge/progress"
	"preau/edge/web"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// itemView is what every page of one item shows around its viewer.
type itemView struct {
	Card        card
	Crumbs      []crumb
	Description string
	Objectif    string
	Licence     string
	Lang        string // of the item
	Siblings    []card // the others of its collection, in order
	Series      *crumb // the collection
	Next        *card  // what comes after in it
	Signed      bool   // a pupil's: what is done is kept
	Kept        bool   // in the pupil's selection
	Start       int    // seconds
	Play        bool   // one tap was enough
	Film        film
	Reading     reading
	Exercise    exercise
}

func (p *pupils) item(w http.ResponseWriter, r *http.Request) error {
	ctx, lang := r.Context(), web.Language(r)
	it, err := p.Catalogue.Item(ctx, r.PathValue("id"), p.staff(r))
	if err != nil {
		return err
	}
	v := itemView{Description: it.Description, Objectif: it.Objectif, Licence: it.Licence, Lang: it.Lang, Card: p.card(ctx, it, lang)}
	var entry progress.Entry
	if s, ok := p.pupil(r); ok {
		v.Signed = true
		if entry, err = p.Progress.Of(ctx, s.Person, it.ID); err != nil {
			return err
		}
		v.Card = v.Card.seen(entry)
		mine, err := p.own(r, s)
		if err != nil {
			return err
		}
		v.Kept = slices.Contains(plan.Items(mine.Nodes), it.ID)
	}
	if v.Start = v.Card.Position; entry.Done || v.Start >= v.Card.Length-2 && v.Card.Length > 0 {
		v.Start = 0 // over again
	}
	v.Play = r.URL.Query().Has("lire")
	if err := p.around(r, &v, it, lang); err != nil {
		return err
	}
	page := "lecture"
	switch it.Kind {
	case notice.KindCollection:
		return p.pages.Render(w, r, http.StatusOK, "collection", v)
	case notice.KindVideo, notice.KindAudio:
		page, v.Film = "film", p.film(ctx, it)
	case notice.KindApp, notice.KindQuiz:
		page, v.Exercise = "exercice", p.exercise(r, it)
	default:
		v.Reading = p.reading(r, it)
	}
	return p.pages.Render(w, r, http.StatusOK, page, v)
}

// around fills the path to the item and its neighbours in a collection.
func (p *pupils) around(r *http.Request, v *itemView, it catalogue.Item, lang string) error {
	ctx := r.Context()
	v.Crumbs = []crumb{{"/eleve/explorer", p.pages.Say(r, "explorer.title")}}
	if d := v.Card.Domaine; d.URI != "" {
		v.Crumbs = append(v.Crumbs, crumb{"/eleve/explorer/" + tailOf(d.URI), d.Label})
	}
	collection := it.PartOf
	if it.Kind == notice.KindCollection {
		collection = it.ID
	}
	if collection == "" {
		v.Crumbs = append(v.Crumbs, crumb{"", it.Title})
		return nil
	}
	members, err := p.Catalogue.Members(ctx, collection, p.staff(r))
	if err != nil {
		return err
	}
	seen, err := p.seenBy(r)
	if err != nil {
		return err
	}
	for _, m := range members {
		c := p.card(ctx, m, lang).seen(seen[m.ID])
		c.Number = m.Ordinal
		v.Siblings = append(v.Siblings, c)
		if v.Next == nil && it.PartOf != "" && m.Ordinal > it.Ordinal {
			v.Next = &c
		}
	}
	if it.PartOf != "" {
		if whole, err := p.Catalogue.Item(ctx, it.PartOf, false); err == nil {
			v.Series = &crumb{itemURL(it.PartOf), whole.Title}
			v.Crumbs = append(v.Crumbs, *v.Series)
		}
	}
	v.Crumbs = append(v.Crumbs, crumb{"", it.Title})
	return nil
}

// reading is a document, an image or an exam paper.
type reading struct {
	Page string // URL of an HTML page on the second origin
	PDF  string
	File string // URL of the main file
	Mime string
	Size int64
	Save bool // may be taken away
	Alt  string
}

func (p *pupils) reading(r *http.Request, it catalogue.Item) (v reading) {
	main, ok := asset(it, notice.RoleMain)
	if !ok {
		return v
	}
	v.File, v.Mime, v.Size, v.Alt = blobURL(main), main.Mime, main.Size, it.Description
	v.Save = it.Rights.Download == notice.All
	switch {
	case strings.HasPrefix(main.Mime, "text/html"):
		v.Page = p.packPage(r, it, main)
	case main.Mime == "application/pdf":
		v.PDF = v.File
	}
	return v
}

// exercise runs in a frame of the second origin; what comes of it is told by
// postMessage.
type exercise struct{ Page string }

func (p *pupils) exercise(r *http.Request, it catalogue.Item) (v exercise) {
	if main, ok := asset(it, notice.RoleMain); ok {
		v.Page = p.packPage(r, it, main)
	}
	return v
}

// packPage is where an HTML file of an item runs, or nothing without a second
// origin: never on this one.
func (p *pupils) packPage(r *http.Request, it catalogue.Item, main catalogue.Asset) string {
	base := p.Packs(r, it.ID)
	if base == "" || main.Path == "" {
		return ""
	}
	return base + main.Path
}
