package refine_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"preau/edge/pages/eleve/refine"
	"preau/media/catalogue"
)

func TestAddress_IsReadAsTheQueryItWasMadeOf(t *testing.T) {
	q := catalogue.Query{Q: "l'été & l'eau", Kind: "video", Level: "urn:l", Taxon: "urn:t", Length: "3-10", Access: []string{"captions", "transcript"}, Here: true,
		Facets: true, Limit: 24, Cursor: "abc"}
	u, err := url.Parse(refine.Address(q))
	if err != nil {
		t.Fatal(err)
	}
	if got := refine.Query(u.Query()); !reflect.DeepEqual(got, q) {
		t.Errorf("%+v", got)
	}
}

func TestOf_KeepsWhatWasChosenThoughNothingHasIt(t *testing.T) {
	q := catalogue.Query{Level: "urn:l", Access: []string{"captions"}}
	form := refine.Of(q, map[string][]catalogue.FacetValue{catalogue.FacetLevel: {{Name: "urn:m", Count: 2}}, catalogue.FacetHere: {{Name: "true", Count: 5}}}, strings.ToUpper)
	want := []refine.Option{{Value: "urn:m", Label: "URN:M", Count: 2}, {Value: "urn:l", Label: "URN:L", Chosen: true}}
	if !form.Chosen || !reflect.DeepEqual(form.Lists[0].Options, want) || form.Here.Count != 5 || len(form.Access) != 1 || !form.Access[0].Chosen {
		t.Errorf("%+v", form)
	}
	kinds := refine.Kinds(catalogue.Query{Kind: "quiz", Cursor: "x"}, []catalogue.FacetValue{{Name: "video", Count: 3}})
	if len(kinds) != 3 || kinds[0].Count != 3 || !kinds[2].Current || strings.Contains(kinds[1].URL, "suite") {
		t.Errorf("%+v", kinds)
	}
}
