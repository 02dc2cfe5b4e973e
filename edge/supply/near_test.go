package supply_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/edge/box/boxtest"
	"preau/edge/supply"
	"preau/edge/timetable"
	"preau/internal/sqlite"
	"preau/internal/telemetry"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/provisioning/enrol"
	"preau/sync/budget"
	"preau/sync/journal"
)

// place is an origin, a stick that is not plugged in yet, and a box.
type place struct {
	*supply.Supply
	dir, public, stick string
	origin             *httptest.Server
	dead, noBlobs      atomic.Bool // the origin answers nothing; no blobs
	items              *catalogue.Catalogue
	metrics            telemetry.Registry
	log                shared
	start              func()
}

// shelf wants all that the catalogue misses.
type shelf struct{ *catalogue.Catalogue }

func (shelf) MakeRoom(context.Context) error { return nil }

func (shelf) NoRoom(context.Context) error { return nil }

func (shelf) Report(preau.Progress) {}

type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newPlace(t *testing.T, label string) *place {
	t.Helper()
	p := &place{dir: t.TempDir()}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p.public, p.stick = filepath.Join(p.dir, "public"), filepath.Join(p.dir, "mnt", "stick")
	root := boxtest.Publish(t, filepath.Join(p.dir, "repo"), p.public)
	must(os.MkdirAll(p.stick, 0o755))
	must(os.CopyFS(filepath.Join(p.stick, "preau"), os.DirFS(p.public)))
	must(os.WriteFile(filepath.Join(p.stick, "preau", "stick.json"), []byte(label), 0o644))
	p.plug(t, false)
	files := http.FileServer(http.Dir(p.public))
	p.origin = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isBlob := strings.HasPrefix(r.URL.Path, "/blobs/")
		if p.dead.Load() || isBlob && p.noBlobs.Load() {
			http.NotFound(w, r)
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(p.origin.Close)

	clock, log := preau.SystemClock(), slog.New(slog.NewTextHandler(&p.log, nil))
	data := filepath.Join(p.dir, "box")
	db, err := sqlite.Open(t.Context(), filepath.Join(p.dir, "preau.db"), clock)
	must(err)
	t.Cleanup(func() { db.Close() })
	j, err := journal.Open(t.Context(), db, clock)
	must(err)
	store, err := blob.Open(filepath.Join(data, "content"), 0)
	must(err)
	p.items, err = catalogue.Open(t.Context(), catalogue.Config{DB: db, Clock: clock, Held: store, Root: root, Log: log})
	must(err)
	lessons, err := timetable.Open(t.Context(), db, time.UTC)
	must(err)
	p.start = func() {
		t.Helper()
		p.Supply, err = supply.Open(t.Context(), supply.Deps{Config: enrol.Config{UAI: "0750654D", Zone: "C", Catalogue: enrol.Catalogue{URL: p.origin.URL}},
			Data: data, Items: p.items, Blobs: store, Journal: j, Clock: clock, Log: log, Metrics: &p.metrics, Shelf: shelf{p.items}, Zone: time.UTC, Timetable: lessons,
			Calendar: filepath.Join(p.dir, "calendrier.json"), Rooms: func() bool { return false }})
		must(err)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			p.Run(ctx, filepath.Join(p.dir, "mountinfo"), filepath.Join(p.dir, "mnt"))
		}()
		t.Cleanup(func() {
			stop()
			<-ended
		})
	}
	return p
}

// plug writes the kernel's table of mounts, with the stick or without.
func (p *place) plug(t *testing.T, in bool) {
	t.Helper()
	table := ""
	if in {
		table = "31 22 8:17 / " + p.stick + " rw - exfat /dev/sdb1 rw\n"
	}
	if err := os.WriteFile(filepath.Join(p.dir, "mountinfo"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (p *place) whole(t *testing.T) bool {
	t.Helper()
	g, err := p.items.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return g.Whole
}

func (p *place) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s\n%s", what, p.log.String())
		}
	}
}

// each changes every blob on the stick.
func (p *place) each(t *testing.T, do func(n int, path string) error) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(filepath.Join(p.stick, "preau", "blobs"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		n++
		return do(n, path)
	})
	if err != nil || n < 10 {
		t.Fatalf("%d blobs on the stick, %v", n, err)
	}
}

