package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"preau/media/catalogue/notice"
)

// common are words of invented titles, in many of them.
var common = strings.Fields(`exercice leçon fraction adjectif verbe nombre décimal géométrie volcan climat révolution empire
	carte lecture poésie théâtre cellule énergie circuit planète anglais allemand espagnol accord pluriel cheval château rivière
	paysage mesure longueur masse durée aire périmètre angle triangle carré cercle symétrie proportion vitesse`)

const rareWords = 30_000

// items invents notices. A word of documents is the rarer the later it comes
// (Zipf), as in any language.
type items struct {
	repo  string
	words []string
	files []notice.Asset
}

func newItems(repo string) *items {
	dice := rand.New(rand.NewPCG(1, 1))
	syllables := strings.Fields("ba be bi bo bu cha che chi cho dra dre du fa fe fi fla ga glo gra ja la le li lo ma me mi mo mur na no pa pe pi plu po ra re ri ro sa se si so ta te ti tra va ve vi")
	it := &items{repo: repo, words: common}
	seen := map[string]bool{}
	for len(it.words) < rareWords {
		var b strings.Builder
		for range 2 + dice.IntN(3) {
			b.WriteString(syllables[dice.IntN(len(syllables))])
		}
		if w := b.String(); !seen[w] {
			seen[w] = true
			it.words = append(it.words, w)
		}
	}
	return it
}

// file is a blob of the repository, shared by many items: their bytes are not
// what is measured.
func (x *items) file(n int, role, mime string) (notice.Asset, error) {
	text := fmt.Sprintf("WEBVTT\n\nfile %d", n)
	sum := sha256.Sum256([]byte(text))
	name := hex.EncodeToString(sum[:])
	path := filepath.Join(x.repo, "blobs", name[:2], name)
	if _, err := os.Stat(path); err != nil {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return notice.Asset{}, fmt.Errorf("make folder: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return notice.Asset{}, fmt.Errorf("write blob: %w", err)
		}
	}
	return notice.Asset{Role: role, Mime: mime, SHA256: name, Size: int64(len(text)), Lang: "fr"}, nil
}

// write puts notices into the repository as Add would.
func (x *items) write(from, to int, seed uint64) error {
	dice := rand.New(rand.NewPCG(seed, 2))
	zipf := rand.NewZipf(dice, 1.1, 20, rareWords-1)
	if from == 0 {
		if err := os.WriteFile(filepath.Join(x.repo, notice.TaxonsPath), taxons(), 0o644); err != nil {
			return fmt.Errorf("write the vocabulary: %w", err)
		}
	}
	for i := from; i < to; i++ {
		it, err := x.item(i, dice, zipf)
		if err != nil {
			return err
		}
		b, err := json.Marshal(it)
		if err != nil {
			return fmt.Errorf("encode a notice: %w", err)
		}
		sum := sha256.Sum256([]byte(it.ID))
		if err := os.MkdirAll(filepath.Join(x.repo, "items"), 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		if err := os.WriteFile(filepath.Join(x.repo, "items", hex.EncodeToString(sum[:])[:32]+".json"), b, 0o644); err != nil {
			return fmt.Errorf("write a notice: %w", err)
		}
	}
	return nil
}

// unlike is a seed that no earlier run had: a folder that is kept changes again.
func unlike() uint64 { return uint64(time.Now().UnixNano()) } //nolint:gosec // any number will do

func (x *items) item(i int, dice *rand.Rand, zipf *rand.Zipf) (notice.Item, error) {
	some := func(n int, pick func() string) string {
		list := make([]string, n)
		for k := range list {
			list[k] = pick()
		}
		return strings.Join(list, " ")
	}
	either := func() string {
		if dice.IntN(3) == 0 {
			return x.words[dice.IntN(len(x.words))]
		}
		return common[dice.IntN(len(common))]
	}
	title := some(2+dice.IntN(4), either)
	if i%2 == 0 {
		title = "exercice " + title // the commonest word: half of the catalogue
	}
	seen, words := map[string]bool{}, []string{}
	for range 200 {
		if w := x.words[zipf.Uint64()]; !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	it := notice.Item{ID: fmt.Sprintf("urn:i:%d", i), Kind: []string{notice.KindVideo, notice.KindQuiz, notice.KindDocument}[i%3], Title: title, Lang: "fr",
		Description: some(12, either), Competence: some(8, either), Service: fmt.Sprintf("s-%d", i%7), Publisher: "p", Licence: "CC0-1.0",
		Taxons: []string{fmt.Sprintf("urn:t-%d", 1+dice.IntN(200))}, Levels: []string{fmt.Sprintf("urn:l-%d", 1+dice.IntN(12))},
		Duration: float64(dice.IntN(3000)), Rights: notice.Rights{Display: notice.All, Download: notice.All}, Words: strings.Join(words, " ")}
	for n, a := range []struct{ role, mime string }{{notice.RoleMain, "video/mp4"}, {notice.RolePoster, "image/jpeg"}, {notice.RoleSubtitles, "text/vtt"}, {notice.RoleSignLanguage, "video/mp4"}} {
		if n > 1 && dice.IntN(n) == 0 {
			continue
		}
		asset, err := x.file((i*4+n)%500, a.role, a.mime)
		if err != nil {
			return it, err
		}
		it.Assets = append(it.Assets, asset)
	}
	return it, nil
}

// taxons are 12 domaines with what is below them, and 12 levels.
func taxons() []byte {
	ts := notice.Taxons{}
	for i := 1; i <= 200; i++ {
		t := notice.Taxon{FR: fmt.Sprintf("notion %d", i), Vocabulary: "015"}
		if i > 12 {
			t.Broader = fmt.Sprintf("urn:t-%d", 1+i%12)
		}
		ts[fmt.Sprintf("urn:t-%d", i)] = t
	}
	for i := 1; i <= 12; i++ {
		ts[fmt.Sprintf("urn:l-%d", i)] = notice.Taxon{FR: fmt.Sprintf("niveau %d", i), Vocabulary: "022"}
	}
	b, err := json.Marshal(ts)
	if err != nil {
		panic(err) // strings only
	}
	return b
}
