package roster_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster"
	"preau/edge/roster/source"
	"preau/internal/httpkit"
	"preau/internal/sqlite"
)

type fixed time.Time

func (f fixed) Now() time.Time        { return time.Time(f) }
func (fixed) State() preau.ClockState { return preau.ClockSynced }

// kit is a directory and the importer before it; lessons are what the
// timetable was given.
type kit struct {
	dir     *directory.Directory
	imp     *roster.Importer
	lessons *source.Timetable
	week    string // what is stored, undone with its transaction
}

func open(t testing.TB) *kit {
	t.Helper()
	clock := fixed(time.Date(2026, 9, 3, 8, 0, 0, 0, time.UTC))
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "preau.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	k := &kit{}
	if k.dir, err = directory.Open(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	k.imp = roster.New(roster.Config{Directory: k.dir, School: directory.School{UAI: "9999991F", Name: "Collège d’essai"}, Clock: clock, Timetable: k.take})
	return k
}

func (k *kit) take(tx *sqlite.Tx, table *source.Timetable) (c source.TimetableChange, err error) {
	names, err := directory.Resolve(tx, table.Source)
	if err != nil {
		return c, err
	}
	k.lessons = table
	was, now := k.week, ""
	for _, s := range table.Slots {
		if names.Class(s.Class) == "" || names.Person(s.Teachers[0]) == "" {
			c.Unknown++
			continue
		}
		now += fmt.Sprint(s.Day, s.Start, names.Subject(s.Subject), ";")
	}
	if was != now {
		c.Changed = 1
		k.week = now
		tx.OnUndo(func() { k.week = was })
	}
	return c, nil
}

// sample reads a file of the formats' own tests.
func sample(t testing.TB, path string) source.Input {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return source.Input{Name: filepath.Base(path), Data: raw}
}

func college(t testing.TB) []source.Input {
	t.Helper()
	return []source.Input{
		sample(t, "sts/testdata/emp_sts_9999991F_2026.xml"), sample(t, "siecle/testdata/ResponsablesAvecAdresses.xml"), sample(t, "siecle/testdata/ElevesSansAdresses.xml"),
		sample(t, "siecle/testdata/Structures.xml"), sample(t, "siecle/testdata/Nomenclature.xml"), sample(t, "sts/testdata/sts_emp_9999991F_2026.xml"),
	}
}

func TestImport_AWholeCollegeAtOnce(t *testing.T) {
	k := open(t)
	dry, err := k.imp.Preview(t.Context(), college(t), roster.Options{})
	if err != nil || dry.Applied || dry.Empty || dry.Summary != "4 join; lessons: 0 new, 1 changed, 0 gone" {
		t.Fatalf("%+v, %v", dry, err)
	}
	if _, err := k.dir.School(t.Context()); preau.KindOf(err) != preau.NotFound || k.week != "" {
		t.Fatalf("a preview left traces: %v, %q", err, k.week)
	}
	done, err := k.imp.Apply(t.Context(), college(t), roster.Options{})
	if err != nil || !done.Applied || done.Counts[string(directory.Guardian)].Join != 2 || len(done.Files) != 6 || done.Files[0].Format != "STS" {
		t.Fatalf("%+v, %v", done, err)
	}
	if k.week != "Monday 510Anglais lv1;Friday 840Anglais lv1;Tuesday 600Anglais lv1;" {
		t.Fatalf("%q", k.week)
	}
	again, err := k.imp.Apply(t.Context(), college(t), roster.Options{})
	if err != nil || !again.Empty || again.Summary != "no change" {
		t.Fatalf("%+v, %v", again, err)
	}
	for _, one := range college(t) { // each alone, and zipped
		var z bytes.Buffer
		if err := roster.Pack(&z, []source.Input{one}); err != nil {
			t.Fatal(err)
		}
		for _, in := range []source.Input{one, {Name: one.Name + ".zip", Data: z.Bytes()}} {
			if alone, err := k.imp.Apply(t.Context(), []source.Input{in}, roster.Options{}); err != nil || !alone.Empty {
				t.Errorf("%s alone: %+v, %v", in.Name, alone, err)
			}
		}
	}
	school, err := k.dir.School(t.Context())
	if err != nil || school.Year != 2026 {
		t.Fatalf("%+v, %v", school, err)
	}
}

func TestImport_AnswersAreForWhatWasAsked(t *testing.T) {
	k := open(t)
	file := func(key, birth string) []source.Input {
		raw := string(sample(t, "siecle/testdata/ElevesSansAdresses.xml").Data)
		raw = strings.NewReplacer("1001", key, "14/03/2015", birth, "<INE_RNIE>123456789FF</INE_RNIE>", "", "6A", "6B").Replace(raw)
		return []source.Input{{Name: "e.xml", Data: []byte(raw)}}
	}
	first := file("1001", "")
	if _, err := k.imp.Apply(t.Context(), first, roster.Options{}); err != nil {
		t.Fatal(err)
	}
	onde := []source.Input{{Name: "o.csv", Data: []byte("Nom élève;Prénom élève;Date naissance;Libellé classe\nEXEMPLE;Lou;14/03/2015;6C\n")}}
	dry, err := k.imp.Preview(t.Context(), onde, roster.Options{})
	if err != nil || len(dry.Doubts) != 1 || dry.Summary != "1 possible duplicate to settle" {
		t.Fatalf("%+v, %v", dry, err)
	}
	doubt := dry.Doubts[0]
	if text := dry.Text(5); !strings.Contains(text, "--settle "+doubt.Key+"="+doubt.Candidates[0].ID) || !strings.Contains(text, "--settle "+doubt.Key+"=new") {
		t.Fatal(text)
	}
	if _, err := k.imp.Apply(t.Context(), onde, roster.Options{}); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("applied in doubt: %v", err)
	}
	if _, err := k.imp.Apply(t.Context(), onde, roster.Options{Settled: map[string]string{"onde/typo": "new"}}); preau.KindOf(err) != preau.Invalid {
		t.Fatalf("an answer to no question: %v", err)
	}
	done, err := k.imp.Apply(t.Context(), onde, roster.Options{Settled: map[string]string{doubt.Key: doubt.Candidates[0].ID}})
	if err != nil || done.Counts[string(directory.Pupil)].Join != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	pupils, err := k.dir.With(t.Context(), directory.Pupil)
	if err != nil || len(pupils) != 1 {
		t.Fatalf("%d pupils, %v", len(pupils), err)
	}
}