func label(whole bool) string {
	return fmt.Sprintf(`{"format":1,"whole":%v,"made":"2026-11-23T17:30:00Z","by":"0230019W borne-1","packs":[]}`, whole)
}

// TestStick_GivesWhatTheBoxWants before the line is asked for a byte of it,
// counted as the stick's and not as the month's.
func TestStick_GivesWhatTheBoxWants(t *testing.T) {
	p := newPlace(t, label(true))
	p.dead.Store(true)
	p.plug(t, true)
	p.start()
	p.until(t, "the stick", func() bool { return strings.Contains(p.log.String(), "plugged in") })
	p.dead.Store(false)
	p.until(t, "what the stick has", func() bool { p.Nudge(); return p.whole(t) })
	// Of a large file the origin may give some when the stick is slow.
	if used := p.Used(); used[budget.Stick] < 2*used[budget.Origin] {
		t.Errorf("%v bytes came", used)
	}
	var text bytes.Buffer
	if err := p.metrics.WriteText(&text); err != nil || !strings.Contains(text.String(), `preau_transferred_bytes_total{with="stick"}`) {
		t.Errorf("not in the metrics: %v", err)
	}
}

// TestStick_ItsCatalogueWaitsForATechnician, and one that somebody is still
// writing is not read.
func TestStick_ItsCatalogueWaitsForATechnician(t *testing.T) {
	p := newPlace(t, label(true))
	p.dead.Store(true)
	p.plug(t, true)
	p.start()
	p.until(t, "two tries", func() bool { p.Nudge(); return p.Tries() > 2 && strings.Contains(p.log.String(), "plugged in") })
	if g, err := p.items.Current(t.Context()); err != nil || g.Items > 0 || p.Used()[budget.Stick] > 0 {
		t.Errorf("a catalogue came from a stick by itself: %+v, %v", g, err)
	}

	half := newPlace(t, label(false))
	half.plug(t, true)
	half.start()
	half.until(t, "the origin's files", func() bool { return half.whole(t) })
	if n := half.Used()[budget.Stick]; n > 0 {
		t.Errorf("%d bytes came from a stick that is not whole", n)
	}
}

// TestStick_ThatIsWrongIsNamedAndDropped, and the origin gives the rest.
func TestStick_ThatIsWrongIsNamedAndDropped(t *testing.T) {
	p := newPlace(t, label(true))
	p.each(t, func(_ int, path string) error {
		b, err := os.ReadFile(path)
		if err != nil || len(b) == 0 {
			return err
		}
		b[len(b)/2] ^= 0x40
		return os.WriteFile(path, b, 0o644)
	})
	p.noBlobs.Store(true)
	p.plug(t, true)
	p.start()
	p.until(t, "the stick to be dropped", func() bool { return strings.Contains(p.log.String(), "source dropped") })
	p.noBlobs.Store(false)
	p.until(t, "the origin's files", func() bool { p.Nudge(); return p.whole(t) })
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "source dropped") && !strings.Contains(line, "0230019W borne-1") {
			t.Errorf("the stick is not named: %s", line)
		}
	}
}

// TestStick_PulledOutIsHarmless: what came stays, and the line goes on.
func TestStick_PulledOutIsHarmless(t *testing.T) {
	p := newPlace(t, label(true))
	p.each(t, func(n int, path string) error { // as far as it was read
		if n%2 == 0 {
			return os.Remove(path)
		}
		return nil
	})
	p.noBlobs.Store(true)
	p.start()
	p.until(t, "the catalogue", func() bool { return strings.Contains(p.log.String(), "catalogue switched") })
	p.plug(t, true)
	p.until(t, "the stick's half", func() bool { return p.Used()[budget.Stick] > 100_000 })
	if err := os.RemoveAll(filepath.Join(p.stick, "preau")); err != nil {
		t.Fatal(err)
	}
	p.plug(t, false)
	p.noBlobs.Store(false)
	p.until(t, "the rest", func() bool { p.Nudge(); return p.whole(t) })
	if strings.Contains(p.log.String(), "wrong blob") {
		t.Errorf("a stick that was pulled out is called wrong:\n%s", p.log.String())
	}
}
