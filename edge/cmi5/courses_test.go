package cmi5_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/internal/sqlite"
	"preau/media/blob"
)

func packaged(t *testing.T, page, url string) []byte {
	t.Helper()
	words := `<title><langstring lang="fr">Fractions</langstring></title><description><langstring lang="fr">D</langstring></description>`
	xml := `<courseStructure xmlns="` + course.Namespace + `"><course id="https://ex.org/c">` + words + `</course><au id="https://ex.org/au" moveOn="Passed">` + words + `<url>` + url + `</url></au></courseStructure>`
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{"cmi5.xml": xml, "a/index.html": page} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCourses_ImportKeepsWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	blobs, err := blob.Open(filepath.Join(dir, "content"), 0)
	if err != nil {
		t.Fatal(err)
	}
	waiting := t.TempDir()
	courses, err := cmi5.OpenCourses(t.Context(), db, blobs, waiting)
	if err != nil {
		t.Fatal(err)
	}
	e, err := courses.Import(t.Context(), bytes.NewReader(packaged(t, "<p>un", "a/index.html")))
	if err != nil || e.Title != "Fractions" || e.Units != 1 || e.Files != 1 {
		t.Fatalf("got %+v, %v", e, err)
	}
	// A broken package changes nothing; the same course again replaces.
	if _, err := courses.Import(t.Context(), bytes.NewReader(packaged(t, "<p>deux", "b.html"))); err == nil || preau.KindOf(err) != preau.Invalid {
		t.Errorf("a broken package: %v", err)
	}
	if got := served(t, courses, blobs, e.ID); got != "<p>un" {
		t.Errorf("after a refusal: %q", got)
	}
	if _, err := courses.Import(t.Context(), bytes.NewReader(packaged(t, "<p>trois", "a/index.html"))); err != nil {
		t.Fatal(err)
	}
	if got := served(t, courses, blobs, e.ID); got != "<p>trois" {
		t.Errorf("after another import: %q", got)
	}
	list, err := courses.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Publisher != "https://ex.org/c" || list[0].Files != 1 {
		t.Errorf("listed %+v, %v", list, err)
	}
	c, err := courses.Course(t.Context(), e.ID)
	if err != nil || c.AUs()[0].MoveOn != course.Passed {
		t.Errorf("read back %+v, %v", c, err)
	}
	if _, err := courses.Course(t.Context(), "no"); preau.KindOf(err) != preau.NotFound {
		t.Errorf("no such course: %v", err)
	}
	if left, err := os.ReadDir(waiting); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func served(t *testing.T, c *cmi5.Courses, blobs *blob.Store, id string) string {
	t.Helper()
	d, err := c.File(t.Context(), id, "a/index.html")
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := blobs.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
