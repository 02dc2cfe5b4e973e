package eleve

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"preau/edge/web"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

type searchView struct {
	Q        string
	Meant    string // what was looked for instead
	Asked    bool
	Total    int
	Kinds    []kindLink
	Filters  filterView
	Cards    []card
	Next     string
	Domaines []tile // where to look when nothing was found
}

// kindLink narrows a search to one kind.
type kindLink struct {
	Kind, URL string
	Count     int
	Current   bool
}

// filterView is the form that narrows: lists of which one value is chosen,
// boxes of which some are.
type filterView struct {
	Kind   string // kept by the form
	Chosen bool   // any is: the form is open
	Clear  string // URL without them
	Lists  []choice
	Access []option
	Here   option
}

type choice struct {
	Name    string
	Options []option
}

type option struct {
	Value, Label string
	Count        int
	Chosen       bool
}

const maxQuery = 200

// asked reads the address of a search: what a form sends, and no more.
func asked(form url.Values) catalogue.Query {
	words := strings.TrimSpace(form.Get("q"))
	q := catalogue.Query{Q: strings.ToValidUTF8(words[:min(len(words), maxQuery)], ""), Kind: form.Get("genre"), Level: form.Get("niveau"), Taxon: form.Get("domaine"),
		Length: form.Get("duree"), Here: form.Get("ici") != "", Facets: true, Limit: 24, Cursor: form.Get("suite")}
	for _, a := range form["acces"] {
		if !slices.Contains(q.Access, a) {
			q.Access = append(q.Access, a)
		}
	}
	return q
}

// address is where q is asked again.
func address(q catalogue.Query) string {
	values := url.Values{}
	for name, v := range map[string]string{"q": q.Q, "genre": q.Kind, "niveau": q.Level, "domaine": q.Taxon, "duree": q.Length, "suite": q.Cursor} {
		if v != "" {
			values.Set(name, v)
		}
	}
	for _, a := range q.Access {
		values.Add("acces", a)
	}
	if q.Here {
		values.Set("ici", "1")
	}
	return "/eleve/recherche?" + values.Encode()
}

func (p *pupils) search(w http.ResponseWriter, r *http.Request) error {
	ctx, lang := r.Context(), web.Language(r)
	q := asked(r.URL.Query())
	page, err := p.Catalogue.Items(ctx, q)
	if err != nil {
		return err
	}
	v := searchView{Q: q.Q, Meant: page.Meant, Total: page.Total, Filters: p.filters(q, page.Facets, lang)}
	v.Asked = q.Q != "" || q.Kind != "" || v.Filters.Chosen
	if v.Asked {
		seen, err := p.seenBy(r)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			v.Cards = append(v.Cards, p.card(ctx, it, lang).seen(seen[it.ID]))
		}
		v.Kinds = kinds(q, page.Facets[catalogue.FacetKind])
	}
	if page.Next != "" {
		next := q
		next.Cursor = page.Next
		v.Next = address(next)
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

// kinds are links to the kinds that were found, and to all of them.
func kinds(q catalogue.Query, found []catalogue.FacetValue) []kindLink {
	q.Cursor = ""
	chosen := q.Kind
	q.Kind = ""
	list := []kindLink{{"", address(q), 0, chosen == ""}}
	for _, kind := range []string{notice.KindVideo, notice.KindAudio, notice.KindApp, notice.KindQuiz, notice.KindDocument, notice.KindImage, notice.KindSubject, notice.KindCollection, notice.KindOffer} {
		link := kindLink{Kind: kind, Current: kind == chosen}
		for _, v := range found {
			if v.Name == kind {
				link.Count = v.Count
			}
		}
		if q.Kind = kind; link.Count > 0 || link.Current {
			link.URL = address(q)
			list = append(list, link)
		}
		list[0].Count += link.Count
	}
	return list
}

func (p *pupils) filters(q catalogue.Query, found map[string][]catalogue.FacetValue, lang string) filterView {
	label := func(uri string) string { return plainLabel(p.Catalogue.Label(uri, lang)) }
	plain := func(name string) string { return name }
	list := func(name, facet, chosen string, label func(string) string) choice {
		return choice{name, options(found[facet], label, chosen)}
	}
	v := filterView{Kind: q.Kind, Chosen: q.Level != "" || q.Taxon != "" || q.Length != "" || len(q.Access) > 0 || q.Here,
		Clear: address(catalogue.Query{Q: q.Q, Kind: q.Kind}),
		Lists: []choice{
			list("niveau", catalogue.FacetLevel, q.Level, label),
			list("domaine", catalogue.FacetTaxon, q.Taxon, label),
			list("duree", catalogue.FacetLength, q.Length, plain),
		},
		Access: options(found[catalogue.FacetAccess], plain, q.Access...),
		Here:   option{Value: "1", Chosen: q.Here},
	}
	for _, here := range found[catalogue.FacetHere] {
		v.Here.Count = here.Count
	}
	return v
}

// options are the values found, and those chosen though nothing has them now.
func options(found []catalogue.FacetValue, label func(string) string, chosen ...string) []option {
	var list []option
	for _, f := range found {
		list = append(list, option{f.Name, label(f.Name), f.Count, slices.Contains(chosen, f.Name)})
	}
	for _, c := range chosen {
		if c != "" && !slices.ContainsFunc(list, func(o option) bool { return o.Value == c }) {
			list = append(list, option{c, label(c), 0, true})
		}
	}
	return list
}
