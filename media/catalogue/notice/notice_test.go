package notice_test

import (
	"encoding/json"
	"strings"
	"testing"

	"preau"
	"preau/media/catalogue/notice"
)

const goodInput = `{"id":"ark:/99999/lf-adjectif-1","kind":"video","title":"L'adjectif qualificatif","lang":"fr",
 "service":"les-fondamentaux","publisher":"preau-exemple",
 "taxons":["http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-015-num-2306"],
 "levels":["http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-022-num-014"],
 "part_of":"ark:/99999/lf-adjectif","ordinal":1,"duration_s":32,"licence":"CC-BY-SA-4.0",
 "rights":{"display":"all","download":"staff"},"valid_from":"2026-09-01","valid_to":"",
 "assets":[{"role":"main","mime":"video/mp4","file":"film.mp4","width":640,"height":360},
  {"role":"subtitles","lang":"fr","mime":"text/vtt","file":"fr.vtt"},
  {"role":"sign-language","lang":"fsl","mime":"video/mp4","file":"lsf.mp4"}]}`

func TestParseInput_GoodNoticeHasNoProblem(t *testing.T) {
	it, problems := notice.ParseInput([]byte(goodInput))
	if len(problems) != 0 || it.ID != "ark:/99999/lf-adjectif-1" || len(it.Assets) != 3 {
		t.Fatalf("%+v, problems %v", it, problems)
	}
	if a, ok := it.Asset(notice.RoleSubtitles, "fr"); !ok || a.File != "fr.vtt" {
		t.Errorf("subtitles: %+v %v", a, ok)
	}
}

func TestParseInput_EachFaultIsNamedWithARemedy(t *testing.T) {
	for name, test := range map[string]struct{ old, new, field string }{
		"id with a space":      {`ark:/99999/lf-adjectif-1`, `ark:/99999/lf adjectif`, "id"},
		"unknown kind":         {`"kind":"video"`, `"kind":"movie"`, "kind"},
		"no title":             {`L'adjectif qualificatif`, ``, "title"},
		"long title":           {`L'adjectif qualificatif`, strings.Repeat("é", 201), "title"},
		"control character":    {`L'adjectif qualificatif`, `a\u0007b`, "title"},
		"language":             {`"lang":"fr",` + "\n", `"lang":"français",` + "\n", "lang"},
		"service":              {`les-fondamentaux`, `Les Fondamentaux`, "service"},
		"publisher":            {`preau-exemple`, `-x`, "publisher"},
		"taxon":                {`http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-015-num-2306`, `le français`, "taxons[0]"},
		"part of itself":       {`"part_of":"ark:/99999/lf-adjectif"`, `"part_of":"ark:/99999/lf-adjectif-1"`, "part_of"},
		"licence":              {`CC-BY-SA-4.0`, `libre de droits`, "licence"},
		"right":                {`"download":"staff"`, `"download":"teachers"`, "rights.download"},
		"date":                 {`2026-09-01`, `1/9/2026`, "valid_from"},
		"window backwards":     {`"valid_to":""`, `"valid_to":"2026-08-31"`, "valid_to"},
		"role":                 {`"role":"subtitles"`, `"role":"captions"`, "assets[1].role"},
		"two mains":            {`"role":"sign-language"`, `"role":"main"`, "assets"},
		"subtitles not vtt":    {`text/vtt`, `text/plain`, "assets[1].mime"},
		"file outside":         {`fr.vtt`, `../fr.vtt`, "assets[1].file"},
		"absolute file":        {`fr.vtt`, `/etc/passwd`, "assets[1].file"},
		"file with backslash":  {`fr.vtt`, `a\\fr.vtt`, "assets[1].file"},
		"a table in the input": {`"file":"fr.vtt"`, `"file":"fr.vtt","chunks":{"sha256":"` + sum + `","size":100}`, "assets[1]"},
		"a hash in the input":  {`"file":"fr.vtt"`, `"file":"fr.vtt","size":3`, "assets[1]"},
		"misspelt field":       {`"ordinal":1`, `"ordinall":1`, "item.json"},
		"wrong type":           {`"ordinal":1`, `"ordinal":"one"`, "item.json"},
		"not JSON":             {`"ordinal":1`, `"ordinal":`, "item.json"},
		"negative duration":    {`"duration_s":32`, `"duration_s":-1`, "duration_s"},
		"a path that climbs":   {`"file":"fr.vtt"`, `"file":"fr.vtt","path":"../x"`, "assets[1].path"},
		"file without a path":  {`"role":"subtitles"`, `"role":"file"`, "assets[1].path"},
		"unbelievable picture": {`"width":640`, `"width":640000`, "assets[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(goodInput, test.old) {
				t.Fatalf("the good notice has no %s", test.old)
			}
			_, problems := notice.ParseInput([]byte(strings.Replace(goodInput, test.old, test.new, 1)))
			if len(problems) == 0 || problems[0].Field != test.field || problems[0].Text == "" || problems[0].Remedy == "" {
				t.Errorf("problems %q, want one of %s with a text and a remedy", problems, test.field)
			}
		})
	}
}

