package refresh_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/edge/box/boxtest"
	"preau/edge/refresh"
	"preau/internal/line"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/sync/budget"
	"preau/sync/journal"
)

// school's clock stands where the test puts it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func (*clock) State() preau.ClockState { return preau.ClockSynced }

func (c *clock) set(hour int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Date(c.at.Year(), c.at.Month(), c.at.Day(), hour, 0, 0, 0, time.UTC)
}

// origin counts what is asked of a published catalogue.
type origin struct {
	*httptest.Server
	root         []byte
	files, blobs atomic.Int32
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	dir := t.TempDir()
	o := &origin{root: boxtest.Publish(t, filepath.Join(dir, "repo"), filepath.Join(dir, "public"))}
	files := http.FileServer(http.Dir(filepath.Join(dir, "public")))
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/blobs/") {
			o.blobs.Add(1)
		} else {
			o.files.Add(1)
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// world is a refresher on a box of its own.
type world struct {
	data   string
	items  *catalogue.Catalogue
	budget *budget.Budget
	*refresh.Refresher
}

// newWorld opens one; it lives until the test ends.
func newWorld(t *testing.T, root []byte, address string, c preau.Clock, w budget.Words, proxy *url.URL) *world {
	t.Helper()
	b := &world{data: t.TempDir()}
	log := slog.New(slog.DiscardHandler)
	db, err := sqlite.Open(t.Context(), filepath.Join(b.data, "preau.db"), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	j, err := journal.Open(t.Context(), db, c)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(filepath.Join(b.data, "content"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if b.items, err = catalogue.Open(t.Context(), catalogue.Config{DB: db, Clock: c, Held: blobs, Root: root, Log: log}); err != nil {
		t.Fatal(err)
	}
	policy, err := budget.Parse(w)
	if err != nil {
		t.Fatal(err)
	}
	b.budget = budget.Open(t.Context(), budget.Config{Policy: policy, Data: b.data, Clock: c, Zone: time.UTC, Log: log, Pulse: 10 * time.Millisecond,
		Day: func(_ context.Context, day time.Time) (budget.Day, error) {
			at := func(hour int) time.Time {
				return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, time.UTC)
			}
			return budget.Day{From: at(8), Until: at(17)}, nil
		},
		Changed: func() {
			if b.Refresher != nil {
				b.Nudge()
			}
		}})
	carry := b.budget.Transport(budget.Origin, line.Transport(proxy))
	b.Refresher, err = refresh.New(refresh.Deps{Items: b.items, Blobs: blobs, Journal: j, Clock: c, Log: log, URL: address, Data: b.data,
		Mirror: filepath.Join(b.data, "catalogue"), Client: line.Client(carry), Files: line.Client(line.NoPages(carry)), Budget: b.budget})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = b.Serve(ctx) })        // ends with ctx, without an error
	work.Go(func() { _ = b.budget.Serve(ctx) }) // the same
	t.Cleanup(func() {
		stop()
		work.Wait()
	})
	return b
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for " + what)
		}
		time.Sleep(5 * time.Millisecond) // the refresher has its own pace
	}
}

func (b *world) whole(t *testing.T) bool {
	g, err := b.items.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return g.Whole
}

// TestHours_FilesWaitForTheNight while the catalogue itself is known at once;
// a technician need not wait.
func TestHours_FilesWaitForTheNight(t *testing.T) {
	o := newOrigin(t)
	night := budget.Words{When: "night", First: "waits"}
	c := &clock{at: time.Now()}
	c.set(10)
	b := newWorld(t, o.root, o.URL, c, night, nil)
	until(t, "the first try", func() bool { return b.Tries() > 0 })
	if o.files.Load() == 0 || o.blobs.Load() > 0 || b.whole(t) {
		t.Fatalf("%d files of the catalogue and %d blobs were asked for in a lesson", o.files.Load(), o.blobs.Load())
	}
	if p, err := refresh.ReadProblem(b.data); p != nil || err != nil {
		t.Errorf("waiting is told as a problem: %+v, %v", p, err)
	}
	c.set(21)
	until(t, "the night's files", func() bool { return b.whole(t) })
	if n := b.budget.Used()[budget.Origin]; n < 5_000_000 {
		t.Errorf("%d bytes are counted", n)
	}

	c2 := &clock{at: time.Now()}
	c2.set(10)
	asked := newWorld(t, o.root, o.URL, c2, night, nil)
	until(t, "the first try", func() bool { return asked.Tries() > 0 })
	asked.budget.Now(t.Context())
	until(t, "what a technician asked for", func() bool { return asked.whole(t) && asked.budget.State().Why == budget.Hours })

	c3 := &clock{at: time.Now()}
	c3.set(10)
	empty := newWorld(t, o.root, o.URL, c3, budget.Words{When: "night"}, nil)
	until(t, "the first filling", func() bool { return empty.whole(t) })
}

// TestMonth_EndsInTheMiddle: what came stays, and the rest waits for the next
// month without being told as a fault.
func TestMonth_EndsInTheMiddle(t *testing.T) {
	o := newOrigin(t)
	c := &clock{at: time.Now()}
	b := newWorld(t, o.root, o.URL, c, budget.Words{Month: "2 MB"}, nil)
	until(t, "the end of the allowance", func() bool { return b.budget.State().Why == budget.Spent && b.Tries() > 0 })
	if used := b.budget.State().Used; b.whole(t) || used > 3_000_000 {
		t.Errorf("%d bytes came of 2 MB; whole: %v", used, b.whole(t))
	}
	if p, err := refresh.ReadProblem(b.data); p != nil || err != nil {
		t.Errorf("waiting is told as a problem: %+v, %v", p, err)
	}
	c.mu.Lock()
	c.at = c.at.AddDate(0, 1, 0)
	c.mu.Unlock()
	until(t, "the next month", func() bool { return b.budget.State().Open })
}

// TestProblem_NamesWhatStandsInTheWay in the file that preau status reads.
func TestProblem_NamesWhatStandsInTheWay(t *testing.T) {
	o := newOrigin(t)
	var mode atomic.Value
	mode.Store("password")
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mode.Load() {
		case "password":
			if _, _, ok := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth(); !ok {
				w.WriteHeader(http.StatusProxyAuthRequired)
				return
			}
		case "portal":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<h1>Bienvenue</h1>")
			return
		case "circle":
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
			return
		case "length":
			if strings.HasPrefix(r.URL.Path, "/blobs/") {
				_, _ = io.WriteString(w, "short")
				return
			}
		}
		r.URL.Scheme, r.URL.Host, r.RequestURI = "http", o.Listener.Addr().String(), ""
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	defer gate.Close()
	proxy, err := url.Parse(gate.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{at: time.Now()}
	const address = "http://catalogue.example"
	for name, words := range map[string]string{
		"password": "wants a name and a password", "portal": "a web page answers instead of catalogue.example",
		"circle": "without end", "length": "offers 5 bytes for a blob of",
	} {
		mode.Store(name)
		b := newWorld(t, o.root, address, c, budget.Words{}, proxy)
		until(t, name, func() bool {
			p, err := refresh.ReadProblem(b.data)
			return err == nil && p != nil && strings.Contains(p.Text, words) && p.Remedy != ""
		})
	}
	mode.Store("password")
	proxy.User = url.UserPassword("borne", "secret")
	b := newWorld(t, o.root, address, c, budget.Words{}, proxy)
	until(t, "a filling through the proxy", func() bool { return b.whole(t) })
}
