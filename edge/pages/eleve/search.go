package eleve

import (
	"net/http"
	"net/url"
	"strings"

	"preau/edge/web"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

type searchView struct {
	Q        string
	Asked    bool
	Kinds    []kindLink
	Cards    []card
	Next     string
	Domaines []tile // where to look when nothing was found
}

// kindLink narrows a search to one kind.
type kindLink struct {
	Kind, URL string
	Current   bool
}

const maxQuery = 200

func (p *pupils) search(w http.ResponseWriter, r *http.Request) error {
	ctx, lang := r.Context(), web.Language(r)
	form := r.URL.Query()
	q := strings.TrimSpace(form.Get("q"))
	q = strings.ToValidUTF8(q[:min(len(q), maxQuery)], "")
	v := searchView{Q: q, Asked: q != ""}
	tree, err := p.Catalogue.Tree(ctx, lang, false)
	if err != nil {
		return err
	}
	if !v.Asked {
		v.Domaines = p.tiles(tree, "/eleve/explorer")
		return p.pages.Render(w, r, http.StatusOK, "recherche", v)
	}
	kind := form.Get("genre")
	page, err := p.Catalogue.Items(ctx, catalogue.Query{Q: q, Kind: kind, Limit: 24, Cursor: form.Get("suite")})
	if err != nil {
		return err
	}
	seen, err := p.seenBy(r)
	if err != nil {
		return err
	}
	for _, it := range page.Items {
		v.Cards = append(v.Cards, p.card(ctx, it, lang).seen(seen[it.ID]))
	}
	to := func(kind, cursor string) string {
		values := url.Values{"q": {q}}
		if kind != "" {
			values.Set("genre", kind)
		}
		if cursor != "" {
			values.Set("suite", cursor)
		}
		return "/eleve/recherche?" + values.Encode()
	}
	if page.Next != "" {
		v.Next = to(kind, page.Next)
	}
	for _, k := range []string{"", notice.KindVideo, notice.KindApp, notice.KindDocument, notice.KindSubject} {
		v.Kinds = append(v.Kinds, kindLink{k, to(k, ""), k == kind})
	}
	if len(v.Cards) == 0 {
		v.Domaines = p.tiles(tree, "/eleve/explorer")
	}
	return p.pages.Render(w, r, http.StatusOK, "recherche", v)
}
