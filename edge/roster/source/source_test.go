package source_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"preau"
	"preau/edge/roster/source"
)

func open(t testing.TB, name, text string) (*source.File, error) {
	t.Helper()
	files, err := source.Open([]source.Input{{Name: name, Data: []byte(text)}})
	if err != nil {
		return nil, err
	}
	return files[0], nil
}

// walk reads everything an importer could.
func walk(f *source.File) (texts []string, err error) {
	switch f.Kind {
	case source.XML:
		err = f.Each(func(d *xml.Decoder, el xml.StartElement) error {
			if el.Name.Local != "NOM" {
				return nil
			}
			var s string
			if err := d.DecodeElement(&s, &el); err != nil {
				return err
			}
			texts = append(texts, s)
			return nil
		})
	case source.CSV:
		err = f.Rows(func(r source.Row) error {
			texts = append(texts, r.Get("nom"))
			return nil
		})
	default:
		var text io.ReadCloser
		if text, err = f.Text(); err == nil {
			defer text.Close()
			_, err = io.Copy(io.Discard, text)
		}
	}
	return texts, err
}

func TestOpen_EncodingsAndKinds(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		kind source.Kind
	}{
		"xml latin-9":         {"<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>\n<A><NOM>\xbcuvrard \xc9lo\xefse</NOM></A>", source.XML},
		"xml utf-8":           {"<?xml version=\"1.0\" encoding=\"UTF-8\"?><A><NOM>Œuvrard Éloïse</NOM></A>", source.XML},
		"xml bom":             {"\xef\xbb\xbf<?xml version=\"1.0\"?><A><NOM>Œuvrard Éloïse</NOM></A>", source.XML},
		"xml bom, relabelled": {"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?><A><NOM>Œuvrard Éloïse</NOM></A>", source.XML},
		"xml bare":            {"<A><!-- a > b - <i> \n--><NOM><![CDATA[Œuvrard Éloïse]]></NOM></A>", source.XML},
		"csv latin-9":         {"N\xb0;Nom\r\n1;\"\xbcuvrard \xc9lo\xefse\"\r\n", source.CSV},
		"csv 1252":            {"Nom,x\n\x8cuvrard \xc9lo\xefse,1\n", source.CSV},
		"csv utf-8":           {"Nom;x\nŒuvrard Éloïse;1\n", source.CSV},
		"csv bom":             {"\xef\xbb\xbfNom\tx\nŒuvrard Éloïse\t1", source.CSV},
		"aaf doctype":         {`<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE ficAlimMENESR SYSTEM "ficAlimMENESR.dtd"><ficAlimMENESR><NOM>Œuvrard Éloïse</NOM></ficAlimMENESR>`, source.XML},
	} {
		f, err := open(t, name, c.raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := walk(f)
		if err != nil || f.Kind != c.kind || len(got) != 1 || got[0] != "Œuvrard Éloïse" {
			t.Errorf("%s: %q %s, %v", name, got, f.Kind, err)
		}
	}
	if f, err := open(t, "x.ics", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"); err != nil || f.Kind != source.Calendar {
		t.Errorf("calendar: %+v, %v", f, err)
	}
}

func TestOpen_ArchiveOfSeveralFiles(t *testing.T) {
	f := zipped(t, map[string]string{"dir/a.xml": "<A/>", "users.csv": "sourcedId,status\n1,x\n", "__MACOSX/a.xml": "junk"})
	files, err := source.Open([]source.Input{{Name: "export.zip", Data: f}, {Name: "b.xml", Data: []byte("<B/>")}})
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	roots := map[string]bool{}
	for _, f := range files {
		roots[f.Root+f.Archive] = true
	}
	if !roots["Aexport.zip"] || !roots["B"] || !roots["export.zip"] {
		t.Fatalf("%v", roots)
	}
}

