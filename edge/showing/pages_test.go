package showing

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"preau/media/blob"
)

// compressed is an object stream that holds objects.
func compressed(t testing.TB, objects string) string {
	t.Helper()
	var b bytes.Buffer
	zw := zlib.NewWriter(&b)
	if _, err := zw.Write([]byte(objects)); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return "7 0 obj\n<</Type /ObjStm /N 2 /First 10 /Filter /FlateDecode>>\nstream\r\n" + b.String() + "\nendstream\nendobj\n"
}

func TestCountPages(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join("..", "..", "media", "sample", "items", "sujet-grammaire-dnb", "sujet.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if n := countPages(sample); n != 2 {
		t.Errorf("the sample has %d pages, want 2", n)
	}
	for text, want := range map[string]int{
		"":                         0,
		"<</Type /Pages /Kids[]>>": 0,
		"<</Type/Page/Parent 1 0 R>> <</Type /Page\n/Parent 1 0 R>> <</Type /Pages>> <</Type /PageLabels>>": 2,
		compressed(t, "<</Type /Page>> <</Type /Pages>> <</Type/Page/Rotate 0>>") + "<</Type /Page>>":       3,
		"<</Type /ObjStm>>stream\nnot compressed":                                                           0,
		"<</Type /ObjStm>>": 0,
	} {
		if got := countPages([]byte(text)); got != want {
			t.Errorf("%.60q has %d pages, want %d", text, got, want)
		}
	}
	// A small file that inflates without end says nothing.
	if got := countPages([]byte(compressed(t, strings.Repeat("<</Type /Page>>\n", maxInflated/16+1)))); got != 0 {
		t.Errorf("a bomb has %d pages", got)
	}
}

// shelf is a blob store of one file that counts how often it is opened.
type shelf struct {
	path   string
	opened atomic.Int64
}

func (s *shelf) Open(blob.Digest) (*os.File, fs.FileInfo, error) {
	s.opened.Add(1)
	f, err := os.Open(s.path)
	return f, nil, err
}

func TestPages_EachDocumentIsReadOnce(t *testing.T) {
	digest := strings.Repeat("a", 64)
	for name, c := range map[string]struct {
		path    string
		refused int // callers that are told of a failure
	}{
		"a document": {filepath.Join("..", "..", "media", "sample", "items", "sujet-grammaire-dnb", "sujet.pdf"), 0},
		"unreadable": {t.TempDir(), 1},
	} {
		s := &shelf{path: c.path}
		f := &Finder{Blobs: s}
		var wg sync.WaitGroup
		var refused atomic.Int64
		for range 8 {
			wg.Go(func() {
				if _, err := f.pagesOf(digest); err != nil {
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		if s.opened.Load() != 1 || refused.Load() != int64(c.refused) {
			t.Errorf("%s: read %d times, %d failures told", name, s.opened.Load(), refused.Load())
		}
	}
}

func TestRemember_IsBounded(t *testing.T) {
	var f Finder
	for i := range maxCounted + 10 {
		f.remember(fmt.Sprint(i), known{pages: i})
	}
	if n := len(f.counted); n != maxCounted || f.counted[fmt.Sprint(maxCounted+9)].pages != maxCounted+9 {
		t.Errorf("%d are remembered", n)
	}
}

func FuzzCountPages(f *testing.F) {
	f.Add([]byte(compressed(f, "<</Type /Page>>")))
	f.Add([]byte("<</Type /ObjStm>>stream"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := countPages(b); n < 0 || n > maxPages {
			t.Errorf("%d pages", n)
		}
	})
}
