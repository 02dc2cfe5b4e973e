package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"preau"
	"preau/internal/httpkit"
	"preau/media/catalogue"
)

const maxParameter = 512 // bytes; concept URIs and cursors fit

var queryNames = []string{"q", "kind", "service", "taxon", "level", "part_of", "length", "access", "here", "facets", "limit", "cursor"}

func (a *api) items(w http.ResponseWriter, r *http.Request) error {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	q.Staff = a.staff(r)
	page, err := a.Catalogue.Items(r.Context(), q)
	if err != nil {
		return err
	}
	return httpkit.WriteJSON(w, http.StatusOK, page)
}

// parseQuery refuses parameters it does not know: a misspelt filter must not
// look like an empty one.
func parseQuery(values url.Values) (catalogue.Query, error) {
	for name, given := range values {
		if !slices.Contains(queryNames, name) || len(given) != 1 {
			return catalogue.Query{}, preau.E(preau.Invalid, "the search has an unknown or doubled parameter", "Use each of "+strings.Join(queryNames, ", ")+" at most once.", nil)
		}
		if len(given[0]) > maxParameter {
			return catalogue.Query{}, preau.E(preau.TooLarge, "the search is too long", "Search for fewer words.", nil)
		}
	}
	q := catalogue.Query{Q: values.Get("q"), Kind: values.Get("kind"), Service: values.Get("service"), Taxon: values.Get("taxon"),
		Level: values.Get("level"), PartOf: values.Get("part_of"), Length: values.Get("length"), Cursor: values.Get("cursor")}
	if s := values.Get("access"); s != "" {
		q.Access = strings.Split(s, ",")
	}
	for name, flag := range map[string]*bool{"here": &q.Here, "facets": &q.Facets} {
		switch values.Get(name) {
		case "true":
			*flag = true
		case "", "false":
		default:
			return catalogue.Query{}, preau.E(preau.Invalid, name+" is neither true nor false", "Write "+name+"=true, or leave it out.", nil)
		}
	}
	if s := values.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 200 {
			return catalogue.Query{}, preau.E(preau.Invalid, "limit is not a number from 1 to 200", "Ask for at most 200 items, then follow next.", nil)
		}
		q.Limit = n
	}
	return q, nil
}

func (a *api) item(w http.ResponseWriter, r *http.Request) error {
	item, err := a.Catalogue.Item(r.Context(), r.PathValue("id"), a.staff(r))
	if err != nil {
		return err
	}
	return httpkit.WriteJSON(w, http.StatusOK, item)
}
