package lom_test

import (
	"os"
	"strings"
	"testing"

	"preau/media/catalogue/lom"
	"preau/media/catalogue/notice"
)

var given = lom.Defaults{Service: "les-fondamentaux", Publisher: "studio-lune", Licence: "CC-BY-4.0"}

func sample(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/film.xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestParse_GoesByConcepts(t *testing.T) {
	it, problems := lom.Parse([]byte(sample(t)), given)
	const voc = "http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-"
	if len(problems) > 0 || it.ID != "urn:preau:item:fondamentaux:fr:adjectif:3" || it.Kind != notice.KindVideo || it.Lang != "fr" || it.Duration != 120 ||
		it.PartOf != "urn:preau:item:fondamentaux:fr:adjectif" || len(it.Taxons) != 1 || it.Taxons[0] != voc+"015-num-2306" ||
		len(it.Levels) != 1 || it.Levels[0] != voc+"022-num-014" || it.Assets[0].File != "adjectif-3.mp4" || it.Assets[0].Mime != "video/mp4" {
		t.Errorf("%+v %v", it, problems)
	}
}

func TestParse_RefusesEachWithARemedy(t *testing.T) {
	good := sample(t)
	for name, test := range map[string]struct{ text, field string }{
		"a document type":  {`<!DOCTYPE lom [<!ENTITY a "b">]>` + good, "xml"},
		"an entity":        {strings.Replace(good, "<title>", "<title>&a;", 1), "xml"},
		"too deep":         {"<lom>" + strings.Repeat("<a>", 100), "xml"},
		"too many":         {"<lom>" + strings.Repeat("<a/>", 60_000) + "</lom>", "xml"},
		"too long":         {strings.Repeat(" ", lom.MaxBytes+1), "xml"},
		"another document": {"<html></html>", "xml"},
		"cut short":        {good[:len(good)/2], "xml"},
		"no title":         {strings.Replace(good, "Accorder des adjectifs qualificatifs avec le groupe nominal", "", 1), "title"},
		"a bad duration":   {strings.Replace(good, "PT2M0S", "2 minutes", 1), "duration_s"},
		"no kind":          {strings.Replace(good, "dcmitype/MovingImage", "dcmitype/Event", 1), "kind"},
	} {
		_, problems := lom.Parse([]byte(test.text), given)
		if len(problems) == 0 || problems[0].Field != test.field || problems[0].Remedy == "" {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample(f)))
	f.Add([]byte("<lom><general><identifier><entry>urn:a</entry></identifier></general></lom>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		it, problems := lom.Parse(b, given)
		if len(problems) == 0 && len(it.Check(false)) > 0 {
			t.Fatalf("accepted %+v", it)
		}
	})
}
