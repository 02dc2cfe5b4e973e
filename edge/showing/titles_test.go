package showing

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"preau/media/blob"
	"preau/media/catalogue/holding"
)

func TestNameOf(t *testing.T) {
	for page, want := range map[string]known{
		"": {},
		"<!doctype html><html><head><meta charset=utf-8><TITLE lang=fr>\n Le&nbsp;vol\t&amp; la <br> nuit\n</Title></head><body><h1 id=a>Le <em>vol</em></h1>": {title: "Le vol & la nuit", heading: "Le vol"},
		"<title>L'\xe9t\xe9</title>":                           {title: "L'été"}, // ISO 8859-1
		"<h1>Sans titre, avec un titre</h1>":                   {heading: "Sans titre, avec un titre"},
		"<titlepage>non</titlepage><h10>non</h10>":             {},
		"<title>jamais fermé":                                  {},
		"<title>\u202egnp.exe\u0000 b\u00adc</title>":          {title: "gnp.exe bc"},
		"<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>": {title: "<script>alert(1)</script>"}, // text, shown as text
	} {
		if got := nameOf([]byte(page)); got != want {
			t.Errorf("%.60q is %+v, want %+v", page, got, want)
		}
	}
	if got := nameOf([]byte("<title>" + strings.Repeat("é", 500) + "</title>")); utf8.RuneCountInString(got.title) != maxTitle || !strings.HasSuffix(got.title, "…") {
		t.Errorf("a long title is %q", got.title)
	}
}

// pile is a blob store of a folder.
type pile struct {
	dir    string
	opened int
}

func (p *pile) Open(d blob.Digest) (*os.File, fs.FileInfo, error) {
	p.opened++
	f, err := os.Open(filepath.Join(p.dir, d.String()))
	return f, nil, err
}

func TestTitles(t *testing.T) {
	store := &pile{dir: t.TempDir()}
	var pages []holding.HTMLPage
	add := func(path, text string) {
		d := blob.Digest{byte(len(pages))}
		if text != "" {
			if err := os.WriteFile(filepath.Join(store.dir, d.String()), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		pages = append(pages, holding.HTMLPage{Path: path, Digest: d})
	}
	add("index.html", "<title>Les volcans</title><h1>Accueil</h1>")
	add("a.html", "<title>Les volcans</title><h1>La lave</h1>")
	add("b.html", "<title>Le cratère</title><h1>Les volcans</h1>")
	add("c.html", "<title>Les volcans</title>")
	add("annexes/d.html", "<p>rien")
	add("annexes/e.html", "") // not here
	f := &Finder{Blobs: store}
	want := []string{"Accueil", "La lave", "Le cratère", "Les volcans", "d.html", "e.html"}
	for range 2 {
		if got := f.titles(pages); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if store.opened != len(pages)+1 { // what is not here is looked for again
		t.Errorf("%d openings", store.opened)
	}
}

// FuzzTitle: whatever a page holds, its name is one short line.
func FuzzTitle(f *testing.F) {
	f.Add([]byte("<title>a</title><h1>b"))
	f.Add([]byte("<title a='<title>'>&#x110000;&notit;\xff</title"))
	f.Fuzz(func(t *testing.T, page []byte) {
		n := nameOf(page)
		for _, s := range []string{n.title, n.heading} {
			if utf8.RuneCountInString(s) > maxTitle || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Errorf("%q", s)
			}
		}
	})
}
