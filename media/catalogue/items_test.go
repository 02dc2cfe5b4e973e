package catalogue_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/holding"
	"preau/media/catalogue/notice"
)

// shelfBox holds a small catalogue with every case.
func shelfBox(t *testing.T) (*origin, *box) {
	o := newOrigin(t)
	member := func(id, title string, n int) notice.Item {
		return item(id, notice.KindVideo, title, func(it *notice.Item) {
			it.PartOf, it.Ordinal = "ark:/99999/adj", n
			it.Taxons, it.Levels = []string{accords}, []string{cm1, cm2}
			it.Description = "Un dessin animé qui explique"
		})
	}
	o.publish(
		item("adj", notice.KindCollection, "L'adjectif", func(it *notice.Item) { it.Taxons, it.Levels = []string{langue}, []string{cm1} }),
		member("adj-10", "Adjectif 10", 1), member("adj-2", "Adjectif 2", 3), member("adj-3", "L’adjectif épithète", 2),
		item("frac", notice.KindApp, "Les fractions", func(it *notice.Item) {
			it.Taxons, it.Levels = []string{maths}, []string{sixieme}
			it.Assets = []notice.Asset{
				{Role: notice.RoleMain, Mime: "text/html", File: "index.html", Path: "index.html"},
				{Role: notice.RoleFile, Mime: "text/javascript", File: "js/app.js", Path: "js/app.js"},
			}
		}),
		item("chev", notice.KindDocument, "Chevaux et châteaux", func(it *notice.Item) { it.Description = "Accorder l'adjectif : cœur, œuvre" }),
		item("sujet", notice.KindSubject, "Sujet de brevet", func(it *notice.Item) {
			it.Assets = append(it.Assets, notice.Asset{Role: notice.RoleAnswerKey, Mime: "application/octet-stream", File: "corrige.bin"})
		}),
		item("formation", notice.KindVideo, "Former les formateurs", func(it *notice.Item) { it.Rights.Display = notice.Staff }),
		item("futur", notice.KindDocument, "Sujet de demain", func(it *notice.Item) { it.ValidFrom = "2026-11-24" }),
		item("passe", notice.KindDocument, "Sujet d'hier", func(it *notice.Item) { it.ValidTo = "2026-11-22" }),
	)
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	return o, b
}

func TestItems_SearchForgives(t *testing.T) {
	_, b := shelfBox(t)
	for q, want := range map[string][]string{
		"adjectif":             {"L'adjectif", "Adjectif 2", "Adjectif 10", "L’adjectif épithète", "Chevaux et châteaux"},
		"ADJECTIFS":            {"L'adjectif", "Adjectif 2", "Adjectif 10", "L’adjectif épithète", "Chevaux et châteaux"},
		"epithete":             {"L’adjectif épithète"},
		"e\u0301pithe\u0300te": {"L’adjectif épithète"},
		"cheval":               {"Chevaux et châteaux"},
		"chateau":              {"Chevaux et châteaux"},
		"fracti":               {"Les fractions"},
		"coeur":                {"Chevaux et châteaux"},
		"l'adjectif epi":       {"L’adjectif épithète"},
		"mathematiques":        {"Les fractions"}, // by its taxon's label
		"mathematics":          {"Les fractions"},
		"dessin fractions":     {"Adjectif 10", "Adjectif 2", "L’adjectif épithète", "Les fractions"}, // some words
		"zzz":                  nil,
		"formateurs":           nil, // for staff
		"demain":               nil, // not yet
	} {
		got := b.titles(catalogue.Query{Q: q})
		if q == "dessin fractions" {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", q, got, want)
		}
	}
	if got := b.titles(catalogue.Query{Q: "formateurs", Staff: true}); len(got) != 1 {
		t.Errorf("staff finds %q", got)
	}
	if got := b.titles(catalogue.Query{Q: "adjectif", Kind: notice.KindVideo, Taxon: francais, Level: cm2, Limit: 1}); len(got) != 3 {
		t.Errorf("filtered search over pages: %q", got)
	}
	if got := b.titles(catalogue.Query{Q: "adjectif", PartOf: "ark:/99999/adj", Service: "les-fondamentaux"}); len(got) != 3 {
		t.Errorf("search in a collection: %q", got)
	}
}

