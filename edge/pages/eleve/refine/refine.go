// Package refine is the form that narrows a search: what its address says,
// where each choice leads, and what can still be chosen. It promises that an
// address made of a query is read as that query. It refuses pages: it knows
// what the catalogue counts, not how it looks.
package refine

import (
	"net/url"
	"slices"
	"strings"

	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// KindLink narrows a search to one kind.
type KindLink struct {
	Kind, URL string
	Count     int
	Current   bool
}

// Form is the form that narrows: lists of which one value is chosen,
// boxes of which some are.
type Form struct {
	Kind   string // kept by the form
	Chosen bool   // any is: the form is open
	Clear  string // URL without them
	Lists  []Choice
	Access []Option
	Here   Option
}

// Choice is a list of which one value is chosen.
type Choice struct {
	Name    string
	Options []Option
}

// Option is a value and how many items have it.
type Option struct {
	Value, Label string
	Count        int
	Chosen       bool
}

const maxQuery = 200

// Query reads the address of a search: what a form sends, and no more.
func Query(form url.Values) catalogue.Query {
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

// Address is where q is asked again.
func Address(q catalogue.Query) string {
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

// Kinds are links to the kinds that were found, and to all of them.
func Kinds(q catalogue.Query, found []catalogue.FacetValue) []KindLink {
	q.Cursor = ""
	chosen := q.Kind
	q.Kind = ""
	list := []KindLink{{"", Address(q), 0, chosen == ""}}
	for _, kind := range []string{notice.KindVideo, notice.KindAudio, notice.KindApp, notice.KindQuiz, notice.KindDocument, notice.KindImage, notice.KindSubject, notice.KindCollection, notice.KindOffer} {
		link := KindLink{Kind: kind, Current: kind == chosen}
		for _, v := range found {
			if v.Name == kind {
				link.Count = v.Count
			}
		}
		if q.Kind = kind; link.Count > 0 || link.Current {
			link.URL = Address(q)
			list = append(list, link)
		}
		list[0].Count += link.Count
	}
	return list
}

// Of is the form for q and what was found; label names a concept.
func Of(q catalogue.Query, found map[string][]catalogue.FacetValue, label func(uri string) string) Form {
	plain := func(name string) string { return name }
	list := func(name, facet, chosen string, label func(string) string) Choice {
		return Choice{name, options(found[facet], label, chosen)}
	}
	v := Form{Kind: q.Kind, Chosen: q.Level != "" || q.Taxon != "" || q.Length != "" || len(q.Access) > 0 || q.Here,
		Clear: Address(catalogue.Query{Q: q.Q, Kind: q.Kind}),
		Lists: []Choice{
			list("niveau", catalogue.FacetLevel, q.Level, label),
			list("domaine", catalogue.FacetTaxon, q.Taxon, label),
			list("duree", catalogue.FacetLength, q.Length, plain),
		},
		Access: options(found[catalogue.FacetAccess], plain, q.Access...),
		Here:   Option{Value: "1", Chosen: q.Here},
	}
	for _, here := range found[catalogue.FacetHere] {
		v.Here.Count = here.Count
	}
	return v
}

// options are the values found, and those chosen though nothing has them now.
func options(found []catalogue.FacetValue, label func(string) string, chosen ...string) []Option {
	var list []Option
	for _, f := range found {
		list = append(list, Option{f.Name, label(f.Name), f.Count, slices.Contains(chosen, f.Name)})
	}
	for _, c := range chosen {
		if c != "" && !slices.ContainsFunc(list, func(o Option) bool { return o.Value == c }) {
			list = append(list, Option{c, label(c), 0, true})
		}
	}
	return list
}