func TestImport_Refuses(t *testing.T) {
	k := open(t)
	eleves := sample(t, "siecle/testdata/ElevesSansAdresses.xml")
	for name, c := range map[string]struct {
		in   source.Input
		opts roster.Options
	}{
		"last year's file": {eleves, roster.Options{Year: 2025}},
		"unknown xml":      {source.Input{Name: "a.xml", Data: []byte("<A/>")}, roster.Options{}},
		"absences":         {source.Input{Name: "a.xml", Data: []byte("<exportAbsence/>")}, roster.Options{}},
		"a web page":       {source.Input{Name: "a.html", Data: []byte("<html><body>Session expirée</body></html>")}, roster.Options{}},
		"unknown table":    {source.Input{Name: "a.csv", Data: []byte("a;b\n1;2\n")}, roster.Options{}},
		"a picture":        {source.Input{Name: "a.png", Data: []byte("\x89PNG\r\n\x1a\n\x00\x00")}, roster.Options{}},
		"nothing":          {source.Input{Name: "a.csv"}, roster.Options{}},
		"too long a name":  {source.Input{Name: "e.xml", Data: bytes.Replace(eleves.Data, []byte("EXEMPLE"), bytes.Repeat([]byte("X"), 200), 1)}, roster.Options{}},
	} {
		_, err := k.imp.Apply(t.Context(), []source.Input{c.in}, c.opts)
		if err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %v (%s), want a refusal with a remedy", name, err, preau.RemedyOf(err))
		}
	}
	nobody := roster.New(roster.Config{Directory: k.dir, Clock: fixed(time.Now())})
	if _, err := nobody.Preview(t.Context(), []source.Input{eleves}, roster.Options{}); preau.KindOf(err) != preau.Unavailable {
		t.Errorf("a box without a school: %v", err)
	}
	if people, _ := k.dir.With(t.Context(), directory.Pupil); len(people) != 0 {
		t.Errorf("a refused file left %d pupils", len(people))
	}
}

