package fetch_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"preau/media/blob"
	"preau/media/fetch"
)

const (
	victimEnv = "PREAU_TEST_FETCH"
	seedEnv   = "PREAU_TEST_SEED"
	kills     = 50
)

// order is what the process to be killed is told.
type order struct {
	Dir, Origin string
	Wants       []fetch.Want
}

// TestKill fetches in another process and kills it with SIGKILL at fifty
// random moments; now and then it also tears what is on its way, as a power
// cut would. After each: what is visible is right and stays, and the next
// process asks for the rest of each part, not for the whole.
func TestKill(t *testing.T) {
	if text := os.Getenv(victimEnv); text != "" {
		victim(t, text)
		return
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedEnv); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("to repeat: %s=%d", seedEnv, seed)
	k := &killer{T: t, rnd: rand.New(rand.NewPCG(seed, 0)), first: map[string]string{}, visible: map[blob.Digest]bool{}}
	sizes := []int{1_000_000, 2_000_000, 3_000_000}
	for range 40 {
		sizes = append(sizes, k.rnd.IntN(60_000))
	}
	dir, wants := publish(t, sizes...)
	_, srv := serve(t, k.watch(files(dir)))
	k.order = order{t.TempDir(), srv.URL, wants}
	var err error
	if k.store, err = blob.Open(k.order.Dir, 0); err != nil {
		t.Fatal(err)
	}
	killed := 0
	for round := 0; killed < kills; round++ {
		if round > 4*kills {
			t.Fatalf("only %d of %d processes were killed at work", killed, round)
		}
		if k.run(k.rnd.Int64N(1_500_000), time.Duration(k.rnd.Int64N(int64(20*time.Millisecond)))) {
			k.thin() // it was too fast: more work for the next
		} else {
			killed++
		}
		k.check()
		if round%5 == 4 {
			k.tear()
		}
	}
	if !k.run(never, 0) {
		t.Fatal("a process that nobody kills does not come to its end")
	}
	k.check()
	wantAll(t, k.store, wants)
	t.Logf("%d requests, %d of them for the rest of a part", k.asked, k.resumed)
	if k.resumed == 0 {
		t.Error("nothing was ever resumed")
	}
}

func victim(t *testing.T, text string) {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	store, err := blob.Open(o.Dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	src, err := fetch.NewHTTP(o.Origin, nil)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("begins")
	f := &fetch.Fetcher{Store: store, Sources: []fetch.Source{src}, Log: slog.New(slog.DiscardHandler),
		Backoff: time.Millisecond, Limit: rate.NewLimiter(40<<20, 32<<10)}
	if err := f.Run(t.Context(), o.Wants); err != nil {
		t.Fatal(err)
	}
}

type killer struct {
	*testing.T
	rnd     *rand.Rand
	order   order
	store   *blob.Store
	visible map[blob.Digest]bool

	mu             sync.Mutex
	first          map[string]string // the first Range asked of each path this round
	left           int64             // bytes to serve before strike is called
	strike         func()
	asked, resumed int
}

const never = 1 << 62

func (k *killer) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		name := filepath.Base(r.URL.Path)
		if _, ok := k.first[name]; !ok {
			k.first[name] = r.Header.Get("Range")
		}
		k.asked++
		k.mu.Unlock()
		next.ServeHTTP(watchWriter{w, k}, r)
	})
}

type watchWriter struct {
	http.ResponseWriter
	k *killer
}

func (w watchWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.k.mu.Lock()
	defer w.k.mu.Unlock()
	if w.k.left -= int64(n); w.k.left < 0 && w.k.strike != nil {
		w.k.strike()
		w.k.strike = nil
	}
	return n, err
}

// run starts a process and kills it a while after it was served so many
// bytes. It reports whether the process came to its end.
func (k *killer) run(bytes int64, after time.Duration) bool {
	k.Helper()
	parts := map[string]int64{}
	for _, w := range k.order.Wants {
		parts[w.Digest.String()] = k.store.Partial(w.Digest)
	}
	text, err := json.Marshal(k.order)
	if err != nil {
		k.Fatal(err)
	}
	ctx, kill := context.WithCancel(k.Context())
	defer kill()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), victimEnv+"="+string(text))
	out, err := cmd.StdoutPipe()
	if err != nil {
		k.Fatal(err)
	}
	k.mu.Lock()
	clear(k.first)
	k.left, k.strike = bytes, func() { time.AfterFunc(after, kill) }
	k.mu.Unlock()
	if err := cmd.Start(); err != nil {
		k.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "begins\n" {
		k.Fatalf("the process says %q, %v", line, err)
	}
	rest, _ := io.ReadAll(lines)
	err = cmd.Wait()
	whole := cmd.ProcessState.Success()
	if !whole && cmd.ProcessState.Exited() {
		k.Fatalf("the process failed by itself: %v\n%s", err, rest)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, got := range k.first {
		want := ""
		if n := parts[name]; n > 0 {
			want = fmt.Sprintf("bytes=%d-", n)
			k.resumed++
		}
		if got != want && !k.complete(name, parts[name]) {
			k.Errorf("with %d bytes of %s here, the next process asks for %q", parts[name], name, got)
		}
	}
	return whole
}

// complete reports whether a part had all its bytes: it was torn, if the
// origin was asked at all.
func (k *killer) complete(name string, n int64) bool {
	for _, w := range k.order.Wants {
		if w.Digest.String() == name {
			return n >= w.Size
		}
	}
	return false
}

// check reads every visible blob.
func (k *killer) check() {
	k.Helper()
	seen := map[blob.Digest]bool{}
	root := filepath.Join(k.order.Dir, "blobs")
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		d := blob.Digest(sha256.Sum256(b))
		if d.String() != e.Name() {
			k.Errorf("visible and wrong: %s", e.Name())
		}
		seen[d] = true
		return nil
	})
	if err != nil {
		k.Fatal(err)
	}
	for d := range k.visible {
		if !seen[d] {
			k.Errorf("%s was whole and is gone", d)
		}
	}
	k.visible = seen
}

// thin removes some whole blobs.
func (k *killer) thin() {
	for _, w := range k.order.Wants {
		if k.rnd.IntN(2) == 0 {
			continue
		}
		if err := k.store.Remove(w.Digest); err != nil {
			k.Fatal(err)
		}
		delete(k.visible, w.Digest)
	}
}

// tear zeroes the tail of what is on its way.
func (k *killer) tear() {
	for _, w := range k.order.Wants {
		path := filepath.Join(k.order.Dir, "incoming", w.Digest.String()+".part")
		n := k.store.Partial(w.Digest)
		if n == 0 {
			continue
		}
		keep := k.rnd.Int64N(n)
		if err := os.Truncate(path, keep); err != nil {
			k.Fatal(err)
		}
		if err := os.Truncate(path, n); err != nil {
			k.Fatal(err)
		}
	}
}
