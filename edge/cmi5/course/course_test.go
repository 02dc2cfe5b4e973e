package course_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"preau"
	"preau/edge/cmi5/course"
)

const texts = `<title><langstring lang="fr">T</langstring></title><description><langstring>D</langstring></description>`

func structure(inner string) string {
	return `<?xml version="1.0" encoding="utf-8"?><courseStructure xmlns="` + course.Namespace + `"><course id="https://ex.org/c">` + texts + `</course>` + inner + `</courseStructure>`
}

func au(id, attrs, url string) string {
	return fmt.Sprintf(`<au id="https://ex.org/%s" %s>%s<url>%s</url></au>`, id, attrs, texts, url)
}

func zipped(t testing.TB, files ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		if strings.HasPrefix(files[i+1], "->") {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(raw []byte) (*course.Package, error) {
	return course.Read(bytes.NewReader(raw), int64(len(raw)))
}

func TestReadsACourse(t *testing.T) {
	inner := `<objectives><objective id="https://ex.org/o">` + texts + `</objective></objectives>` +
		`<block id="https://ex.org/b">` + texts + `<objectives><objective idref="https://ex.org/o"/></objectives>` +
		au("1", `moveOn="Passed" masteryScore=" 0.8500" launchMethod="OwnWindow"`, " a/1.html?x=1 ") + `</block>` +
		`<au id="https://ex.org/2">` + texts + `<url>https://ex.org/far</url><launchParameters> p </launchParameters><entitlementKey>k</entitlementKey><x:v xmlns:x="urn:x"><x:w/></x:v></au>`
	p, err := read(zipped(t, "cmi5.xml", structure(inner), "a/1.html", "<p>"))
	if err != nil {
		t.Fatal(err)
	}
	aus := p.Course.AUs()
	if len(aus) != 2 || len(p.Files) != 1 || p.Course.Title.In("fr") != "T" {
		t.Fatalf("got %+v", p)
	}
	one, two := aus[0], aus[1]
	if one.URL != "a/1.html?x=1" || one.Online || *one.MasteryScore != 0.85 || one.MoveOn != course.Passed || one.LaunchMethod != course.OwnWindow {
		t.Errorf("first AU: %+v", one)
	}
	if !two.Online || two.LaunchParameters != "p" || two.EntitlementKey != "k" || two.MoveOn != course.NotApplicable || two.LaunchMethod != course.AnyWindow {
		t.Errorf("second AU: %+v", two)
	}
}

func TestReadsAThousandUnitsAndAStructureAlone(t *testing.T) {
	var b strings.Builder
	for i := range 1500 {
		b.WriteString(au(fmt.Sprint(i), "", fmt.Sprintf("https://ex.org/u/%d", i)))
	}
	p, err := read([]byte("\xef\xbb\xbf" + structure(b.String())))
	if err != nil || len(p.Course.AUs()) != 1500 {
		t.Fatal(err)
	}
}

func TestRefuses(t *testing.T) {
	one := au("1", "", "https://ex.org/1")
	for _, c := range []struct{ name, xml, says string }{
		{"not xml", "<courseStructure", "not well-formed"},
		{"empty", "", "empty"},
		{"other namespace", strings.Replace(structure(one), "v1/Course", "v0/Course", 1), "the root is"},
		{"doctype", "<!DOCTYPE x [<!ENTITY a \"b\">]>" + structure(one), "document type"},
		{"entity", structure(strings.Replace(one, "<url>", "<url>&a;", 1)), "not well-formed"},
		{"no au", structure(""), "no au or block"},
		{"no course", `<courseStructure xmlns="` + course.Namespace + `">` + one + `</courseStructure>`, "no course"},
		{"same id", structure(one + one), "comes twice"},
		{"block's id", structure(`<block id="https://ex.org/1">` + texts + one + `</block>`), "comes twice"},
		{"empty block", structure(`<block id="https://ex.org/b">` + texts + `</block>`), "no au or block"},
		{"relative id", structure(strings.Replace(one, "https://ex.org/1", "un", 1)), "has the id"},
		{"no title", structure(strings.Replace(one, texts, "", 1)), "no title"},
		{"order", structure(`<au id="https://ex.org/1"><url>https://ex.org</url>` + texts + `</au>`), "no title"},
		{"unknown element", structure(strings.Replace(one, "<url>", "<uri/><url>", 1)), "no url"},
		{"unknown attribute", structure(au("1", `moveon="Passed"`, "https://ex.org")), "unknown attribute"},
		{"moveOn", structure(au("1", `moveOn="passed"`, "https://ex.org")), "moveOn"},
		{"launchMethod", structure(au("1", `launchMethod="Frame"`, "https://ex.org")), "launchMethod"},
		{"mastery over 1", structure(au("1", `masteryScore="1.1"`, "https://ex.org")), "masteryScore"},
		{"mastery fine", structure(au("1", `masteryScore="0.12345"`, "https://ex.org")), "masteryScore"},
		{"mastery exponent", structure(au("1", `masteryScore="1e-1"`, "https://ex.org")), "masteryScore"},
		{"objective", structure(strings.Replace(one, "<url>", `<objectives><objective idref="https://ex.org/no"/></objectives><url>`, 1)), "refers to the objective"},
		{"relative url alone", structure(au("1", "", "a.html")), "no package"},
		{"script url", structure(au("1", "", "javascript:alert(1)")), "has the url"},
		{"reserved", structure(au("1", "", "https://ex.org/?fetch=1")), "parameter fetch"},
		{"language", structure(strings.Replace(one, `lang="fr"`, `lang="f r"`, 1)), "language"},
		{"deep", structure(strings.Repeat(`<block id="https://ex.org/b">`, 50)), "without end"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, []byte(c.xml), c.says) })
	}
	ok := structure(au("1", "", "a.html"))
	for _, c := range []struct {
		name, says string
		files      []string
	}{
		{"no structure", "no cmi5.xml", []string{"sub/cmi5.xml", ok}},
		{"no such file", "no such file", []string{"cmi5.xml", ok}},
		{"other case", "no such file", []string{"cmi5.xml", ok, "A.html", ""}},
		{"climbs", "names the file", []string{"cmi5.xml", ok, "a.html", "", "../b", ""}},
		{"absolute", "names the file", []string{"cmi5.xml", ok, "a.html", "", "/b", ""}},
		{"drive", "names the file", []string{"cmi5.xml", ok, "a.html", "", "C:\\b", ""}},
		{"link", "link or a device", []string{"cmi5.xml", ok, "a.html", "", "b", "->/etc/passwd"}},
		{"cases", "has both", []string{"cmi5.xml", ok, "a.html", "", "A.html", ""}},
		{"twice", "has both", []string{"cmi5.xml", ok, "a.html", "", "a.html", ""}},
		{"bomb", "swells", []string{"cmi5.xml", ok, "a.html", strings.Repeat("\x00", 32<<20)}},
		{"url climbs", "leaves the package", []string{"cmi5.xml", structure(au("1", "", "../a.html")), "a.html", ""}},
		{"url climbs encoded", "leaves the package", []string{"cmi5.xml", structure(au("1", "", "%2e%2e/a.html")), "a.html", ""}},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, zipped(t, c.files...), c.says) })
	}
	refused(t, zipped(t, "cmi5.xml", ok)[:40], "broken zip")
}

func refused(t *testing.T, raw []byte, says string) {
	t.Helper()
	_, err := read(raw)
	if err == nil || !strings.Contains(err.Error(), says) || preau.RemedyOf(err) == "" {
		t.Fatalf("got %v, want %q and a remedy", err, says)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(structure(au("1", `masteryScore="0.5"`, "https://ex.org/1"))))
	f.Add(zipped(f, "cmi5.xml", structure(au("1", "", "a.html")), "a.html", "x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := read(raw)
		if err == nil && len(p.Course.AUs()) == 0 {
			t.Error("a course without an AU")
		}
	})
}