func TestSchoolYear(t *testing.T) {
	for day, want := range map[string]int{"2026-07-31": 2025, "2026-08-01": 2026, "2027-01-10": 2026} {
		at, _ := time.Parse(time.DateOnly, day)
		if got := roster.SchoolYear(at); got != want {
			t.Errorf("%s: %d, want %d", day, got, want)
		}
	}
}

// admin is the importer behind its handlers; log is what they logged.
func admin(t testing.TB, k *kit) (http.Handler, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	hk := &httpkit.Kit{Log: slog.New(slog.NewTextHandler(log, nil))}
	mux := http.NewServeMux()
	k.imp.InstallAdmin(func(pattern string, h httpkit.Handler) { hk.HandleFunc(mux, pattern, h) })
	return mux, log
}

func TestAdmin_EnvelopeAndForm(t *testing.T) {
	k := open(t)
	h, log := admin(t, k)
	post := func(path, kind string, body []byte) (int, roster.Report) {
		r := httptest.NewRequest("POST", path, bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Accept", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if strings.Contains(w.Body.String()+log.String(), "123456789FF") {
			t.Errorf("%s: the national number is out: %s %s", path, w.Body, log)
		}
		var report roster.Report
		_ = json.Unmarshal(w.Body.Bytes(), &report)
		return w.Code, report
	}
	var envelope bytes.Buffer
	if err := roster.Pack(&envelope, college(t)); err != nil {
		t.Fatal(err)
	}
	if code, dry := post("/admin/roster/preview?year=2026", "application/octet-stream", envelope.Bytes()); code != 200 || dry.Applied || dry.Counts["National_elv"].Join != 1 {
		t.Errorf("%d %+v", code, dry)
	}
	var form bytes.Buffer
	mw := multipart.NewWriter(&form)
	for _, in := range college(t) {
		w, _ := mw.CreateFormFile("file", in.Name)
		_, _ = w.Write(in.Data)
	}
	mw.Close()
	if code, done := post("/admin/roster/apply", mw.FormDataContentType(), form.Bytes()); code != 200 || !done.Applied || done.Counts["National_elv"].Join != 1 {
		t.Errorf("%d %+v", code, done)
	}
	// The same number for somebody else: a doubt, told without the number.
	stranger := strings.NewReplacer("1001", "1002", "EXEMPLE", "AUTRE", "14/03/2015", "15/03/2015")
	var other bytes.Buffer
	raw := sample(t, "siecle/testdata/ElevesSansAdresses.xml")
	raw.Data = []byte(stranger.Replace(string(raw.Data)))
	if err := roster.Pack(&other, []source.Input{raw}); err != nil {
		t.Fatal(err)
	}
	if code, dry := post("/admin/roster/preview", "application/octet-stream", other.Bytes()); code != 200 || len(dry.Doubts) != 1 || dry.Doubts[0].Why != "same-number" {
		t.Errorf("%d %+v", code, dry)
	}
	if code, _ := post("/admin/roster/apply", "application/octet-stream", other.Bytes()); code != http.StatusConflict {
		t.Errorf("%d, want a conflict", code)
	}
	for name, c := range map[string]struct {
		path string
		body []byte
		code int
	}{
		"no envelope": {"/admin/roster/apply", []byte("x"), 400},
		"bad answer":  {"/admin/roster/apply?settle=x", envelope.Bytes(), 400},
		"bad year":    {"/admin/roster/apply?year=26", envelope.Bytes(), 400},
		"too much":    {"/admin/roster/apply", make([]byte, source.MaxUpload+2<<20), 413},
		"squeezed":    {"/admin/roster/apply", squeezed(t), 413},
		"wrong year":  {"/admin/roster/apply?year=2025", envelope.Bytes(), 400},
	} {
		if code, _ := post(c.path, "application/octet-stream", c.body); code != c.code {
			t.Errorf("%s: %d, want %d", name, code, c.code)
		}
	}
}

// squeezed is an envelope that unfolds: Pack never makes one.
func squeezed(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("a.xml")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(make([]byte, 1<<20))
	z.Close()
	return out.Bytes()
}
