package text_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"preau/media/catalogue/text"
)

func words(t testing.TB, mime, content string) string {
	t.Helper()
	s, err := text.Of(t.Context(), mime, strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return text.Words([]string{s}, 4000)
}

func TestWords_OfEachKind(t *testing.T) {
	var epub bytes.Buffer
	z := zip.NewWriter(&epub)
	for name, content := range map[string]string{"OEBPS/ch1.xhtml": "<h1>Le Petit Chose</h1>", "style.css": "color", "img.png": "\x89PNG"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for mime, test := range map[string]struct{ content, want string }{
		"text/vtt": {"WEBVTT cabecera\r\n\r\nSTYLE\r\n::cue { couleur }\r\n\r\nNOTE secret\r\n\r\nintro\r\n00:01.000 --> 00:02.000 align:start\r\n<v Anne>Le volcan</v> &amp; le <i>magma</i>\r\nLe volcan dort",
			"volcan magma dort"},
		"text/html": {`<!doctype html><html><head><title>Éruption</title><STYLE>p{x}</STYLE><script>var secret="<p>non"</script></head><!-- caché <p>non --><body class="zut"><p>L'&eacute;ruption de l&#39;Etna<svg/> vue</body>`,
			"eruption etna vue"},
		"text/plain":           {"Été, ÉTÉ et été ; hiver\x00\xff", "ete hiver"},
		"application/epub+zip": {epub.String(), "petit chose"},
		"video/mp4":            {"ftyp", ""},
	} {
		if got := words(t, mime, test.content); got != test.want {
			t.Errorf("%s: %q, want %q", mime, got, test.want)
		}
	}
}

func TestWords_KeepTheCommonestWithinTheLimit(t *testing.T) {
	if got := text.Words([]string{"un rare mot", "volcan volcan lave", "lave volcan"}, 12); got != "volcan lave" {
		t.Errorf("%q", got)
	}
}

func TestOf_PDFNeedsItsReader(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := exec.LookPath("pdftotext"); err == nil {
		t.Fatal("pdftotext is in an empty folder")
	}
	if _, err := text.Of(t.Context(), "application/pdf", strings.NewReader("%PDF-1.4"), 8); !errors.Is(err, text.ErrNoReader) {
		t.Errorf("%v", err)
	}
}

// FuzzOf: whatever a file holds, what comes out is words within the limit.
func FuzzOf(f *testing.F) {
	f.Add(0, "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>x")
	f.Add(1, "<script><!-- </scr")
	f.Add(1, "<a <b> &#x110000; &notit;")
	f.Add(2, "PK\x03\x04")
	f.Fuzz(func(t *testing.T, kind int, content string) {
		mime := []string{"text/vtt", "text/html", "application/epub+zip", "text/plain"}[kind&3]
		s, err := text.Of(t.Context(), mime, strings.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		if got := text.Words([]string{s}, 100); !utf8.ValidString(got) || utf8.RuneCountInString(got) > 100 || strings.ContainsAny(got, "<>\n\x00") {
			t.Fatalf("%q", got)
		}
	})
}
