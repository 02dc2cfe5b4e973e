package index_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"preau/internal/sqlite"
	"preau/media/catalogue/index"
)

// TestLoad_TheNextGenerationFindsWhatAFreshIndexFinds: it inherits the sets and
// the words of the one before, and must not differ by it.
func TestLoad_TheNextGenerationFindsWhatAFreshIndexFinds(t *testing.T) {
	var docs []index.Doc
	for i := range 1500 { // more than are kept as a set
		docs = append(docs, index.Doc{Title: fmt.Sprintf("Volcan %d", i), Head: []string{"La lave coule"}, Text: "magma", Kind: "video"})
	}
	w := open(t, docs...)
	err := w.db.Write(t.Context(), func(tx *sqlite.Tx) error {
		for _, q := range []string{
			"INSERT INTO catalogue_generation (id, state, made, index_sha256, taxons, created) VALUES (2, 'staging', '', '', '', 0)",
			"INSERT INTO catalogue_pack (id, slug, version, sha256, taxons, complete) VALUES (2, 'old', 1, '2', '', 1), (3, 'new', 1, '3', '', 1)",
			"INSERT INTO catalogue_generation_pack (generation, pack) VALUES (1, 2), (2, 1), (2, 3)",
		} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		for pack, titles := range map[int64][]string{2: {"Volcan éteint", "Geyser"}, 3: {"Avant les volcans", "Volcan éveillé", "Caldeira"}} {
			var shelf index.Shelf
			for n, title := range titles {
				id := 1000*pack + int64(n)
				w.title[id] = title
				if _, err := tx.Exec(`INSERT INTO catalogue_item (id, pack, item, live, kind, service, part_of, ordinal, sort, folded, staff, valid_from, valid_to, files, body)
					VALUES (?, ?, ?, ?, '', '', '', 0, ?, '', 0, '', '', 0, x'')`, id, pack, fmt.Sprint(id), pack == 2, strings.ToLower(title)); err != nil {
					return err
				}
				if err := shelf.Add(tx, index.Doc{ID: id, Title: title, Head: []string{"lave"}, Kind: "quiz"}); err != nil {
					return err
				}
			}
			if err := shelf.Save(tx, pack); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := func(_ *sqlite.Tx, _ int64, _ []byte, _ bool) (bool, error) { return true, nil }
	heir, fresh := &index.Index{}, &index.Index{}
	for _, generation := range []int64{1, 2} {
		if err := heir.Load(t.Context(), w.db.Read, generation, all); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(x *index.Index, generation int64, q index.Query) (r index.Result) {
		q.Day, q.Limit, q.Facets = "2026-11-23", 2000, true
		err := w.db.Read(t.Context(), func(tx *sqlite.Tx) (err error) {
			r, err = x.Search(tx, generation, q)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, generation := range []int64{1, 2} { // the one before is still asked for, until the switch
		for _, q := range []string{"volcan", "vol", "vo", "volc", "lave", "la", "lav", "magma", "volcan caldeira", "caldera", "geyser", "geysre", "avant", "volcan eveille", ""} {
			got, want := ask(heir, generation, index.Query{Q: q, Here: q == ""}), ask(fresh, generation, index.Query{Q: q, Here: q == ""})
			if got.Total != want.Total || !reflect.DeepEqual(got.Items, want.Items) || !reflect.DeepEqual(got.Facets, want.Facets) {
				t.Errorf("generation %d, %q: %d items %.60v, a fresh index finds %d %.60v", generation, q, got.Total, got.Items, want.Total, want.Items)
			}
		}
	}
	if got := ask(heir, 2, index.Query{Q: "caldeira"}); got.Total != 1 || w.title[got.Items[0]] != "Caldeira" {
		t.Errorf("what is new is not found: %+v", got)
	}
	if got := ask(heir, 2, index.Query{Q: "volcan"}); got.Total != 1502 || w.title[got.Items[0]] != "Volcan 0" {
		t.Errorf("the order of titles is lost: %d, %q first", got.Total, w.title[got.Items[0]])
	}
}