// TestItems_AnyTextIsASearch: FTS5 has a language; nobody's words are in it.
func TestItems_AnyTextIsASearch(t *testing.T) {
	_, b := shelfBox(t)
	for _, q := range []string{`"`, `a"b`, `AND`, `a AND`, `NOT x`, `NEAR(a b)`, `title:x`, `*`, `a*`, `^a`, `{title} : x`, `-x`, `+`, `'; DROP TABLE x; --`, "\x00", "\xff\xfe", strings.Repeat("mot ", 500), strings.Repeat("é", 3000), "👩‍🏫", "٣"} {
		if _, err := b.Items(t.Context(), catalogue.Query{Q: q}); err != nil {
			t.Errorf("%q: %v", q, err)
		}
	}
}

// TestItems_WordsOfDocumentsTravelSigned: what a film says finds it, and what
// is for staff finds nothing.
func TestItems_WordsOfDocumentsTravelSigned(t *testing.T) {
	o := newOrigin(t)
	o.files = map[string]string{"fr.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nLe <i>magma</i> remonte", "cle.html": "<p>réponse secrète</p>"}
	o.publish(item("etna", notice.KindVideo, "L'Etna", func(it *notice.Item) {
		it.Assets = append(it.Assets, notice.Asset{Role: notice.RoleSubtitles, Lang: "fr", Mime: "text/vtt", File: "fr.vtt"},
			notice.Asset{Role: notice.RoleAnswerKey, Mime: "text/html", File: "cle.html"})
	}))
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	for q, want := range map[string]int{"magmas": 1, "remonte": 1, "secrète": 0, "réponse": 0} {
		if got := b.titles(catalogue.Query{Q: q}); len(got) != want {
			t.Errorf("%q finds %q", q, got)
		}
	}
	if it, err := b.Item(t.Context(), "ark:/99999/etna", true); err != nil || it.Words != "" {
		t.Errorf("a box shows the words %q, %v", it.Words, err)
	}
	page, err := b.Items(t.Context(), catalogue.Query{Q: "etnna", Facets: true, Access: []string{"captions"}})
	if err != nil || page.Total != 1 || page.Meant != "" && page.Meant != "etna" || page.Facets["access"][0] != (catalogue.FacetValue{Name: "captions", Count: 1}) {
		t.Errorf("%+v, %v", page, err)
	}
	for _, q := range []catalogue.Query{{Length: "3"}, {Access: []string{"captions", "smell"}}} {
		if _, err := b.Items(t.Context(), q); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// TestPrepare_IndexesWhatAnEarlierReleaseLeft: without a shelf of this
// release a pack is indexed again from its notices.
func TestPrepare_IndexesWhatAnEarlierReleaseLeft(t *testing.T) {
	_, b := shelfBox(t)
	want := b.titles(catalogue.Query{Q: "adjectif"})
	err := b.db.Write(t.Context(), func(tx *sqlite.Tx) error {
		for _, q := range []string{"UPDATE catalogue_shelf SET version = 0", "DELETE FROM catalogue_find WHERE rowid > 0"} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.titles(catalogue.Query{Q: "adjectif"}); len(got) == 0 || !slices.Equal(got, want) {
		t.Errorf("after: %q, before: %q", got, want)
	}
}

func TestItems_FiltersAndOrder(t *testing.T) {
	_, b := shelfBox(t)
	for name, test := range map[string]struct {
		q    catalogue.Query
		want []string
	}{
		"all":           {catalogue.Query{}, []string{"L'adjectif", "Adjectif 2", "Adjectif 10", "L’adjectif épithète", "Chevaux et châteaux", "Les fractions", "Sujet de brevet"}},
		"staff":         {catalogue.Query{Staff: true, Kind: notice.KindVideo}, []string{"Adjectif 2", "Adjectif 10", "L’adjectif épithète", "Former les formateurs"}},
		"collection":    {catalogue.Query{PartOf: "ark:/99999/adj"}, []string{"Adjectif 10", "L’adjectif épithète", "Adjectif 2"}},
		"taxon":         {catalogue.Query{Taxon: accords}, []string{"Adjectif 2", "Adjectif 10", "L’adjectif épithète"}},
		"taxon above":   {catalogue.Query{Taxon: francais}, []string{"L'adjectif", "Adjectif 2", "Adjectif 10", "L’adjectif épithète"}},
		"both":          {catalogue.Query{Taxon: francais, Level: cm2}, []string{"Adjectif 2", "Adjectif 10", "L’adjectif épithète"}},
		"level above":   {catalogue.Query{Level: college}, []string{"Les fractions"}},
		"nothing there": {catalogue.Query{Taxon: maths, Level: cm1}, nil},
		"unknown taxon": {catalogue.Query{Taxon: "urn:unknown"}, nil},
		"of collection": {catalogue.Query{PartOf: "ark:/99999/adj", Taxon: langue, Kind: notice.KindVideo}, []string{"Adjectif 10", "L’adjectif épithète", "Adjectif 2"}},
	} {
		for _, limit := range []int{0, 1, 2} {
			test.q.Limit = limit
			if got := b.titles(test.q); !slices.Equal(got, test.want) {
				t.Errorf("%s by %d: %q, want %q", name, limit, got, test.want)
			}
		}
	}
	members, err := b.Members(t.Context(), "ark:/99999/adj", false)
	if err != nil || len(members) != 3 || members[1].Title != "L’adjectif épithète" {
		t.Errorf("members %v, %v", members, err)
	}
}

func TestItems_CursorIsChecked(t *testing.T) {
	_, b := shelfBox(t)
	for _, cursor := range []string{"x", "!!!!", "bnVsbA==", strings.Repeat("a", 600), "eyJuIjotMX0", "eyJuIjo5OTk5OTl9"} {
		if _, err := b.Items(t.Context(), catalogue.Query{Cursor: cursor}); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%.20q: %v", cursor, err)
		}
	}
}

// TestTree_CountsWhatItemsLists: each number on a shelf is the length of the
// list it opens.
func TestTree_CountsWhatItemsLists(t *testing.T) {
	_, b := shelfBox(t)
	for _, staff := range []bool{false, true} {
		tree, err := b.Tree(t.Context(), "fr", staff)
		if err != nil {
			t.Fatal(err)
		}
		for _, domain := range tree {
			if domain.URI == "" {
				continue // items without a domaine have no list of their own
			}
			check := func(n catalogue.Node, q catalogue.Query) {
				q.Staff = staff
				if got := b.titles(q); len(got) != n.Count {
					t.Errorf("%s: count %d, list %q", n.Label, n.Count, got)
				}
			}
			check(domain, catalogue.Query{Taxon: domain.URI})
			for _, level := range domain.Children {
				check(level, catalogue.Query{Taxon: domain.URI, Level: level.URI})
				for _, notion := range level.Children {
					check(notion, catalogue.Query{Taxon: notion.URI, Level: level.URI})
				}
			}
		}
	}
	tree, err := b.Tree(t.Context(), "en", false)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range tree {
		lines = append(lines, fmt.Sprintf("%s %d", d.Label, d.Count))
		for _, l := range d.Children {
			lines = append(lines, fmt.Sprintf(" %s %d", l.Label, l.Count))
			for _, n := range l.Children {
				lines = append(lines, fmt.Sprintf("  %s %d", n.Label, n.Count))
			}
		}
	}
	want := "French 4| CM1 4|  automatiser les accords simples 3|  Language study 4| CM2 3|  automatiser les accords simples 3|  Language study 3|Mathematics 1| 6e 1|Other 2| Other 2"
	if got := strings.Join(lines, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRestricted_WhenEveryUseIs(t *testing.T) {
	o, b := shelfBox(t)
	main := func(id string) blob.Digest { return digestOf(t, b, id, notice.RoleMain) }
	key := digestOf(t, b, "sujet", notice.RoleAnswerKey)
	for name, test := range map[string]struct {
		d    blob.Digest
		want bool
	}{
		"a film": {main("adj-2"), false}, "an answer key": {key, true}, "a film for staff": {main("formation"), true},
	} {
		if got, err := b.Restricted(t.Context(), test.d); err != nil || got != test.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := b.Restricted(t.Context(), blob.Digest{1}); preau.KindOf(err) != preau.NotFound {
		t.Errorf("unknown: %v", err)
	}
	if _, err := b.Mime(t.Context(), blob.Digest{1}); preau.KindOf(err) != preau.NotFound {
		t.Errorf("unknown: %v", err)
	}
	// The key is published for all elsewhere: it is no longer a secret.
	o.publish(item("corrige", notice.KindDocument, "Corrigé", func(it *notice.Item) { it.Assets[0].File = "corrige.bin" }))
	b.refresh(o, true)
	if got, err := b.Restricted(t.Context(), key); err != nil || got {
		t.Errorf("a key published for all: %v, %v", got, err)
	}
	// And a restriction holds at once, although the generation before had none.
	film := main("adj-2")
	o.publish(item("adj-2", notice.KindVideo, "Adjectif 2", func(it *notice.Item) { it.Rights.Display = notice.Staff }))
	b.refresh(o, true)
	if got, err := b.Restricted(t.Context(), film); err != nil || !got {
		t.Errorf("a film newly for staff: %v, %v", got, err)
	}
}

func TestItem_OutsideItsDatesIsShut(t *testing.T) {
	o, b := shelfBox(t)
	if _, err := b.Item(t.Context(), "ark:/99999/futur", true); preau.KindOf(err) != preau.NotFound {
		t.Errorf("tomorrow's: %v", err)
	}
	b.clock.now = o.now.AddDate(0, 0, 1)
	d := digestOf(t, b, "futur", notice.RoleMain)
	if got, err := b.Restricted(t.Context(), d); err != nil || got {
		t.Errorf("on its day: %v, %v", got, err)
	}
	b.clock.now = o.now
	if got, err := b.Restricted(t.Context(), d); err != nil || !got {
		t.Errorf("the day before: %v, %v", got, err)
	}
	b.clock.now = b.clock.now.AddDate(-50, 0, 0) // a clock that woke in the past goes by what it knew
	if got := b.titles(catalogue.Query{Q: "brevet"}); len(got) != 1 {
		t.Errorf("in the past: %q", got)
	}
}

func TestItem_AnswerKeysAreNotEvenNamedToPupils(t *testing.T) {
	_, b := shelfBox(t)
	for staff, want := range map[bool]int{false: 1, true: 2} {
		it, err := b.Item(t.Context(), "ark:/99999/sujet", staff)
		if err != nil || len(it.Assets) != want {
			t.Errorf("staff=%v: %d assets, %v", staff, len(it.Assets), err)
		}
	}
	if _, err := b.Item(t.Context(), "ark:/99999/formation", false); preau.KindOf(err) != preau.NotFound {
		t.Errorf("an item for staff: %v", err)
	}
}

func TestAssetByPath_FindsFilesOfHTMLItems(t *testing.T) {
	_, b := shelfBox(t)
	for path, mime := range map[string]string{"index.html": "text/html", "js/app.js": "text/javascript"} {
		a, err := b.AssetByPath(t.Context(), "ark:/99999/frac", path)
		if err != nil || a.Mime != mime || len(a.SHA256) != 64 || a.Path != path {
			t.Errorf("%s: %+v, %v", path, a, err)
		}
	}
	for _, path := range []string{"", "js", "../index.html", "INDEX.HTML"} {
		if _, err := b.AssetByPath(t.Context(), "ark:/99999/frac", path); preau.KindOf(err) != preau.NotFound {
			t.Errorf("%q: %v", path, err)
		}
	}
	it, err := b.Item(t.Context(), "ark:/99999/frac", false)
	if err != nil || len(it.Assets) != 1 {
		t.Errorf("files are among the assets: %+v, %v", it.Assets, err)
	}
}

// TestItems_JSONIsTheContract: the shape of GET /api/v1/items.
func TestItems_JSONIsTheContract(t *testing.T) {
	_, b := shelfBox(t)
	page, err := b.Items(t.Context(), catalogue.Query{Q: "fractions"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Items []struct {
			ID, Title, Kind string
			Taxons          []string
			Assets          []struct {
				Role, Lang, Sha256, Mime string
				Size                     int64
			}
		}
		Next *string
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	it := got.Items[0]
	if it.ID != "ark:/99999/frac" || it.Kind != "app" || it.Taxons[0] != maths || it.Assets[0].Sha256 == "" || it.Assets[0].Size != 10 {
		t.Errorf("%s", raw)
	}
	if empty, err := b.Items(t.Context(), catalogue.Query{Q: "zzz"}); err != nil || empty.Items == nil {
		t.Errorf("an empty list must be [], not null: %v %v", empty, err)
	}
}

// TestHTMLPages_AreThePacksOwnInTheirOrder: what opens first comes first; what
// is no page, and what is for staff, has no number.
func TestHTMLPages_AreThePacksOwnInTheirOrder(t *testing.T) {
	o := newOrigin(t)
	file := func(path, mime string) notice.Asset {
		return notice.Asset{Role: notice.RoleFile, Mime: mime, File: path, Path: path}
	}
	pack := func(files ...notice.Asset) notice.Item {
		return item("pack", notice.KindApp, "Le volcan", func(it *notice.Item) { it.Assets = files })
	}
	main := notice.Asset{Role: notice.RoleMain, Mime: "text/html", File: "index.html", Path: "index.html"}
	film := item("film", notice.KindVideo, "Un film", func(it *notice.Item) { it.Assets = append(it.Assets, file("note.html", "text/html")) })
	key := notice.Asset{Role: notice.RoleAnswerKey, Mime: "text/html", File: "corrige.html", Path: "corrige.html"}
	o.publish(pack(file("z.html", "text/html"), file("a.css", "text/css"), main, key, file("a.html", "text/html")), film)
	b := newBox(t, o)
	b.disk.all = true
	b.refresh(o, true)
	of := func(id string) (paths []string) {
		t.Helper()
		it, err := b.Item(t.Context(), "ark:/99999/"+id, true)
		if err != nil {
			t.Fatal(err)
		}
		pages, err := b.HTMLPages(t.Context(), &it)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pages {
			if p.Digest == (blob.Digest{}) {
				t.Errorf("%s has no digest", p.Path)
			}
			paths = append(paths, p.Path)
		}
		return paths
	}
	if got, want := of("pack"), []string{"index.html", "z.html", "a.html"}; !slices.Equal(got, want) {
		t.Errorf("pages %q, want %q", got, want)
	}
	if got := of("film"); got != nil {
		t.Errorf("a film has the pages %q", got)
	}
	many := []notice.Asset{main}
	for i := range holding.MaxHTMLPages + 20 {
		many = append(many, file(fmt.Sprintf("p%d.html", i), "text/html"))
	}
	// A lesson that has it open keeps its pages, with their numbers.
	if err := b.Hold(t.Context(), "lesson", "ark:/99999/pack", b.clock.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	o.publish(pack(many...), film)
	b.refresh(o, true)
	if got, want := of("pack"), []string{"index.html", "z.html", "a.html"}; !slices.Equal(got, want) {
		t.Errorf("while a lesson has the pack open its pages are %q, want %q", got[:min(len(got), 5)], want)
	}
	b.clock.now = b.clock.now.Add(2 * time.Hour)
	if err := b.Lapse(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := of("pack"); len(got) != holding.MaxHTMLPages || got[1] != "p0.html" || got[11] != "p10.html" {
		t.Errorf("%d pages, %q", len(got), got[:min(len(got), 12)])
	}
}
