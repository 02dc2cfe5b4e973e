package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue/holding"
	"preau/media/catalogue/notice"
)

type holdsAll struct{}

func (holdsAll) Has(blob.Digest) bool { return true }

// scaleWords are the words of invented titles: a few are in half of them.
var scaleWords = strings.Fields(`exercice leçon fraction adjectif verbe nombre décimal géométrie volcan climat révolution empire
	carte lecture poésie théâtre cellule énergie circuit planète anglais allemand espagnol accord pluriel cheval château rivière
	paysage mesure longueur masse durée aire périmètre angle triangle carré cercle symétrie proportion vitesse`)

// TestScale fills a catalogue with PREAU_SCALE items (100000 for the budget)
// and prints what a reader waits for.
func TestScale(t *testing.T) {
	n := 300 // enough to show that it works; figures need more
	asks := 10
	if s := os.Getenv("PREAU_SCALE"); s != "" {
		asks = 200
		if _, err := fmt.Sscan(s, &n); err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c, err := Open(ctx, Config{DB: db, Clock: preau.SystemClock(), Held: holdsAll{}})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	fillScale(t, c, n)
	t.Logf("%d items ingested in %v", n, time.Since(begin).Round(time.Millisecond))
	begin = time.Now()
	if changed, err := c.Settle(ctx); err != nil || !changed {
		t.Fatal(changed, err)
	}
	t.Logf("checked and switched in %v", time.Since(begin).Round(time.Millisecond))
	for name, ask := range map[string]func(i int) error{
		"search one word":     func(i int) error { return ask(ctx, c, Query{Q: scaleWords[i%len(scaleWords)], Limit: 20}) },
		"search commonest":    func(int) error { return ask(ctx, c, Query{Q: "exercice", Limit: 20}) },
		"search while typing": func(i int) error { return ask(ctx, c, Query{Q: scaleWords[i%len(scaleWords)][:2], Limit: 20}) },
		"search two words": func(i int) error {
			return ask(ctx, c, Query{Q: scaleWords[i%len(scaleWords)] + " " + scaleWords[(i*7+3)%len(scaleWords)], Limit: 20})
		},
		"search no match": func(int) error { return ask(ctx, c, Query{Q: "zzzz yyyy", Limit: 20}) },
		"search filtered": func(i int) error {
			return ask(ctx, c, Query{Q: scaleWords[i%len(scaleWords)], Kind: notice.KindQuiz, Taxon: "urn:t:1", Limit: 20})
		},
		"list":             func(int) error { return ask(ctx, c, Query{Limit: 50}) },
		"list kind":        func(int) error { return ask(ctx, c, Query{Kind: notice.KindVideo, Limit: 50}) },
		"list taxon level": func(int) error { return ask(ctx, c, Query{Taxon: "urn:t:1", Level: "urn:l:2", Limit: 50}) },
		"item":             func(i int) error { _, err := c.Item(ctx, fmt.Sprintf("urn:i:%d", i*13%n), false); return err },
		"restricted": func(i int) error {
			_, err := c.Restricted(ctx, blob.Digest{byte(i), byte(i >> 8), byte(i >> 16), 1})
			return err
		},
	} {
		var took []time.Duration
		for i := range asks {
			begin := time.Now()
			if err := ask(i); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			took = append(took, time.Since(begin))
		}
		slices.SortFunc(took, cmp.Compare[time.Duration])
		t.Logf("%-20s p50 %v p99 %v", name, took[asks/2].Round(10*time.Microsecond), took[asks*99/100].Round(10*time.Microsecond))
	}
	begin = time.Now()
	if tree, err := c.Tree(ctx, "fr", false); err != nil || len(tree) == 0 {
		t.Fatal(tree, err)
	}
	t.Logf("tree, first time: %v", time.Since(begin).Round(time.Millisecond))
}

func ask(ctx context.Context, c *Catalogue, q Query) error {
	_, err := c.Items(ctx, q)
	return err
}

func fillScale(t *testing.T, c *Catalogue, n int) {
	rng := rand.New(rand.NewPCG(1, 2))
	taxons := notice.Taxons{"urn:t:1": {FR: "racine", Vocabulary: "015"}}
	for i := 2; i < 60; i++ {
		taxons[fmt.Sprintf("urn:t:%d", i)] = notice.Taxon{FR: fmt.Sprintf("notion %d", i), Broader: fmt.Sprintf("urn:t:%d", i/3+1), Vocabulary: "015"}
	}
	var packs []int64
	for at := 0; at < n; at += 256 {
		p := notice.Pack{Format: 1, Slug: fmt.Sprintf("p-%d", at), Version: 1}
		for i := at; i < min(at+256, n); i++ {
			title := []string{"exercice"}[:i%2]
			for range 2 + rng.IntN(4) {
				title = append(title, scaleWords[rng.IntN(len(scaleWords))])
			}
			it := notice.Item{ID: fmt.Sprintf("urn:i:%d", i), Kind: []string{notice.KindVideo, notice.KindQuiz}[i%2], Title: strings.Join(title, " "), Lang: "fr",
				Description: strings.Join([]string{scaleWords[rng.IntN(len(scaleWords))], scaleWords[rng.IntN(len(scaleWords))]}, " et "), Service: "s", Publisher: "p", Licence: "CC0-1.0",
				Taxons: []string{fmt.Sprintf("urn:t:%d", 2+rng.IntN(58))}, Levels: []string{fmt.Sprintf("urn:l:%d", rng.IntN(9))},
				Rights: notice.Rights{Display: notice.All, Download: notice.All}}
			for a := range 3 {
				d := blob.Digest{byte(i), byte(i >> 8), byte(i >> 16), byte(a)}
				it.Assets = append(it.Assets, notice.Asset{Role: []string{notice.RolePoster, notice.RoleMain, notice.RoleSubtitles}[a], Mime: "video/mp4", SHA256: d.String(), Size: 1000})
			}
			p.Items = append(p.Items, it)
		}
		id, err := c.ingest(t.Context(), "", p, fmt.Sprintf("%064d", at), "", taxons)
		if err != nil {
			t.Fatal(err)
		}
		packs = append(packs, id)
	}
	err := c.db.Write(t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec("INSERT INTO catalogue_taxons (sha256, body) VALUES ('', CAST('{\"urn:t:1\":{\"fr\":\"racine\",\"vocabulary\":\"015\"}}' AS BLOB))")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Stage(t.Context(), 1, "x", "2026-11-23T08:00:00Z", "", []holding.Part{{Packs: packs}}); err != nil {
		t.Fatal(err)
	}
}
