package roster_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster"
	"preau/internal/sqlite"
)

var want = roster.Want{School: directory.School{UAI: "9999991F", Name: "Collège d’essai"}, Year: 2026}

func sample(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/ElevesSansAdresses.xml")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// file makes an export of pupils, in ISO-8859-15 as SIECLE does.
func file(pupils ...string) []byte {
	text := `<?xml version="1.0" encoding="ISO-8859-15"?><BEE_ELEVES VERSION="3.0"><PARAMETRES><UAJ>9999991F</UAJ><ANNEE_SCOLAIRE>2026</ANNEE_SCOLAIRE><DATE_EXPORT>02/09/2026</DATE_EXPORT></PARAMETRES><DONNEES><ELEVES>` +
		strings.Join(pupils, "") + `</ELEVES><STRUCTURES>`
	for i := range pupils {
		text += fmt.Sprintf(`<STRUCTURES_ELEVE ELEVE_ID="%d"><STRUCTURE><CODE_STRUCTURE>6A</CODE_STRUCTURE><TYPE_STRUCTURE>D</TYPE_STRUCTURE></STRUCTURE></STRUCTURES_ELEVE>`, i+1)
	}
	text += `</STRUCTURES></DONNEES></BEE_ELEVES>`
	latin := strings.NewReplacer("Œ", "\xbc", "œ", "\xbd", "é", "\xe9", "É", "\xc9", "ï", "\xef", "Ÿ", "\xbe").Replace(text)
	return []byte(latin)
}

func pupil(id int, given, family, more string) string {
	return fmt.Sprintf(`<ELEVE ELEVE_ID="%d"><NOM_DE_FAMILLE>%s</NOM_DE_FAMILLE><PRENOM>%s</PRENOM>%s</ELEVE>`, id, family, given, more)
}

func read(t *testing.T, raw []byte) (directory.Roster, roster.Report) {
	t.Helper()
	r, report, err := roster.Siecle(bytes.NewReader(raw), want)
	if err != nil {
		t.Fatal(err)
	}
	return r, report
}

func TestSiecle_ReadsTheSampleIntoTheDirectory(t *testing.T) {
	r, report := read(t, sample(t))
	if len(r.People) != 1 || r.People[0].Given != "Lou" || r.Classes[0].Name != "6A" || report.Groups != 1 {
		t.Fatalf("%+v %+v", r, report)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d, err := directory.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if diff, err := d.Apply(t.Context(), r); err != nil || len(diff.Added) != 2 || diff.Enrolled != 1 {
		t.Fatalf("%+v, %v", diff, err)
	}
	again, _ := read(t, sample(t))
	if diff, err := d.Apply(t.Context(), again); err != nil || !diff.Empty() {
		t.Fatalf("the same file twice: %+v, %v", diff, err)
	}
}

func TestSiecle_NamesInTheirEncoding(t *testing.T) {
	raw := file(pupil(1, "Éloïse", "Œuvrard", ""), pupil(2, "Noé", "DUPONT", "<NOM_USAGE>Cœur</NOM_USAGE>"),
		pupil(3, "Parti", "Hier", "<DATE_SORTIE>01/09/2026</DATE_SORTIE>"), pupil(4, "Part", "Demain", "<DATE_SORTIE>01/12/2026</DATE_SORTIE>"))
	r, report := read(t, raw)
	if len(r.People) != 3 || r.People[0].Given != "Éloïse" || r.People[0].Family != "Œuvrard" || r.People[1].Family != "Cœur" || report.Left != 1 {
		t.Fatalf("%+v %+v", r.People, report)
	}
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	w, _ := z.Create("ElevesSansAdresses.xml")
	_, _ = w.Write(raw)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if inside, _ := read(t, zipped.Bytes()); len(inside.People) != 3 {
		t.Fatalf("%d pupils in the archive", len(inside.People))
	}
}

func TestSiecle_RefusesOtherFiles(t *testing.T) {
	good := string(sample(t))
	for name, raw := range map[string]string{
		"another school": strings.ReplaceAll(good, "9999991F", "0750654D"),
		"wrong letter":   strings.ReplaceAll(good, "9999991F", "9999991G"),
		"last year":      strings.Replace(good, "<ANNEE_SCOLAIRE>2026", "<ANNEE_SCOLAIRE>2025", 1),
		"another file":   `<BEE_RESPONSABLES/>`,
		"cut":            good[:len(good)/2],
		"empty":          "",
		"no school":      `<BEE_ELEVES VERSION="3.0"/>`,
		"entities":       `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><BEE_ELEVES>&b;</BEE_ELEVES>`,
		"encoding":       strings.Replace(good, "ISO-8859-15", "EBCDIC", 1),
		"twice":          string(file(pupil(1, "A", "B", ""), pupil(1, "A", "B", ""))),
		"honest bomb":    bomb(t, 100<<20, 100<<20),
		"lying bomb":     bomb(t, 8<<20, 1000),
		"not an archive": "PK\x03\x04nonsense",
	} {
		_, _, err := roster.Siecle(strings.NewReader(raw), want)
		if err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %v (%s), want a refusal with a remedy", name, err, preau.RemedyOf(err))
		}
	}
}

// bomb is an archive that unfolds to size bytes and declares others. Its
// blocks are compressed once and repeated.
func bomb(t *testing.T, size, declared int) string {
	t.Helper()
	var block, whole bytes.Buffer
	fw, err := flate.NewWriter(&block, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fw.Write(make([]byte, 1<<20))
	if err := fw.Flush(); err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat(block.Bytes(), size>>20)
	z := zip.NewWriter(&whole)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "a.xml", Method: zip.Deflate, CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(declared)})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return whole.String()
}

// FuzzSiecle: any file is refused or gives a roster within bounds.
func FuzzSiecle(f *testing.F) {
	f.Add(sample(f))
	f.Add(file(pupil(1, "Éloïse", "Œuvrard", "")))
	f.Add([]byte(`<?xml version="1.0"?><BEE_ELEVES><PARAMETRES><UAJ>9999991F</UAJ><ANNEE_SCOLAIRE>2026</ANNEE_SCOLAIRE></PARAMETRES><ELEVE ELEVE_ID="1"/></BEE_ELEVES>`))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, _, err := roster.Siecle(bytes.NewReader(raw), want)
		if err != nil {
			return
		}
		keys := map[string]bool{}
		for _, p := range r.People {
			if p.Key == "" || keys[p.Key] {
				t.Fatalf("key %q", p.Key)
			}
			keys[p.Key] = true
		}
		for _, e := range r.Enrolments {
			if !keys[e.Person] {
				t.Fatalf("enrolment of nobody: %+v", e)
			}
		}
	})
}
