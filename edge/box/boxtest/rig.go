package boxtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/box"
	"preau/edge/directory"
	"preau/edge/directory/demo"
	"preau/edge/timetable"
	"preau/provisioning/authority"
	"preau/provisioning/enrol"
	"preau/sync/bucket"
	"preau/sync/lake"
	"preau/sync/bucket/s3test"
	"preau/sync/segment"
)

// Rig is one school put together piece by piece, so that a test can break
// each: an origin, a store, an authority, and an enrolled and seeded box that
// does not run yet.
type Rig struct {
	t         testing.TB
	Data      string
	Authority *authority.Authority
	Origin    *Origin
	Accounts  []box.Account
}

// NewRig makes one. store is empty for a box that has none.
func NewRig(t testing.TB, origin *Origin, store string, cred bucket.Credentials) *Rig {
	t.Helper()
	r := &Rig{t: t, Data: filepath.Join(t.TempDir(), "box"), Origin: origin}
	var err error
	if r.Authority, err = authority.Init(filepath.Join(t.TempDir(), "authority"), authority.Info{ID: "cd00", Name: "Département"}, preau.SystemClock()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg := enrol.Config{
		UAI: "9999991F", School: "Collège de la Clairière", Academie: "exemple", Zone: "C", Authority: r.Authority.ID, Box: "box-1",
		Catalogue: enrol.Catalogue{URL: origin.URL}, Store: enrol.Store{URL: store},
		Pace: map[string]string{"attendance": "1s", "learning": "1s", "telemetry": "1s", "content": "1s"},
	}
	bundle, err := enrol.NewBundle(r.Authority, enrol.BundleOptions{Config: cfg, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}, Root: origin.Root(),
		Credentials: &enrol.Credentials{AccessKey: cred.AccessKey, SecretKey: cred.SecretKey}}, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	if err := enrol.Apply(t.Context(), r.Data, bundle, enrol.Local{Authority: r.Authority}); err != nil {
		t.Fatal(err)
	}
	r.Accounts, err = box.SeedData(t.Context(), r.Data, box.Seed{Roster: demo.Roster(1),
		Week: func(class, person func(string) string) []timetable.Slot {
			return timetable.DemoWeek(class(demo.ClassA), class(demo.ClassB), person(demo.TeacherFrench), person(demo.TeacherMaths))
		}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Serve starts the box. It is not ready yet.
func (r *Rig) Serve() *Child {
	r.t.Helper()
	return Preau(r.t, "serve", "--data", r.Data, "--http", "127.0.0.1:0")
}

// Account finds the n-th of a role.
func (r *Rig) Account(role directory.Role, n int) box.Account {
	r.t.Helper()
	for _, a := range r.Accounts {
		if a.Role == string(role) {
			if n--; n < 0 {
				return a
			}
		}
	}
	r.t.Fatalf("no such account: %s", role)
	return box.Account{}
}

// Collector answers boxes in the authority's name.
func (r *Rig) Collector(store bucket.Bucket) *lake.Collector {
	r.t.Helper()
	key, cert, err := r.Authority.Receipts()
	if err != nil {
		r.t.Fatal(err)
	}
	signer := segment.Signer{Key: key}
	signer.Chain = append(signer.Chain, cert)
	return lake.NewCollector(store, r.Authority.Pool(), r.Authority.ID, signer, preau.SystemClock(), slog.New(slog.DiscardHandler))
}

// Collect signs receipts every second, as the authority does, until the
// returned function stops it and says how many it signed.
func (r *Rig) Collect(store bucket.Bucket) (stop func() int) {
	r.t.Helper()
	collector := r.Collector(store)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int)
	go func() { // ends with stop
		signed := 0
		for {
			c, err := collector.Collect(ctx)
			signed += c.Receipts
			if err == nil && len(c.Findings) > 0 {
				r.t.Errorf("the collector found %+v", c.Findings)
			}
			select {
			case <-ctx.Done():
				done <- signed
				return
			case <-time.After(time.Second):
			}
		}
	}()
	return sync.OnceValue(func() int { cancel(); return <-done })
}

// Visible checks every blob that the box shows against its name and returns
// how many there are. checked remembers those that were read before.
func (r *Rig) Visible(checked map[string]bool) int {
	r.t.Helper()
	paths, err := filepath.Glob(filepath.Join(r.Data, "content", "blobs", "*", "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, path := range paths {
		if checked[path] {
			continue
		}
		checked[path] = true
		f, err := os.Open(path)
		if err != nil {
			r.t.Fatal(err)
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			r.t.Fatal(err)
		}
		if sum := hex.EncodeToString(h.Sum(nil)); sum != filepath.Base(path) {
			r.t.Fatalf("the box shows blob %s, whose bytes are %s", filepath.Base(path), sum)
		}
	}
	return len(paths)
}

// Whole waits until the box has all of the catalogue.
func (r *Rig) Whole(c *Child, limit time.Duration) {
	r.t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		var s struct {
			Catalogue struct{ Whole bool }
		}
		err := Get(r.t.Context(), c.HTTP+"/api/v1/status", &s)
		if err == nil && s.Catalogue.Whole {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("the catalogue is not whole after %v (%v):\n%s", limit, err, c.Log())
		}
	}
}

// Arrived waits until the store has every statement of the journal, once and
// nothing else, and proves the store clean.
func (r *Rig) Arrived(c *Child, store bucket.Bucket, limit time.Duration) map[preau.ID]bool {
	r.t.Helper()
	l := lake.New(store, r.Authority.Pool())
	var want map[preau.Stream]map[preau.ID]bool
	for deadline := time.Now().Add(limit); ; time.Sleep(300 * time.Millisecond) {
		want = readJournal(r.t, r.Data)
		missing := compare(r.t, l, want)
		if missing == 0 {
			break
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%d statements are not in the store:\n%s", missing, c.Log())
		}
	}
	sum, err := l.Verify(r.t.Context(), func(f lake.Finding) { r.t.Logf("lake: %+v", f) })
	if err != nil || sum.Faults != 0 {
		r.t.Fatalf("the store has %d faults: %v", sum.Faults, err)
	}
	r.t.Logf("in the store: %+v", sum)
	all := map[preau.ID]bool{}
	for _, ids := range want {
		for id := range ids {
			all[id] = true
		}
	}
	return all
}

// startStore runs a real store for a rig.
func startStore(t testing.TB) (*s3test.Server, bucket.Bucket) {
	t.Helper()
	s := s3test.Start(t)
	return s, s.Bucket(t)
}

func jsonOf(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
