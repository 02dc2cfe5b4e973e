package boxtest

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"preau"
	"preau/edge/box"
	"preau/edge/directory/demo"
	"preau/edge/timetable"
	"preau/media/catalogue/publisher"
	"preau/provisioning/authority"
	"preau/provisioning/enrol"
	"preau/sync/bucket/s3test"
	"preau/sync/lake"
	"preau/sync/segment"
)

// Borne is one enrolled box as a child process, with an origin and a store of
// the test's own that can be cut and slowed.
type Borne struct {
	t         testing.TB
	Data      string
	Repo      string // the publisher's
	Accounts  []box.Account
	Origin    *Origin
	Store     *s3test.Server
	Authority *authority.Authority
	CA        string // path of the authority's certificate
	HTTPS     bool   // set before Start: the box serves both faces
	Address   string // where it listens; empty: on any free port

	tls  string
	url  atomic.Pointer[string]
	cmd  *exec.Cmd
	dead chan struct{}
	log  string
}

// Origin serves the published sample. Slow is a pause before each 32 KiB; Cut
// drops every connection.
type Origin struct {
	*httptest.Server
	Dir  string
	Slow atomic.Int64 // nanoseconds
	Cut  atomic.Bool
}

// NewBorne publishes the sample, starts a store and enrols a box; Start runs
// it.
func NewBorne(t testing.TB) *Borne {
	t.Helper()
	b := &Borne{t: t, Data: filepath.Join(t.TempDir(), "box"), Store: s3test.Start(t)}
	repo, public := filepath.Join(t.TempDir(), "publisher"), filepath.Join(t.TempDir(), "public")
	b.Repo = repo
	root := Publish(t, repo, public)
	b.Origin = newOrigin(t, public)
	var err error
	dir := filepath.Join(t.TempDir(), "authority")
	b.CA = filepath.Join(dir, "ca.crt")
	if b.Authority, err = authority.Init(dir, authority.Info{ID: "essai", Name: "Essai"}, preau.SystemClock()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(b.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	bundle, err := enrol.NewBundle(b.Authority, enrol.BundleOptions{Root: root,
		Config: enrol.Config{UAI: "9999991F", School: "Essai", Academie: "essai", Zone: "A", Box: "box-1", Line: enrol.Line{Busy: "1 Gbit/s"}, // nobody waits for the end of a lesson here

			Catalogue: enrol.Catalogue{URL: b.Origin.URL}, Store: enrol.Store{URL: b.Store.URL},
			Pace: map[string]string{"attendance": "300ms", "learning": "500ms", "telemetry": "1s",
				"message": "300ms", "case": "300ms"}},
		Credentials: &enrol.Credentials{AccessKey: b.Store.Cred.AccessKey, SecretKey: b.Store.Cred.SecretKey}}, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	if err := enrol.Apply(t.Context(), b.Data, bundle, enrol.Local{Authority: b.Authority}); err != nil {
		t.Fatal(err)
	}
	b.Accounts, err = box.SeedData(t.Context(), b.Data, box.Seed{Roster: demo.Roster(1),
		Week: func(class, person func(string) string) []timetable.Slot {
			return timetable.DemoWeek(class(demo.ClassA), class(demo.ClassB), person(demo.TeacherFrench), person(demo.TeacherMaths))
		}})
	if err != nil {
		t.Fatal(err)
	}
	b.log = filepath.Join(t.TempDir(), "box.log")
	t.Cleanup(b.Kill)
	return b
}

// Publish makes, signs and publishes the sample, and more folders of items, and
// returns the root that boxes pin.
func Publish(t testing.TB, repo, public string, more ...string) []byte {
	t.Helper()
	path, err := publisher.Init(repo, publisher.InitOptions{Keys: 1, Threshold: 1, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := publisher.Open(t.Context(), repo)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sample := filepath.Join(Repository(), "media", "sample")
	if _, err := r.Add(t.Context(), append(more, filepath.Join(sample, "items")), publisher.AddOptions{Taxons: filepath.Join(sample, "taxons.json")}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Sign(t.Context(), publisher.SignOptions{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Publish(t.Context(), public, time.Now()); err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func newOrigin(t testing.TB, dir string) *Origin {
	o := &Origin{Dir: dir}
	files := http.FileServer(http.Dir(dir))
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.Cut.Load() {
			panic(http.ErrAbortHandler)
		}
		files.ServeHTTP(slowWriter{w, o, r.Context()}, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// slowWriter is a thin line.
type slowWriter struct {
	http.ResponseWriter
	o   *Origin
	ctx context.Context
}

func (w slowWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if pause := time.Duration(w.o.Slow.Load()); pause > 0 {
			select {
			case <-w.ctx.Done():
				return n, w.ctx.Err()
			case <-time.After(pause):
			}
		}
		k, err := w.ResponseWriter.Write(p[:min(len(p), 32<<10)])
		n, p = n+k, p[k:]
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Start runs preau serve and waits for its ready line.
func (b *Borne) Start() {
	b.t.Helper()
	bin, err := Binary()
	if err != nil {
		b.t.Fatal(err)
	}
	log, err := os.OpenFile(b.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	defer log.Close()
	address := b.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	args := []string{"serve", "--data", b.Data, "--http", address}
	if b.HTTPS {
		args = append(args, "--https", "127.0.0.1:0")
	}
	cmd := exec.Command(bin, args...)
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, w, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	w.Close()
	b.cmd, b.dead = cmd, make(chan struct{})
	go func() { _ = cmd.Wait(); close(b.dead) }() // Kill and Stop wait for it
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() { _, _ = io.Copy(io.Discard, out); out.Close() }() // ends with the child
	url, secure, ok := strings.Cut(strings.TrimPrefix(line, "ready http="), " ")
	b.tls = strings.TrimPrefix(strings.TrimSpace(secure), "https=")
	if err != nil || !ok {
		text, _ := os.ReadFile(b.log)
		b.t.Fatalf("the box is not ready: %q %v\n%s", line, err, text[max(0, len(text)-3000):])
	}
	b.url.Store(&url)
}

// URL is where the box answers now.
func (b *Borne) URL() string { return *b.url.Load() }

// Named is where the box answers over HTTPS by its name, which a browser that
// trusts CA resolves to this machine.
func (b *Borne) Named() string { return strings.Replace(b.tls, "127.0.0.1", "preau.local", 1) }

// Kill is the power cut.
func (b *Borne) Kill() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill() // it may be dead
		<-b.dead
		b.cmd = nil
	}
}

// Stop asks it to end, and gives its exit code.
func (b *Borne) Stop() int {
	b.t.Helper()
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.t.Fatal(err)
	}
	select {
	case <-b.dead:
	case <-time.After(10 * time.Second):
		b.t.Fatal("the box did not stop within 10 s")
	}
	code := b.cmd.ProcessState.ExitCode()
	b.cmd = nil
	return code
}

// Log is what the box wrote, over all its lives.
func (b *Borne) Log() string {
	text, err := os.ReadFile(b.log)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// Collect signs receipts until the test ends.
func (b *Borne) Collect() {
	key, cert, err := b.Authority.Receipts()
	if err != nil {
		b.t.Fatal(err)
	}
	signer := segment.Signer{Key: key}
	signer.Chain = append(signer.Chain, cert)
	c := lake.NewCollector(b.Store.Bucket(b.t), b.Authority.Pool(), b.Authority.ID, signer, preau.SystemClock(), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.Serve(ctx, 500*time.Millisecond) }) // a store that is cut is waited for
	b.t.Cleanup(func() { cancel(); wg.Wait() })
}