func TestHostile_RefusedWithAWayOut(t *testing.T) {
	laughs := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY l2 "&lol;&lol;&lol;&lol;">]><A><NOM>&l2;</NOM></A>`
	for name, raw := range map[string]string{
		"billion laughs":   laughs,
		"external entity":  `<!DOCTYPE A [<!ENTITY x SYSTEM "file:///etc/passwd">]><A><NOM>&x;</NOM></A>`,
		"external dtd":     `<!DOCTYPE A SYSTEM "http://example.org/a.dtd"><A/>`,
		"late dtd":         `<A><!DOCTYPE A [<!ENTITY x "y">]><NOM>&x;</NOM></A>`,
		"false aaf":        `<!DOCTYPE ficAlimMENESR SYSTEM "http://example.org/x"><A/>`,
		"unknown entity":   `<A><NOM>&lol;</NOM></A>`,
		"cut":              `<A><NOM>Exem`,
		"cut tag":          `<A><NOM>Exem</NO`,
		"crossed":          `<A><NOM>Exem</A></NOM>`,
		"utf-8 as latin":   `<?xml version="1.0" encoding="ISO-8859-15"?><A><NOM>Éloïse</NOM></A>`,
		"latin as utf-8":   "<?xml version=\"1.0\" encoding=\"UTF-8\"?><A><NOM>\xc9lo\xefse</NOM></A>",
		"unknown encoding": `<?xml version="1.0" encoding="EBCDIC"?><A><NOM>x</NOM></A>`,
		"utf-16":           "\xff\xfe<\x00A\x00/\x00>\x00",
		"empty":            " \n ",
		"bad archive":      "PK\x03\x04nonsense",
		"empty archive":    string(zipped(t, nil)),
		"nested archive":   string(zipped(t, map[string]string{"in.zip": "PK"})),
		"deep":             strings.Repeat("<A>", 100_000),
		"many":             "<A>" + strings.Repeat("<B/>", 1_000_001) + "</A>",
		"long text":        "<A><NOM>" + strings.Repeat("x", 1<<20) + "</NOM></A>",
		"long tag":         "<A " + strings.Repeat("x", 1<<20) + "='1'/>",
		"long comment":     "<A><!--" + strings.Repeat("<b>", 1<<20) + "--></A>",
		"long line":        "nom;x\n" + strings.Repeat("x", 1<<20),
		"long quote":       "nom;x\n\"" + strings.Repeat("x\n", 1<<20),
		"bare quote":       "nom;x\na\"b;1\n",
		"many columns":     strings.Repeat("a;", 1000) + "\n",
	} {
		f, err := open(t, name, raw)
		if err == nil {
			_, err = walk(f)
		}
		if err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %v (%s), want a refusal with a remedy", name, err, preau.RemedyOf(err))
		}
	}
}

// TestHostile_MemoryStaysBounded feeds archives of a megabyte that unfold to
// one line, one text and one comment of 1 GB, and counts what they make the
// box allocate.
func TestHostile_MemoryStaysBounded(t *testing.T) {
	for name, begin := range map[string]string{"xml": "<A><NOM>", "comment": "<A><!--", "csv": "nom;prenom\n\"", "zeroes": "<A>\x00"} {
		for declared, size := range map[string]uint64{"honest": 1 << 30, "lying": 1000} {
			raw := bomb(t, begin, size)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := open(t, name, raw)
			if err == nil {
				_, err = walk(f)
			}
			runtime.ReadMemStats(&after)
			if err == nil || preau.RemedyOf(err) == "" {
				t.Errorf("%s, %s: %v, want a refusal", name, declared, err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
				t.Errorf("%s, %s: %d bytes allocated for a file that is refused", name, declared, used)
			}
		}
	}
	endless := make([]byte, source.MaxUpload+1)
	if _, err := source.Open([]source.Input{{Name: "x", Data: endless}}); preau.KindOf(err) != preau.TooLarge {
		t.Errorf("endless upload: %v", err)
	}
}

// bomb is an archive of 1 GB that begins with text and declares size.
func bomb(t testing.TB, begin string, size uint64) string {
	t.Helper()
	var block, whole bytes.Buffer
	fw, err := flate.NewWriter(&block, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	flush := func(s []byte) []byte {
		block.Reset()
		_, _ = fw.Write(s)
		if err := fw.Flush(); err != nil {
			t.Fatal(err)
		}
		return bytes.Clone(block.Bytes())
	}
	data := flush([]byte(begin))
	flush(bytes.Repeat([]byte{'a'}, 1<<20))
	fw.Reset(&block) // a block that refers to nothing before it
	unit := flush(bytes.Repeat([]byte{'a'}, 1<<20))
	data = append(data, bytes.Repeat(unit, 1<<10)...)
	z := zip.NewWriter(&whole)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "a.xml", Method: zip.Deflate, CompressedSize64: uint64(len(data)), UncompressedSize64: size})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return whole.String()
}

func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{"14/03/2015": "2015-03-14", "2015-03-14": "2015-03-14", "31/02/2015": "", "": "", "14/03/0001": ""} {
		if got := source.Date(in); got != want {
			t.Errorf("date %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]bool{"123456789FF": true, "1234567890A": true, "1234A56789B": true, "123456789F": false, "12345678901": false, "": false} {
		if got := source.INE("x", in) != ""; got != want {
			t.Errorf("INE %q: %v, want %v", in, got, want)
		}
	}
	for in, want := range map[string]string{"6EME": "018", "5EME GENERALE": "020", "CM1": "014", "CE2": "013", "CP": "010", "cours préparatoire": "010", "2NDE": "", "60": ""} {
		if got := source.Level(in); !strings.HasSuffix(got, want) || (want == "") != (got == "") {
			t.Errorf("level %q: %q, want …%s", in, got, want)
		}
	}
	if got := source.Clean("  Le\u00a0Goff\t\x07 "); got != "Le Goff" {
		t.Errorf("clean: %q", got)
	}
}

func TestWant_RefusesAnotherSchoolAndYear(t *testing.T) {
	w := source.Want{UAI: "9999991F", Year: 2026}
	if w.CheckUAI("9999991F") != nil || w.CheckYear(" 2026 ") != nil {
		t.Fatal("refused its own")
	}
	for _, err := range []error{w.CheckUAI("0750654D"), w.CheckUAI("9999991G"), w.CheckUAI(""), w.CheckYear("2025"), w.CheckYear("")} {
		if preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%v", err)
		}
	}
}

// FuzzOpen: any bytes are refused with words, or read.
func FuzzOpen(f *testing.F) {
	for _, seed := range []string{"<A><NOM>x</NOM></A>", "nom;x\n\"a\";1\n", "PK\x03\x04", "BEGIN:VCALENDAR\n", "<!DOCTYPE", "\xef\xbb\xbf<A/>", "<A><![CDATA[x]]>"} {
		f.Add([]byte(seed))
	}
	f.Add(zipped(f, map[string]string{"a.csv": "nom\nx\n"}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		files, err := source.Open([]source.Input{{Name: "fuzz", Data: raw}})
		for _, file := range files {
			if _, bad := walk(file); bad != nil && err == nil {
				err = bad
			}
		}
		var e *preau.Error
		if err != nil && (!errors.As(err, &e) || preau.RemedyOf(err) == "") {
			t.Fatalf("%v is not for people", err)
		}
	})
}
