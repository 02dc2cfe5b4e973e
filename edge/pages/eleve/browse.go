package eleve

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"preau"
	"preau/edge/progress"
	"preau/edge/web"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// tile leads to a shelf of the catalogue.
type tile struct {
	URL, Label string
	Class      string // the domaine's look
	Count      int
}

// crumb is a step of the path to a page; the last one has no URL.
type crumb struct{ URL, Label string }

type exploreView struct {
	Crumbs  []crumb
	Title   string
	Class   string // the domaine's look, or nothing at the top
	Count   int
	Tiles   []tile
	Shelves []shelf
	Next    string // URL of what follows
}

// shelf is a row of cards: a collection in its order, or single items.
type shelf struct {
	Title, URL string // empty for single items
	Cards      []card
}

// explore shows a shelf of domaine → niveau → notion. Each is found by the
// end of its concept's URI.
func (p *pupils) explore(w http.ResponseWriter, r *http.Request) error {
	ctx, lang := r.Context(), web.Language(r)
	nodes, err := p.Catalogue.Tree(ctx, lang, false)
	if err != nil {
		return err
	}
	v := exploreView{Crumbs: []crumb{{"/eleve/explorer", p.pages.Say(r, "explorer.title")}}}
	at := "/eleve/explorer"
	var chain []catalogue.Node
	for _, name := range []string{"domaine", "niveau", "notion"} {
		tail := r.PathValue(name)
		if tail == "" {
			break
		}
		i := slices.IndexFunc(nodes, func(n catalogue.Node) bool { return tailOf(n.URI) == tail })
		if i < 0 {
			return preau.E(preau.NotFound, "no such shelf in the catalogue", "Start again from Explore.", nil)
		}
		at += "/" + tail
		chain = append(chain, nodes[i])
		v.Crumbs = append(v.Crumbs, crumb{at, plainLabel(nodes[i].Label)})
		nodes = nodes[i].Children
	}
	v.Title = v.Crumbs[len(v.Crumbs)-1].Label
	v.Crumbs[len(v.Crumbs)-1].URL = ""
	v.Tiles = p.tiles(nodes, at)
	if len(chain) > 0 {
		v.Class, v.Count = p.classOf(chain[0].URI), chain[len(chain)-1].Count
		for i := range v.Tiles {
			v.Tiles[i].Class = v.Class
		}
	}
	if len(chain) == 0 {
		err = p.series(ctx, &v, lang)
	} else {
		err = p.shelves(ctx, r, &v, chain, lang)
	}
	if err != nil {
		return err
	}
	return p.pages.Render(w, r, http.StatusOK, "explorer", v)
}

// series shows the collections at the top.
func (p *pupils) series(ctx context.Context, v *exploreView, lang string) error {
	page, err := p.Catalogue.Items(ctx, catalogue.Query{Kind: notice.KindCollection, Limit: onHome * 2})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	s := shelf{}
	for _, it := range page.Items {
		s.Cards = append(s.Cards, p.card(ctx, it, lang))
	}
	v.Shelves = []shelf{s}
	return nil
}

// shelves lists the items of a niveau or a notion, collections together.
func (p *pupils) shelves(ctx context.Context, r *http.Request, v *exploreView, chain []catalogue.Node, lang string) error {
	q := catalogue.Query{Taxon: chain[len(chain)-1].URI, Limit: 60, Cursor: r.URL.Query().Get("suite")}
	if len(chain) > 1 {
		q.Level = chain[1].URI
	}
	if len(chain) == 2 {
		q.Taxon = chain[0].URI
	}
	page, err := p.Catalogue.Items(ctx, q)
	if err != nil {
		return err
	}
	if page.Next != "" {
		v.Next = r.URL.Path + "?suite=" + url.QueryEscape(page.Next)
	}
	seen, err := p.seenBy(r)
	if err != nil {
		return err
	}
	single := shelf{}
	place := map[string]int{}
	for _, it := range page.Items {
		if it.Kind == notice.KindCollection {
			continue // its members stand under its title
		}
		c := p.card(ctx, it, lang).seen(seen[it.ID])
		if it.PartOf == "" {
			single.Cards = append(single.Cards, c)
			continue
		}
		c.Number = it.Ordinal
		i, ok := place[it.PartOf]
		if !ok {
			i = len(v.Shelves)
			place[it.PartOf] = i
			s := shelf{URL: itemURL(it.PartOf), Title: it.PartOf}
			if whole, err := p.Catalogue.Item(ctx, it.PartOf, false); err == nil {
				s.Title = whole.Title
			}
			v.Shelves = append(v.Shelves, s)
		}
		v.Shelves[i].Cards = append(v.Shelves[i].Cards, c)
	}
	for _, s := range v.Shelves {
		slices.SortStableFunc(s.Cards, func(a, b card) int { return a.Number - b.Number })
	}
	if len(single.Cards) > 0 {
		v.Shelves = append(v.Shelves, single)
	}
	return nil
}

// seenBy is the pupil's recent work by item; nothing when no pupil asks.
func (p *pupils) seenBy(r *http.Request) (map[string]progress.Entry, error) {
	seen := map[string]progress.Entry{}
	s, ok := p.pupil(r)
	if !ok {
		return seen, nil
	}
	for _, list := range []func(context.Context, string, int) ([]progress.Entry, error){p.Progress.Resume, p.Progress.Done} {
		entries, err := list(r.Context(), s.Person, 200)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			seen[e.Item] = e
		}
	}
	return seen, nil
}

func (p *pupils) tiles(nodes []catalogue.Node, at string) []tile {
	list := make([]tile, 0, len(nodes))
	for _, n := range nodes {
		list = append(list, tile{URL: at + "/" + tailOf(n.URI), Label: plainLabel(n.Label), Class: p.classOf(n.URI), Count: n.Count})
	}
	return list
}

// classOf is the look of a domaine, by its French label.
func (p *pupils) classOf(uri string) string { return look(p.Catalogue.Label(uri, "fr")) }

// tailOf is what tells a concept from its neighbours, short enough for an
// address: …/scolomfr-voc-015-num-2306 is 015-num-2306.
func tailOf(uri string) string {
	if uri == "" {
		return "autres"
	}
	tail := uri[strings.LastIndexAny(uri, "/#")+1:]
	return strings.TrimPrefix(tail, "scolomfr-voc-")
}
