package eleve

import (
	"net/http"

	"preau/edge/pages/eleve/refine"
	"preau/edge/web"
	"preau/media/catalogue"
)

type searchView struct {
	Q        string
	Meant    string // what was looked for instead
	Asked    bool
	Total    int
	Kinds    []refine.KindLink
	Filters  refine.Form
	Cards    []card
	Next     string
	Domaines []tile // where to look when nothing was found
}

func (p *pupils) search(w http.ResponseWriter, r *http.Request) error {
	ctx, lang := r.Context(), web.Language(r)
	q := refine.Query(r.URL.Query())
	label := func(uri string) string { return plainLabel(p.Catalogue.Label(uri, lang)) }
	page, err := p.Catalogue.Items(ctx, q)
	if err != nil {
		return err
	}
	v := searchView{Q: q.Q, Meant: page.Meant, Total: page.Total, Filters: refine.Of(q, page.Facets, label)}
	v.Asked = q.Q != "" || q.Kind != "" || v.Filters.Chosen
	if v.Asked {
		seen, err := p.seenBy(r)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			v.Cards = append(v.Cards, p.card(ctx, it, lang).seen(seen[it.ID]))
		}
		v.Kinds = refine.Kinds(q, page.Facets[catalogue.FacetKind])
	}
	if page.Next != "" {
		next := q
		next.Cursor = page.Next
		v.Next = refine.Address(next)
	}
	if len(v.Cards) == 0 {
		tree, err := p.Catalogue.Tree(ctx, lang, false)
		if err != nil {
			return err
		}
		v.Domaines = p.tiles(tree, "/eleve/explorer")
	}
	return p.pages.Render(w, r, http.StatusOK, "recherche", v)
}
