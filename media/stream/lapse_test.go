package stream

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"preau/internal/express"
	"preau/internal/httpkit"
	"preau/media/blob"
)

// learned is a film of n bytes that a Direct has learned by the long way.
func learned(t *testing.T, n int, deps DirectDeps) (*Direct, blob.Digest, *express.Request) {
	t.Helper()
	store, err := blob.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, n)
	key := blob.Digest(sha256.Sum256(data))
	if err := store.Put(t.Context(), key, int64(n), bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	deps.Blobs = store
	direct := NewDirect(deps)
	mux := http.NewServeMux()
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	kit.HandleFunc(mux, "/blobs/{sha256}", Handler(Deps{Blobs: store, Direct: direct,
		Meta: func(*http.Request, blob.Digest) (Meta, error) { return Meta{MIME: "video/mp4"}, nil }}))
	path := "/blobs/" + key.String()
	w := httptest.NewRecorder()
	if mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil)); w.Code != 200 {
		t.Fatal(w.Code)
	}
	return direct, key, &express.Request{Path: []byte(path)}
}

// A film that the box removed must not keep its room on the disk because
// somebody looked at it once; who still does reads on.
func TestDirect_LetsGoOfFilesThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, key, req := learned(t, 1<<20, DirectDeps{})
		var a express.Answer
		if !d.Take(req, &a) {
			t.Fatal("it is not learned")
		}
		time.Sleep(learnedFor + time.Second)
		synctest.Wait()
		d.mu.Lock()
		kept := len(d.known)
		d.mu.Unlock()
		if kept != 0 {
			t.Error("what is out of date is kept")
		}
		if _, err := a.File.ReadAt(make([]byte, 10), a.Off); err != nil {
			t.Errorf("the file is closed under its reader: %v", err)
		}
		a.Done(nil)
		if _, err := a.File.Stat(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("the file stays open: %v", err)
		}
		if err := d.blobs.Remove(key); err != nil || d.Take(req, &a) {
			t.Errorf("what was removed is served, %v", err)
		}
	})
}

// Only the long way says what is wrong with a disk.
func TestDirect_SendsTheNextOneTheLongWayWhenTheDiskFails(t *testing.T) {
	for name, why := range map[string]error{"short": express.ErrShort, "cannot be read": os.NewSyscallError("sendfile", syscall.EIO)} {
		d, _, req := learned(t, 1<<20, DirectDeps{})
		var a express.Answer
		if !d.Take(req, &a) {
			t.Fatal("it is not learned")
		}
		a.Done(syscall.ECONNRESET)
		if !d.Take(req, &a) {
			t.Errorf("%s: a reader that left is taken for a fault of the disk", name)
		}
		a.Done(why)
		if d.Take(req, &a) {
			t.Errorf("%s: it goes on the short way, and nobody is told", name)
		}
	}
}

func TestDirect_SaysWhenAnAnswerIsOver(t *testing.T) {
	for _, n := range []int{1000, 1 << 20} {
		under := 0
		d, _, req := learned(t, n, DirectDeps{Counted: func(int) func() { under++; return func() { under-- } }})
		var a express.Answer
		if !d.Take(req, &a) || under != 1 {
			t.Fatalf("%d answers under way", under)
		}
		if a.Done(nil); under != 0 {
			t.Errorf("%d answers under way", under)
		}
	}
}

// Players read ahead and stop; a film that nobody looks at any more must not
// keep the others out for as long as its page is open.
func TestGate_AFilmThatWasPausedGivesUpItsPlace(t *testing.T) {
	g := NewGate(1000)
	now := time.Unix(1e9, 0)
	g.now = func() time.Time { return now }
	paused, next, third := rideKey{who: 1}, rideKey{who: 2}, rideKey{who: 3}
	if !g.enter(paused, 800) {
		t.Fatal("a lone film is refused")
	}
	now = now.Add(stillFor / 2)
	g.move(paused) // it reads ahead
	now = now.Add(stillFor / 2)
	if g.enter(next, 800) || g.Playing() != 1 {
		t.Error("a film that goes on lost its place")
	}
	now = now.Add(stillFor / 2)
	if g.Playing() != 0 || !g.enter(next, 800) {
		t.Error("a film that was paused keeps its place")
	}
	g.leave(next)
	g.sample(paused, 100, time.Second) // it goes on: what is on its way is not stopped
	now = now.Add(quietFor + time.Second)
	if g.enter(third, 800) || g.Playing() != 1 {
		t.Error("a film that goes on after a pause is not counted")
	}
}

// What net/http sends tells the gate too that it goes.
func TestCopySpan_TellsThatItGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "film")
	if err := os.WriteFile(path, make([]byte, 3*stride), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	c := &content{size: 3 * stride, file: f, along: func() { told++ }}
	defer c.Close()
	var out bytes.Buffer
	if err := c.copySpan(&out, span{10, 2*stride + 5}); err != nil || out.Len() != 2*stride+5 || told != 3 {
		t.Errorf("%d bytes, told %d times, %v", out.Len(), told, err)
	}
}
