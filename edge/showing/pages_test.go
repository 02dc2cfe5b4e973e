package showing

import (
	"bytes"
	"compress/zlib"
	"os"
	"path/filepath"
	"strings"
	"testing"
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

func FuzzCountPages(f *testing.F) {
	f.Add([]byte(compressed(f, "<</Type /Page>>")))
	f.Add([]byte("<</Type /ObjStm>>stream"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := countPages(b); n < 0 || n > maxPages {
			t.Errorf("%d pages", n)
		}
	})
}
