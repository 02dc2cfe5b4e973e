package eleve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/edge/pages/eleve"
	"preau/edge/plan"
	"preau/edge/progress"
	"preau/edge/timetable"
	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/trust"
	"preau/media/fetch"
	"preau/media/stream"
	"preau/sync/journal"
)

const sample = "../../../media/sample"

// school is the pupils' side of a box: real stores, the sample catalogue
// published and fetched, the invented school, two origins on loopback.
type school struct {
	url      string
	full     atomic.Bool // the network: films wait
	packs    string
	access   *access.Access
	dir      *directory.Directory
	items    *catalogue.Catalogue
	progress *progress.Progress
	journal  *journal.Journal
	class    directory.Class
	pupil    directory.Person
	code     string
	plans    *plan.Plans
	lessons  *timetable.Timetable
	homework plan.Plan
	clock    preau.Clock
	posts    chan string // paths of what tablets send, once recorded
	down     atomic.Bool // the API cannot take anything
	mute     atomic.Bool // the next answer of the API is lost
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// publish makes the sample catalogue as its publisher does.
func publish(ctx context.Context, t testing.TB, now time.Time) (root []byte, out string) {
	t.Helper()
	repo, out := t.TempDir(), filepath.Join(t.TempDir(), "origin")
	rootFile := must[string](t)(publisher.Init(repo, publisher.InitOptions{Keys: 1, Threshold: 1, Now: now}))
	r := must[*publisher.Repository](t)(publisher.Open(ctx, repo))
	defer r.Close()
	checked, err := r.Add(ctx, []string{filepath.Join(sample, "items")}, publisher.AddOptions{Taxons: filepath.Join(sample, "taxons.json")})
	if err != nil {
		t.Fatalf("add the sample: %v (%d items looked at)", err, len(checked))
	}
	must[publisher.Signed](t)(r.Sign(ctx, publisher.SignOptions{Now: now}))
	must[publisher.Published](t)(r.Publish(ctx, out, now))
	return must[[]byte](t)(os.ReadFile(rootFile)), out
}

func newSchool(t testing.TB) *school {
	t.Helper()
	ctx, clock := context.Background(), preau.SystemClock()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s := &school{posts: make(chan string, 1000), clock: clock}
	db := must[*sqlite.DB](t)(sqlite.Open(ctx, filepath.Join(t.TempDir(), "preau.db"), clock))
	t.Cleanup(func() { _ = db.Close() })
	blobs := must[*blob.Store](t)(blob.Open(filepath.Join(t.TempDir(), "blobs"), 0))
	s.journal = must[*journal.Journal](t)(journal.Open(ctx, db, clock))
	s.progress = must[*progress.Progress](t)(progress.Open(ctx, db, s.journal, progress.Config{}))
	s.plans = must[*plan.Plans](t)(plan.Open(ctx, plan.Config{DB: db, Journal: s.journal, Facts: s.facts}))

	s.lessons = must[*timetable.Timetable](t)(timetable.Open(ctx, db, time.UTC))

	root, origin := publish(ctx, t, clock.Now())
	s.items = must[*catalogue.Catalogue](t)(catalogue.Open(ctx, catalogue.Config{DB: db, Clock: clock, Held: blobs, Root: root, Log: log}))
	must[bool](t)(s.items.Refresh(ctx, trust.Folder(origin)))
	wanted := must[[]catalogue.Want](t)(s.items.Wanted(ctx, 1000))
	var wants []fetch.Want
	for _, w := range wanted {
		wants = append(wants, fetch.Want{Digest: w.Digest, Size: w.Size})
	}
	ok(t, (&fetch.Fetcher{Store: blobs, Sources: []fetch.Source{fetch.NewFolder(origin)}, Log: log}).Run(ctx, wants))
	must[bool](t)(s.items.Settle(ctx))

	s.dir = must[*directory.Directory](t)(directory.Open(ctx, db))
	must[directory.Diff](t)(s.dir.Apply(ctx, demo.Roster(1)))
	s.access = must[*access.Access](t)(access.Open(ctx, access.Deps{DB: db, Directory: s.dir, Clock: clock, Log: log, Secret: []byte(strings.Repeat("s", 32))}))
	s.class = must[[]directory.Class](t)(s.dir.Classes(ctx))[0]
	for _, c := range must[[]directory.Class](t)(s.dir.Classes(ctx)) {
		if c.Name == "6eA" {
			s.class = c
		}
	}
	s.pupil = must[[]directory.Person](t)(s.dir.Pupils(ctx, s.class.ID))[3]
	s.code = must[access.Credential](t)(s.access.IssueCredential(ctx, s.pupil.ID)).Secret
	s.homework = s.give(ctx, t)
	s.serve(t, blobs, log)
	return s
}

// facts are what progress knows, as the box tells it to the plans.
func (s *school) facts(ctx context.Context, pid string, items []string) (map[string]plan.Fact, error) {
	facts := map[string]plan.Fact{}
	for _, item := range items {
		e, err := s.progress.Best(ctx, pid, item)
		if err != nil {
			return nil, err
		}
		facts[item] = plan.Fact{Begun: !e.Updated.IsZero(), Done: e.Done, Best: e.Best}
	}
	return facts, nil
}

// serve wires the routes as the box does.
func (s *school) serve(t testing.TB, blobs *blob.Store, log *slog.Logger) {
	t.Helper()
	mux, packs := http.NewServeMux(), http.NewServeMux()
	kit := &httpkit.Kit{Log: log}
	address := os.Getenv("PREAU_PREVIEW")
	if address == "" {
		address = "127.0.0.1:0"
	}
	main := httptest.NewUnstartedServer(nil)
	main.Listener = must[net.Listener](t)(net.Listen("tcp", address))
	second := httptest.NewServer(packs)
	t.Cleanup(second.Close)
	s.packs = second.URL

	site := must[*web.Site](t)(web.New(web.Options{School: "Collège de la Clairière", Log: log}))
	site.Install(mux)
	ok(t, eleve.Install(mux, eleve.Deps{
		Site: site, Catalogue: s.items, Progress: s.progress, Access: s.access, Directory: s.dir, Log: log,
		Plans: s.plans, Cahier: s.lessons, Clock: s.clock, Zone: time.UTC,
		Courses: func(context.Context, string, []string) ([]string, error) { return nil, nil },
		Packs:   func(_ *http.Request, item string) string { return s.packs + "/p/" + item + "/-/" },
		Text: func(ctx context.Context, sha256 string, limit int64) ([]byte, error) {
			d, err := blob.ParseDigest(sha256)
			if err != nil {
				return nil, err
			}
			f, _, err := blobs.Open(d)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return io.ReadAll(io.LimitReader(f, limit))
		},
	}))
	kit.HandleFunc(mux, "/blobs/{sha256}", stream.Handler(stream.Deps{Blobs: blobs,
		Meta: func(r *http.Request, d blob.Digest) (stream.Meta, error) {
			mime, err := s.items.Mime(r.Context(), d)
			if s.full.Load() && strings.HasPrefix(mime, "video/") {
				err = preau.E(preau.RateLimited, "the network is full", "Try again in a moment.", nil)
			}
			return stream.Meta{MIME: mime}, err
		},
		Allow: func(*http.Request, blob.Digest) error { return nil },
	}))
	s.installAPI(mux, kit)
	kit.HandleFunc(packs, "/p/", stream.PackHandler(stream.PackDeps{Blobs: blobs,
		File: func(r *http.Request, item, path string) (blob.Digest, string, error) {
			a, err := s.items.AssetByPath(r.Context(), item, path)
			if err != nil {
				return blob.Digest{}, "", err
			}
			d, err := blob.ParseDigest(a.SHA256)
			return d, a.Mime, err
		},
		Host: func(*http.Request) string { return s.url },
	}))
	packs.HandleFunc("/done", func(w http.ResponseWriter, _ *http.Request) { // an exercise that is over at once
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><title>x</title><script>parent.postMessage({type: "preau.result", score: 4, max: 5, completed: true,
			answers: [{question: 1, found: true}, {question: 2, found: false}]}, "*")</script>`)
	})
	_, port, _ := net.SplitHostPort(second.Listener.Addr().String())
	main.Config.Handler = httpkit.Secure(web.CSP(port), http.NewCrossOriginProtection().Handler(mux))
	main.Start()
	t.Cleanup(main.Close)
	s.url = main.URL
}

// installAPI is the little of package api that the pages post to: the same
// stores behind it, and faults on demand.
func (s *school) installAPI(mux *http.ServeMux, kit *httpkit.Kit) {
	for path, take := range map[string]func(r *http.Request, who progress.Who, raw []byte) error{
		"/api/v1/progress": func(r *http.Request, who progress.Who, raw []byte) error {
			post, err := progress.ParsePost(raw)
			if err == nil {
				_, err = s.progress.Post(r.Context(), who, post)
			}
			return err
		},
		"/api/v1/launches": func(r *http.Request, who progress.Who, raw []byte) error {
			var l progress.Launch
			if err := strictly(raw, &l); err != nil {
				return err
			}
			return s.progress.Launch(r.Context(), who, l)
		},
		"/api/v1/results": func(r *http.Request, who progress.Who, raw []byte) error {
			var res progress.Result
			if err := strictly(raw, &res); err != nil {
				return err
			}
			_, err := s.progress.Result(r.Context(), who, res)
			return err
		},
	} {
		kit.HandleFunc(mux, "POST "+path, func(w http.ResponseWriter, r *http.Request) error {
			session, ok := s.access.Session(r)
			if !ok {
				return preau.E(preau.Unauthorized, "nobody is signed in", "", nil)
			}
			raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, progress.MaxPost))
			if err != nil {
				return err
			}
			if s.down.Load() {
				return preau.E(preau.Unavailable, "not now", "", nil)
			}
			if err := take(r, progress.Who{Person: session.Person, Group: session.Group}, raw); err != nil {
				return err
			}
			s.posts <- path
			if s.mute.CompareAndSwap(true, false) {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(http.StatusNoContent)
			return nil
		})
	}
}

// strictly decodes as the API does: known fields only.
func strictly(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// watch leaves the pupil in the middle of a film, and one film finished.
func (s *school) watch(t testing.TB, item string, seconds, length float64) {
	t.Helper()
	post := progress.Post{ID: preau.NewID(), Item: item, Registration: preau.NewID(), At: time.Now(),
		Segments: []progress.Segment{{0, int64(seconds * 1000)}}, Position: int64(seconds * 1000), Length: int64(length * 1000)}
	must[progress.Entry](t)(s.progress.Post(t.Context(), progress.Who{Person: s.pupil.ID, Group: s.class.ID}, post))
}

// TestPreview serves the school at the address in PREAU_PREVIEW until it is
// interrupted: PREAU_PREVIEW=127.0.0.1:8090 go test -run TestPreview -timeout 0
func TestPreview(t *testing.T) {
	if os.Getenv("PREAU_PREVIEW") == "" {
		t.Skip("PREAU_PREVIEW is not set")
	}
	s := newSchool(t)
	s.watch(t, "ark:/99999/lf-adjectif-1", 14, 38)
	t.Logf("open %s, be %s of %s with %s", s.url, s.pupil.Name(), s.class.Name, s.code)
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	<-ctx.Done()
}
