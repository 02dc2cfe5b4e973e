package fetch_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"preau/media/blob"
	"preau/media/fetch"
	"preau/media/pack"
)

const (
	victimEnv = "PREAU_TEST_FETCH"
	seedEnv   = "PREAU_TEST_SEED"
	killsEnv  = "PREAU_KILLS" // how many; 500 takes some minutes
)

// order is what the process to be killed is told.
type order struct {
	Dir, Origin string
	Wants       []fetch.Want
	Tables      map[string]fetch.Want // of those that come by chunks
	Kin         map[string][]blob.Digest
}

// chunks answers as the catalogue does.
func (o order) chunks(s *blob.Store) func(context.Context, blob.Digest) (fetch.Chunks, error) {
	return func(_ context.Context, d blob.Digest) (fetch.Chunks, error) {
		kin := slices.DeleteFunc(slices.Clone(o.Kin[d.String()]), func(k blob.Digest) bool { return !s.Has(k) })
		return fetch.Chunks{Table: o.Tables[d.String()], Kin: kin}, nil
	}
}

// TestKill fetches in another process and kills it with SIGKILL at random
// moments, twenty by default; now and then it also tears what is on its way,
// as a power cut or a bad disk would: cut, zeroed, overwritten or lengthened
// at random offsets. After each: what is visible is right and stays, and the
// next process asks for the rest of each part and for no chunk that is here.
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
	kills := 20
	if text := os.Getenv(killsEnv); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	k := &killer{T: t, rnd: rand.New(rand.NewPCG(seed, 0)), ranges: map[string][]string{}, visible: map[blob.Digest]bool{}}
	sizes := []int{1_000_000, 2_000_000, 3_000_000}
	for range 40 {
		sizes = append(sizes, k.rnd.IntN(60_000))
	}
	dir, wants := publish(t, sizes...)
	_, srv := serve(t, k.watch(files(dir)))
	k.order = order{Dir: t.TempDir(), Origin: srv.URL, Wants: wants}
	k.versions(dir)
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
		if round%3 == 2 {
			k.tear()
		}
	}
	if !k.run(never, 0) {
		t.Fatal("a process that nobody kills does not come to its end")
	}
	k.check()
	wantAll(t, k.store, k.order.Wants)
	t.Logf("%d kills, %d requests; %d parts and %d chunks were not fetched again; torn %d times", killed, k.asked, k.resumed, k.spared, k.torn)
	if k.resumed == 0 || k.spared == 0 || k.torn == 0 {
		t.Error("nothing was ever resumed, or torn")
	}
}

// versions adds large blobs that come by chunks: one new, one of which an
// earlier version may be held.
func (k *killer) versions(dir string) {
	v := &versions{dir, map[blob.Digest]fetch.Want{}, map[blob.Digest][]blob.Digest{}}
	old := noise(80, 3_000_000)
	first := v.write(k.T, old)
	second := v.publish(k.T, slices.Concat(old[:1_000_000], noise(81, 900_000), old[1_500_000:]), first)
	k.order.Wants = append([]fetch.Want{v.publish(k.T, noise(82, 9<<20)), first, second}, k.order.Wants...)
	k.order.Tables, k.order.Kin = map[string]fetch.Want{}, map[string][]blob.Digest{}
	k.tables = map[string]*pack.Table{}
	for d, name := range v.tables {
		k.order.Tables[d.String()] = name
		raw, err := os.ReadFile(blobFile(dir, name.Digest))
		if err != nil {
			k.Fatal(err)
		}
		if k.tables[d.String()], err = pack.Parse(raw); err != nil {
			k.Fatal(err)
		}
	}
	for d, kin := range v.kin {
		k.order.Kin[d.String()] = kin
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
		Backoff: time.Millisecond, Limit: rate.NewLimiter(40<<20, 32<<10), Chunks: o.chunks(store)}
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

	tables map[string]*pack.Table

	mu             sync.Mutex
	ranges         map[string][]string // asked of each path this round
	left           int64               // bytes to serve before strike is called
	strike         func()
	asked, resumed int
	spared, torn   int
}

const never = 1 << 62

func (k *killer) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		name := filepath.Base(r.URL.Path)
		k.ranges[name] = append(k.ranges[name], r.Header.Get("Range"))
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
	here := k.pieces()
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
	clear(k.ranges)
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
	for name, asked := range k.ranges {
		if k.tables[name] != nil {
			k.fetchesNothingTwice(name, asked, here[name])
			continue
		}
		got := asked[0]
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

// pieces verifies, as the next process will, which chunks are here.
func (k *killer) pieces() map[string][]pack.Chunk {
	k.Helper()
	here := map[string][]pack.Chunk{}
	for name, table := range k.tables {
		b, err := os.ReadFile(filepath.Join(k.order.Dir, "incoming", name+".pieces"))
		if err != nil {
			continue
		}
		for _, c := range table.Chunks {
			if c.End() <= int64(len(b)) && sha256.Sum256(b[c.Offset:c.End()]) == c.Sum {
				here[name] = append(here[name], c)
			}
		}
	}
	return here
}

// fetchesNothingTwice looks whether a chunk that was here lies in what was
// asked for.
func (k *killer) fetchesNothingTwice(name string, asked []string, here []pack.Chunk) {
	k.Helper()
	for _, rng := range asked {
		first, last := int64(0), k.tables[name].Size-1
		if rng != "" {
			from, to, _ := strings.Cut(strings.TrimPrefix(rng, "bytes="), "-")
			first, _ = strconv.ParseInt(from, 10, 64)
			if to != "" {
				last, _ = strconv.ParseInt(to, 10, 64)
			}
		}
		for _, c := range here {
			if c.Offset >= first && c.End()-1 <= last {
				k.Errorf("%s: %q asks for bytes %d to %d, which were here", name, rng, c.Offset, c.End())
				return
			}
		}
	}
	k.spared += len(here)
}

// tear spoils what is on its way, in each file in one of four ways.
func (k *killer) tear() {
	k.Helper()
	for _, path := range k.files("incoming") {
		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 {
			continue
		}
		n := info.Size()
		at := k.rnd.Int64N(n)
		k.torn++
		switch k.rnd.IntN(4) {
		case 0: // cut
			err = os.Truncate(path, at)
		case 1: // its last bytes never reached the disk
			err = errors.Join(os.Truncate(path, at), os.Truncate(path, n))
		case 2: // some bytes are another file's
			err = k.scribble(path, at, min(n-at, 1+k.rnd.Int64N(100_000)))
		case 3: // more of it than there is
			err = k.scribble(path, n, 1+k.rnd.Int64N(100_000))
		}
		if err != nil {
			k.Fatal(err)
		}
	}
}

func (k *killer) files(folder string) []string {
	k.Helper()
	entries, err := os.ReadDir(filepath.Join(k.order.Dir, folder))
	if err != nil {
		k.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, filepath.Join(k.order.Dir, folder, e.Name()))
	}
	return list
}

func (k *killer) scribble(path string, at, n int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(k.rnd.Uint32())
	}
	_, err = f.WriteAt(b, at)
	return errors.Join(err, f.Close())
}