func TestParseInput_AllProblemsAtOnce(t *testing.T) {
	_, problems := notice.ParseInput([]byte(`{"kind":"x"}`))
	fields := map[string]bool{}
	for _, p := range problems {
		fields[p.Field] = true
	}
	for _, want := range []string{"id", "kind", "title", "lang", "service", "publisher", "licence", "rights.display", "rights.download", "assets"} {
		if !fields[want] {
			t.Errorf("no problem of %s among %v", want, problems)
		}
	}
}

func TestRestricted_ByRoleOrByRight(t *testing.T) {
	for _, test := range []struct {
		role, display string
		want          bool
	}{
		{notice.RoleMain, notice.All, false},
		{notice.RoleMain, notice.Staff, true},
		{notice.RoleAnswerKey, notice.All, true},
		{notice.RoleTrainerNote, notice.All, true},
		{notice.RoleTeachingIdea, notice.All, false},
	} {
		if got := (notice.Asset{Role: test.role}).Restricted(notice.Rights{Display: test.display}); got != test.want {
			t.Errorf("%s of %s: %v", test.role, test.display, got)
		}
	}
}

const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestParsePack_RefusesWhatItsPublisherCouldNotMean(t *testing.T) {
	item := `{"id":"ark:/99999/a","kind":"document","title":"A","lang":"fr","service":"s","publisher":"p","licence":"CC0-1.0",
		"rights":{"display":"all","download":"all"},"later_field":true,"assets":[{"role":"main","mime":"text/html","sha256":"` + sum + `","size":0}]}`
	if p, err := notice.ParsePack([]byte(`{"format":1,"slug":"s","version":1,"items":[` + item + `]}`)); err != nil || len(p.Items) != 1 {
		t.Fatalf("a good pack with a field of the future: %+v, %v", p, err)
	}
	for name, text := range map[string]string{
		"later format": `{"format":2,"slug":"s","version":1,"items":[]}`,
		"no format":    `{"slug":"s","version":1,"items":[]}`,
		"no version":   `{"format":1,"slug":"s","items":[]}`,
		"climbing":     `{"format":1,"slug":"../s","version":1,"items":[]}`,
		"twice":        `{"format":1,"slug":"s","version":1,"items":[` + item + `,` + item + `]}`,
		"no hash":      `{"format":1,"slug":"s","version":1,"items":[` + strings.ReplaceAll(item, sum, "") + `]}`,
		"page":         `<html>Bienvenue sur le réseau</html>`,
	} {
		if _, err := notice.ParsePack([]byte(text)); err == nil || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v, want an error with a remedy", name, err)
		}
	}
}

