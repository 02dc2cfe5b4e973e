package index_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/index"
)

// world is an index of some items, as the catalogue keeps it.
type world struct {
	*index.Index
	db    *sqlite.DB
	title map[int64]string
}

func open(t testing.TB, docs ...index.Doc) *world {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context(), "catalogue", os.DirFS("../migrations")); err != nil {
		t.Fatal(err)
	}
	w := &world{Index: &index.Index{}, db: db, title: map[int64]string{}}
	err = db.Write(t.Context(), func(tx *sqlite.Tx) error {
		for _, q := range []string{
			"INSERT INTO catalogue_taxons VALUES ('', x'')",
			"INSERT INTO catalogue_generation (id, state, made, index_sha256, taxons, created) VALUES (1, 'current', '', '', '', 0)",
			"INSERT INTO catalogue_pack (id, slug, version, sha256, taxons, complete) VALUES (1, 's', 1, '', '', 1)",
			"INSERT INTO catalogue_generation_pack VALUES (1, 1)",
			"INSERT INTO catalogue_concept VALUES (7, '7'), (8, '8'), (9, '9')",
		} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		var shelf index.Shelf
		for n, d := range docs {
			d.ID = int64(n + 1)
			w.title[d.ID] = d.Title
			if _, err := tx.Exec(`INSERT INTO catalogue_item (id, pack, item, live, kind, service, part_of, ordinal, sort, folded, staff, valid_from, valid_to, files, body)
				VALUES (?, 1, ?, 1, '', '', '', 0, ?, '', 0, '', '', 0, x'')`, d.ID, fmt.Sprint(d.ID), strings.ToLower(d.Title)); err != nil {
				return err
			}
			if err := shelf.Add(tx, d); err != nil {
				return err
			}
		}
		return shelf.Save(tx, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ask returns the titles found, best first, and the whole answer.
func (w *world) ask(t testing.TB, q index.Query) ([]string, index.Result) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 20
	}
	q.Day = "2026-11-23"
	var r index.Result
	err := w.db.Read(t.Context(), func(tx *sqlite.Tx) (err error) {
		r, err = w.Search(tx, 1, q)
		return err
	})
	if err != nil {
		t.Fatalf("%q: %v", q.Q, err)
	}
	var titles []string
	for _, id := range r.Items {
		titles = append(titles, w.title[id])
	}
	return titles, r
}

func TestFacets_CountUnderTheOtherFilters(t *testing.T) {
	w := open(t,
		index.Doc{Title: "Volcans un", Kind: "video", Seconds: 100, Access: index.Captions, Levels: []int64{7}, Concepts: []int64{7, 9}, Domains: []int64{9}},
		index.Doc{Title: "Volcans deux", Kind: "video", Seconds: 700, Access: index.Captions | index.SignLanguage, Levels: []int64{8}, Concepts: []int64{8, 9}, Domains: []int64{9}},
		index.Doc{Title: "Volcans trois", Kind: "document", Levels: []int64{8}, Concepts: []int64{8}},
		index.Doc{Title: "Volcans du professeur", Kind: "video", Staff: true},
		index.Doc{Title: "Volcans de demain", Kind: "video", From: "2026-11-24"},
		index.Doc{Title: "Rivières", Kind: "video"},
	)
	for name, test := range map[string]struct {
		q     index.Query
		total int
		want  string
	}{
		"all":     {index.Query{Q: "volcan"}, 3, "level 7=1 8=2, taxon 9=2, kind document=1 video=2, length 0-3=1 10-30=1, access captions=2 sign-language=1, here true=3"},
		"staff":   {index.Query{Q: "volcan", Staff: true}, 4, "level 7=1 8=2, taxon 9=2, kind document=1 video=3, length 0-3=1 10-30=1, access captions=2 sign-language=1, here true=4"},
		"kind":    {index.Query{Q: "volcan", Kind: "document"}, 1, "level 8=1, taxon, kind document=1 video=2, length, access, here true=1"},
		"level":   {index.Query{Q: "volcan", Level: 8}, 2, "level 7=1 8=2, taxon 9=1, kind document=1 video=1, length 10-30=1, access captions=1 sign-language=1, here true=2"},
		"several": {index.Query{Q: "volcan", Level: 8, Taxon: 9, Length: "10-30", Access: index.SignLanguage, Here: true}, 1, "level 8=1, taxon 9=1, kind video=1, length 10-30=1, access captions=1 sign-language=1, here true=1"},
		"none":    {index.Query{Q: "volcan", Kind: "audio"}, 0, "level, taxon, kind document=1 video=2, length, access, here"},
		"no word": {index.Query{Here: true}, 4, "level 7=1 8=2, taxon 9=2, kind document=1 video=3, length 0-3=1 10-30=1, access captions=2 sign-language=1, here true=4"},
		"among":   {index.Query{Among: []int64{2, 3, 99}}, 2, "level 8=2, taxon 9=1, kind document=1 video=1, length 10-30=1, access captions=1 sign-language=1, here true=2"},
	} {
		test.q.Facets = true
		titles, r := w.ask(t, test.q)
		var got []string
		for _, f := range r.Facets {
			line := f.Name
			for _, v := range f.Values {
				line += fmt.Sprintf(" %s=%d", v.Name, v.Count)
			}
			got = append(got, line)
		}
		if s := strings.Join(got, ", "); s != test.want || r.Total != test.total || len(titles) != test.total {
			t.Errorf("%s: %d (%q)\n got %s\nwant %s", name, r.Total, titles, s, test.want)
		}
	}
}

func TestSearch_WhatIsHereComesFirstWithinATier(t *testing.T) {
	w := open(t, index.Doc{Title: "Grand volcan", Main: []byte("away")}, index.Doc{Title: "Vieux volcan", Main: []byte("here")},
		index.Doc{Title: "Roches", Head: []string{"un volcan"}, Main: []byte("here")})
	err := w.Load(t.Context(), w.db.Read, 1, func(_ *sqlite.Tx, _ int64, main []byte, _ bool) (bool, error) { return string(main) == "here", nil })
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := w.ask(t, index.Query{Q: "volcan"}); strings.Join(got, ", ") != "Vieux volcan, Grand volcan, Roches" {
		t.Errorf("%q", got)
	}
	if got, r := w.ask(t, index.Query{Q: "volcan", Here: true}); strings.Join(got, ", ") != "Vieux volcan, Roches" || r.Total != 2 {
		t.Errorf("only what is here: %q", got)
	}
	if got, r := w.ask(t, index.Query{Q: "volcan", Skip: 1, Limit: 1}); strings.Join(got, ", ") != "Grand volcan" || r.Total != 3 {
		t.Errorf("the second: %q of %d", got, r.Total)
	}
}

// TestSearch_DocumentsAreFoundAfterTheRest: words of subtitles count, last.
func TestSearch_DocumentsAreFoundAfterTheRest(t *testing.T) {
	w := open(t, index.Doc{Title: "A", Text: "magma cratère"}, index.Doc{Title: "B", Head: []string{"Le magma"}}, index.Doc{Title: "C magma"})
	if got, _ := w.ask(t, index.Query{Q: "magmas"}); strings.Join(got, ", ") != "C magma, B, A" {
		t.Errorf("%q", got)
	}
	if got, _ := w.ask(t, index.Query{Q: "magma cratere"}); strings.Join(got, ", ") != "A" {
		t.Errorf("%q", got)
	}
}

func TestSearch_SaysWhatWasMeant(t *testing.T) {
	w := open(t, index.Doc{Title: "La géométrie"}, index.Doc{Title: "Les mathématiques"}, index.Doc{Title: "Chat"}, index.Doc{Title: "Photosynthèse du prof", Staff: true})
	for q, want := range map[string]string{
		"geometrei":       "géométrie",     // exchanged
		"géomtrie":        "géométrie",     // missing
		"geoometrie":      "géométrie",     // too many
		"la geopetrie":    "géométrie",     // wrong
		"matematqiue":     "mathématiques", // two
		"geomtr":          "géométrie",     // unfinished
		"chta":            "",              // too short to guess
		"geometrie":       "",              // nothing to forgive
		"photosinthèse":   "",              // for staff: not even named
		"zzzzzzzzzzzzzzz": "",
	} {
		titles, r := w.ask(t, index.Query{Q: q})
		if r.Meant != want || (want != "") != (len(titles) > 0 && want != "") {
			t.Errorf("%q: meant %q, found %q; want %q", q, r.Meant, titles, want)
		}
	}
}

// FuzzSearch: no text is an error, and a page is never more than the total.
func FuzzSearch(f *testing.F) {
	for _, q := range []string{`"`, `a"b`, "AND", "NOT x", "NEAR(a b)", "title:x", "*", "^a", "{title} : x", "-x", "(((", "\x00", "\xff", "volcan*", "l'eau", "1 2", strings.Repeat("é", 300)} {
		f.Add(q, "les-fondamentaux", uint8(1))
	}
	w := open(f, index.Doc{Title: "Le volcan", Service: "les-fondamentaux", Kind: "video"}, index.Doc{Title: "L'eau 1 2", Text: "volcan a b"})
	f.Fuzz(func(t *testing.T, q, service string, bits uint8) {
		titles, r := w.ask(t, index.Query{Q: q, Facets: bits&1 != 0, Service: service, Here: bits&2 != 0, Staff: bits&4 != 0, Access: index.Access(bits >> 4)})
		if len(titles) > r.Total {
			t.Fatalf("%q: %d of %d", q, len(titles), r.Total)
		}
	})
}

// FuzzLoad: a damaged shelf is an error or something else, never a panic.
func FuzzLoad(f *testing.F) {
	f.Add([]byte{1, 5, 'v', 'i', 'd', 'e', 'o', 0, 0, 0, 0, 0, 0, 0, 0}, []byte("volcan volcan 1\n"))
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 127}, []byte("a b c\n\n"))
	w := open(f, index.Doc{Title: "Le volcan"})
	f.Fuzz(func(t *testing.T, items, words []byte) {
		err := w.db.Write(t.Context(), func(tx *sqlite.Tx) error {
			_, err := tx.Exec("UPDATE catalogue_shelf SET items = CAST(? AS BLOB), words = CAST(? AS BLOB)", items, words)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Drop()
		_ = w.db.Read(t.Context(), func(tx *sqlite.Tx) error {
			_, err := w.Search(tx, 1, index.Query{Q: "volcin", Limit: 5, Facets: true})
			return err
		})
	})
}
