package privacy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/edge/privacy"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

type office struct {
	*privacy.Privacy
	journal *journal.Journal
	dir     *directory.Directory
	rows    map[string]int // by part
	order   []string
	fail    bool
}

func open(t *testing.T) *office {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	o := &office{rows: map[string]int{"work": 3}}
	if o.journal, err = journal.Open(t.Context(), db, preau.SystemClock()); err != nil {
		t.Fatal(err)
	}
	if o.dir, err = directory.Open(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if _, err := o.dir.Apply(t.Context(), demo.Roster(1)); err != nil {
		t.Fatal(err)
	}
	o.Privacy = privacy.New(privacy.Deps{DB: db, Journal: o.journal, Directory: o.dir, Clock: preau.SystemClock(), Zone: time.UTC, Log: slog.New(slog.DiscardHandler),
		Parts: []privacy.Part{{
			Name: "work", Stream: preau.StreamLearning,
			Purge: func(_ context.Context, before time.Time) (int64, error) {
				if before.After(time.Now().AddDate(0, -3, 0)) {
					return 0, errors.New("this year's is not past its term")
				}
				return int64(o.rows["work"]), nil
			},
			Erase: func(context.Context, string) error {
				if o.fail {
					return errors.New("the disk is full")
				}
				o.order, o.rows["work"] = append(o.order, "work"), 0
				return nil
			},
			Read: func(context.Context, string) (any, error) { return []string{"<script>film</script>"}, nil },
		}}})
	return o
}

func (o *office) pupil(t *testing.T) directory.Person {
	t.Helper()
	all, err := o.dir.With(t.Context(), directory.Pupil)
	if err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	return all[0]
}

func (o *office) verbs(t *testing.T, stream preau.Stream) (verbs []string) {
	t.Helper()
	heads, err := o.journal.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heads {
		if h.Stream != stream {
			continue
		}
		sts, err := o.journal.Range(t.Context(), stream, h.Epoch, 1, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range sts {
			verbs = append(verbs, st.Verb)
		}
	}
	return verbs
}

// TestStreams_EachHasAPurposeATermAndAPolicy: the register of processing is
// the table that purges; a stream that lacks a line of it fails here.
func TestStreams_EachHasAPurposeATermAndAPolicy(t *testing.T) {
	for _, s := range []preau.Stream{preau.StreamAttendance, preau.StreamCase, preau.StreamMessage, preau.StreamLearning, preau.StreamContent, preau.StreamTelemetry} {
		p, ok := journal.Policy(s)
		if !ok || p.Purpose == "" || p.Upstream == "" || p.Priority < 1 || !p.Keep.SchoolYear && p.Keep.Days == 0 {
			t.Errorf("stream %s: %+v", s, p)
		}
		if cut := p.Keep.Cutoff(time.Now()); !cut.Before(time.Now()) {
			t.Errorf("stream %s is deleted before it is kept: %v", s, cut)
		}
	}
}

func TestPurge_LeavesAProofWithoutAPerson(t *testing.T) {
	o := open(t)
	proof, err := o.Purge(t.Context())
	if err != nil || proof.Parts["work"] != 3 || proof.Total() != 3 || proof.Before[preau.StreamTelemetry].IsZero() {
		t.Fatalf("%+v, %v", proof, err)
	}
	if got := o.verbs(t, preau.StreamTelemetry); len(got) != 1 || got[0] != journal.VerbPurged {
		t.Errorf("the journal says %v", got)
	}
}

// TestErase_OnlyWhoLeft: and it can be run again when it was cut short.
func TestErase_OnlyWhoLeft(t *testing.T) {
	o := open(t)
	p := o.pupil(t)
	if _, err := o.Erase(t.Context(), p.ID); preau.KindOf(err) != preau.Conflict {
		t.Fatalf("erased somebody who is here: %v", err)
	}
	leave(t, o, p)
	o.fail = true
	if _, err := o.Erase(t.Context(), p.ID); err == nil {
		t.Fatal("an erasure that failed says it is done")
	}
	if _, err := o.dir.Person(t.Context(), p.ID); err != nil {
		t.Fatalf("the name went before the rest: %v", err)
	}
	o.fail = false
	if _, err := o.Erase(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := o.dir.Person(t.Context(), p.ID); preau.KindOf(err) != preau.NotFound {
		t.Errorf("the name is still there: %v", err)
	}
	if got := o.verbs(t, preau.StreamAttendance); len(got) == 0 || got[0] != journal.VerbErased {
		t.Errorf("readers of the store are not told: %v", got)
	}
}

// TestErase_TellsEveryYearOfTheJournal: in each the person had another
// pseudonym.
func TestErase_TellsEveryYearOfTheJournal(t *testing.T) {
	o := open(t)
	p := o.pupil(t)
	leave(t, o, p)
	o.Clock = ahead{2}
	if _, err := o.Erase(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if got := o.verbs(t, preau.StreamAttendance); len(got) != 3 {
		t.Errorf("readers are told of %d years, want 3: %v", len(got), got)
	}
}

// ahead is a clock some years later.
type ahead struct{ years int }

func (a ahead) Now() time.Time        { return time.Now().AddDate(a.years, 0, 0) }
func (ahead) State() preau.ClockState { return preau.ClockHeld }

// leave has the next roster come without somebody.
func leave(t *testing.T, o *office, p directory.Person) {
	t.Helper()
	r := demo.Roster(1)
	for i, one := range r.People {
		if one.Given == p.Given && one.Family == p.Family {
			key := one.Key
			r.People = append(r.People[:i:i], r.People[i+1:]...)
			r.Enrolments = without(r.Enrolments, func(e directory.Enrolment) bool { return e.Person == key })
			r.Relations = without(r.Relations, func(l directory.Relation) bool { return l.Child == key })
			break
		}
	}
	if _, err := o.dir.Apply(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func without[T any](all []T, drop func(T) bool) (kept []T) {
	for _, one := range all {
		if !drop(one) {
			kept = append(kept, one)
		}
	}
	return kept
}

func TestExport_IsReadAndEscaped(t *testing.T) {
	o := open(t)
	p := o.pupil(t)
	var b bytes.Buffer
	if err := o.Export(t.Context(), p.ID, &b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	if !strings.Contains(files["identity.json"], p.Family) || !strings.Contains(files["index.html"], p.Given) || files["work.json"] == "" {
		t.Errorf("the archive lacks something: %v", files)
	}
	if strings.Contains(files["index.html"], "<script>") {
		t.Error("what was kept runs in the page")
	}
	if err := o.Export(t.Context(), "nobody", io.Discard); preau.KindOf(err) != preau.NotFound {
		t.Errorf("%v", err)
	}
}