func TestParseTaxons_RefusesCyclesAndClimbsChains(t *testing.T) {
	ts, err := notice.ParseTaxons([]byte(`{"urn:c":{"fr":"c","broader":"urn:b","vocabulary":"015"},"urn:b":{"fr":"b","en":"B","broader":"urn:a","vocabulary":"015"},"urn:a":{"fr":"a","vocabulary":"015"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if chain := strings.Join(ts.Chain("urn:c"), " "); chain != "urn:c urn:b urn:a" {
		t.Errorf("chain %s", chain)
	}
	if ts["urn:b"].Label("en") != "B" || ts["urn:a"].Label("en") != "a" {
		t.Error("labels: English when there is one, else French")
	}
	if _, err := notice.ParseTaxons([]byte(`{"urn:a":{"fr":"a","broader":"urn:b"},"urn:b":{"fr":"b","broader":"urn:a"}}`)); preau.KindOf(err) != preau.Corrupt {
		t.Errorf("a cycle: %v", err)
	}
}

// The parsers of what comes from outside never panic, and what they accept
// passes its own check when it is written and read again.

func FuzzParseInput(f *testing.F) {
	f.Add([]byte(goodInput))
	f.Add([]byte(`{"assets":[{}]}`))
	f.Add([]byte(`{"id":"urn:a","duration_s":1e999}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		it, problems := notice.ParseInput(b)
		if len(problems) > 0 {
			return
		}
		again, err := json.Marshal(it)
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := notice.ParseInput(again); len(problems) > 0 {
			t.Fatalf("accepted once, then not: %v", problems)
		}
	})
}

func FuzzParsePack(f *testing.F) {
	f.Add([]byte(`{"format":1,"slug":"s","version":1,"items":[]}`))
	f.Add([]byte(`{"format":1,"slug":"s","version":1,"items":[{"id":"ark:/99999/a","kind":"offer","title":"A","lang":"fr","service":"s","publisher":"p","licence":"CC0-1.0","rights":{"display":"all","download":"all"}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := notice.ParsePack(b)
		if err == nil && (!notice.ValidSlug(p.Slug) || len(p.Items) > notice.MaxPackItems) {
			t.Fatalf("accepted %+v", p)
		}
	})
}

func FuzzParseIndex(f *testing.F) {
	f.Add([]byte(`{"format":1,"made":"2026-11-23T10:00:00Z","packs":[{"slug":"s","version":1,"path":"packs/s/1.json","sha256":"` + sum + `"}],"taxons":{"path":"taxons.json","sha256":"` + sum + `"}}`))
	f.Add([]byte(`{"format":1,"made":"","packs":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := notice.ParseIndex(b)
		if err != nil {
			return
		}
		for _, ref := range x.Packs {
			if strings.Contains(ref.Path, "..") || !notice.ValidDigest(ref.SHA256) {
				t.Fatalf("accepted %+v", ref)
			}
		}
	})
}

func FuzzParsePage(f *testing.F) {
	f.Add([]byte(`{"format":1,"packs":[{"slug":"s","version":1,"sha256":"` + sum + `","size":10}]}`))
	f.Add([]byte(`{"format":1,"packs":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := notice.ParsePage(b)
		if err != nil {
			return
		}
		for _, ref := range p.Packs {
			if ref.Path != "" || !notice.ValidSlug(ref.Slug) || !notice.ValidDigest(ref.SHA256) || ref.Size < 1 || ref.Size > notice.MaxPack {
				t.Fatalf("accepted %+v", ref)
			}
		}
	})
}

func FuzzParseTaxons(f *testing.F) {
	f.Add([]byte(`{"urn:a":{"fr":"a","broader":"urn:b","vocabulary":"015"}}`))
	f.Add([]byte(`{"urn:a":{"fr":"a","broader":"urn:a"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		ts, err := notice.ParseTaxons(b)
		if err != nil {
			return
		}
		for uri := range ts {
			if len(ts.Chain(uri)) > 16 {
				t.Fatalf("%s climbs for ever", uri)
			}
		}
	})
}
