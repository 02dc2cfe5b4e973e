package report_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/attendance"
	"preau/edge/attendance/report"
)

var made = time.Date(2027, 7, 5, 10, 0, 0, 0, time.UTC)

func year() report.Year {
	return report.Year{Format: "preau-register/1", UAI: "0750654D", School: "Collège de l’Œuvre", Class: "6eA", From: "2026-09-01", To: "2027-08-31", Made: made,
		Lessons: []report.Lesson{
			{Start: made.Add(-time.Hour), Taken: made.Add(-time.Hour), By: "GARNIER Claire", Expected: 30, Marks: []report.Mark{
				{Pupil: "=ÉLÈVE Zoé", State: attendance.Absent}, {Pupil: "NGUYEN Léo", State: attendance.Late, Minutes: 12}}},
			{Start: made, Taken: made, By: "GARNIER Claire", Expected: 30, Marks: []report.Mark{}},
		},
		Pupils: []report.Pupil{{Name: "=ÉLÈVE Zoé", Family: "=ÉLÈVE", Given: "Zoé", Justified: 2, Unjustified: 1, Lates: 3}}}
}

func authority(t *testing.T) (report.Signer, *x509.CertPool) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "box"}, NotBefore: made.Add(-time.Hour), NotAfter: made.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return report.Signer{Key: private, Chain: []*x509.Certificate{leaf}}, pool
}

func archive(t *testing.T, s report.Signer) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteArchive(&b, year(), time.UTC, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(b []byte, roots *x509.CertPool) (report.Verified, error) {
	return report.Verify(bytes.NewReader(b), int64(len(b)), roots)
}

// TestArchive_ProvesAndBetrays: the archive as made verifies; altered, resigned
// by another, or unsigned, it does not.
func TestArchive_ProvesAndBetrays(t *testing.T) {
	signer, roots := authority(t)
	whole := archive(t, signer)
	v, err := verify(whole, roots)
	if err != nil || v.UAI != "0750654D" || v.Class != "6eA" || len(v.Files) != 4 {
		t.Fatalf("%+v, %v", v, err)
	}
	stranger, _ := authority(t)
	for name, c := range map[string]struct {
		b    []byte
		kind preau.Kind
	}{
		"altered":    {alter(t, whole, "registre.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("absence"), []byte("retard "), 1) }), preau.Untrusted},
		"file added": {alter(t, whole, "autre.pdf", func([]byte) []byte { return []byte("x") }), preau.Untrusted},
		"redated":    {alter(t, whole, "signature.json", func(b []byte) []byte { return bytes.Replace(b, []byte("2027-07-05T10"), []byte("2027-07-05T09"), 1) }), preau.Untrusted},
		"stranger":   {archive(t, stranger), preau.Untrusted},
		"unsigned":   {archive(t, report.Signer{}), preau.Untrusted},
		"cut":        {whole[:len(whole)/2], preau.Invalid},
	} {
		if _, err := verify(c.b, roots); err == nil || preau.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// alter rewrites one file of an archive, or adds it.
func alter(t *testing.T, whole []byte, name string, with func([]byte) []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	seen := false
	write := func(name string, content []byte) {
		f, err := out.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == name {
			seen, content = true, with(content)
		}
		write(f.Name, content)
	}
	if !seen {
		write(name, with(nil))
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPDF_IsReadByAReader: poppler finds the words, accents and all.
func TestPDF_IsReadByAReader(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed; make test installs poppler-utils")
	}
	path := filepath.Join(t.TempDir(), "r.pdf")
	var b bytes.Buffer
	if err := report.WritePDF(&b, year(), time.UTC); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Registre d’appel", "Collège de l’Œuvre", "ÉLÈVE Zoé (absence)", "NGUYEN Léo (retard 12 min)", "tous présents", "page 1/1"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the document lacks %q:\n%s", want, out)
		}
	}
}

func TestTables_NoFormulaAndLSU(t *testing.T) {
	var csv, lsu bytes.Buffer
	if err := report.WriteCSV(&csv, year(), time.UTC); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(csv.String(), ";'=ÉLÈVE Zoé;absence;") || strings.Count(csv.String(), "\r\n") != 4 {
		t.Errorf("%s", csv.String())
	}
	if err := report.WriteLSU(&lsu, year()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(lsu.String(), `<vie-scolaire nb-retards="3" nb-abs-justifiees="2" nb-abs-injustifiees="1">`) {
		t.Errorf("%s", lsu.String())
	}
}

func TestSchoolYear(t *testing.T) {
	for at, want := range map[string]string{"2026-09-01": "2026-09-01", "2027-08-31": "2026-09-01", "2027-01-15": "2026-09-01"} {
		day, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		if from, to := report.SchoolYear(day); from.Format(time.DateOnly) != want || to.Sub(from) < 364*24*time.Hour {
			t.Errorf("%s: %s to %s", at, from, to)
		}
	}
}
