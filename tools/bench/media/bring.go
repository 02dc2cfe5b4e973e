package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"preau/internal/httpkit"
	"preau/media/blob"
	"preau/media/fetch"
	"preau/media/pack"
	"preau/media/stream"
)

// bringing are the figures of what comes in; each makes its own origin.
var bringing = []struct {
	name string
	run  func(dir, name string) error
}{
	{"media/fetch", benchFetch},
	{"media/delta", benchDelta},
	{"media/cold", benchCold},
	{"media/import", benchImport},
	{"media/import-box", func(dir, name string) error { return benchTake(dir, name, importBox) }},
}

// bring runs those that only names.
func bring(only *regexp.Regexp) error {
	for _, b := range bringing {
		if !only.MatchString(b.name) {
			continue
		}
		if err := inFolder(func(dir string) error { return b.run(dir, b.name) }); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}

// inFolder runs fn with a folder on the disk, not in the system's temporary
// folder, which may be memory.
func inFolder(fn func(dir string) error) error {
	dir, err := os.MkdirTemp(".", ".bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	defer cleanWhenInterrupted(dir)()
	return fn(dir)
}

// publish writes a blob as an origin has it.
func publish(dir string, b []byte) (fetch.Want, error) {
	w := fetch.Want{Digest: sha256.Sum256(b), Size: int64(len(b))}
	name := w.Digest.String()
	path := filepath.Join(dir, "blobs", name[:2], name)
	return w, errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, b, 0o644))
}

// publishCut publishes a blob and the table of its chunks.
func publishCut(dir string, b []byte) (w, table fetch.Want, err error) {
	if w, err = publish(dir, b); err != nil {
		return w, table, err
	}
	t, err := pack.Make(bytes.NewReader(b), w.Size)
	if err != nil {
		return w, table, err
	}
	table, err = publish(dir, t.Encode())
	return w, table, err
}

// benchFetch brings films of 2 MB from an nginx on this machine, against curl
// doing the same in one process, one after the other on one connection and
// with its own parallelism: the faster of the two is the peer. curl writes
// and leaves the rest to the kernel; what we bring is hashed, on the disk and
// named. PREAU_BENCH_FETCH gives the MB; the pack is 10000.
func benchFetch(dir, name string) error {
	const filmSize, rounds = 2_000_000, 3
	total := 1000
	if text := os.Getenv("PREAU_BENCH_FETCH"); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("read PREAU_BENCH_FETCH: %w", err)
		}
	}
	version, err := exec.Command("curl", "--version").Output()
	if err != nil {
		return fmt.Errorf("find curl: %w", err)
	}
	if _, err := findNginx(); err != nil {
		return err
	}
	var wants []fetch.Want
	b := make([]byte, filmSize)
	for i := range max(1, total*1_000_000/filmSize) {
		rand.NewChaCha8([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}).Read(b)
		w, err := publish(filepath.Join(dir, "content"), b)
		if err != nil {
			return fmt.Errorf("publish a film: %w", err)
		}
		wants = append(wants, w)
	}
	if err := makeCertificate(dir); err != nil {
		return err
	}
	srv, err := startNginx(dir, false)
	if err != nil {
		return err
	}
	defer srv.stop()
	base := "http://" + srv.addr
	var ours, peer, ratios []float64
	mib := float64(len(wants)) * filmSize / (1 << 20)
	for range rounds {
		a, err := timed(filepath.Join(dir, "ours"), func(into string) error { return fetchAll(base, into, wants) })
		if err != nil {
			return err
		}
		one, err := timed(filepath.Join(dir, "curl"), func(into string) error { return curl(base, into, wants) })
		if err != nil {
			return err
		}
		many, err := timed(filepath.Join(dir, "curl"), func(into string) error { return curl(base, into, wants, "--parallel") })
		if err != nil {
			return err
		}
		p := min(one, many)
		ours, peer, ratios = append(ours, mib/a), append(peer, mib/p), append(ratios, p/a)
	}
	r := row{goal: 0.8, higher: true}
	a, c, ratio := median(ours), median(peer), median(ratios)
	words := strings.Fields(string(version))
	fmt.Printf("bench %s ours=%sMiB/s peer=%sMiB/s ratio=%.2f goal=%.2f %s (peer: curl %s, %d films of 2 MB)\n",
		name, digits(a), digits(c), ratio, r.goal, r.verdict(a, ratio), words[1], len(wants))
	return nil
}

// timed runs fn with an empty folder, and cleans up out of the time. What
// others left to the kernel to write is written before.
func timed(into string, fn func(into string) error) (float64, error) {
	if err := exec.Command("sync").Run(); err != nil {
		return 0, fmt.Errorf("sync: %w", err)
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return 0, fmt.Errorf("make folder: %w", err)
	}
	start := time.Now()
	err := fn(into)
	took := time.Since(start).Seconds()
	return took, errors.Join(err, os.RemoveAll(into))
}

func fetchAll(base, into string, wants []fetch.Want) error {
	store, err := blob.Open(into, 0)
	if err != nil {
		return err
	}
	src, err := fetch.NewHTTP(base, nil)
	if err != nil {
		return err
	}
	f := &fetch.Fetcher{Store: store, Sources: []fetch.Source{src}, Log: slog.New(slog.DiscardHandler)}
	return f.Run(context.Background(), wants)
}

func curl(base, into string, wants []fetch.Want, flags ...string) error {
	var config strings.Builder
	for _, w := range wants {
		name := w.Digest.String()
		fmt.Fprintf(&config, "url=%s/blobs/%s/%s\noutput=%s\n", base, name[:2], name, filepath.Join(into, name))
	}
	cmd := exec.Command("curl", append([]string{"--no-progress-meter", "--fail", "--config", "-"}, flags...)...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(config.String()), os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run curl: %w", err)
	}
	return nil
}

// meteredOrigin serves a folder and counts the bytes of its answers.
func meteredOrigin(dir string) (*httptest.Server, *atomic.Int64) {
	var sent atomic.Int64
	files := http.FileServer(http.Dir(dir))
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		files.ServeHTTP(&meteredWriter{w, &sent}, r)
	})), &sent
}

type meteredWriter struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (w *meteredWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.sent.Add(int64(n))
	return n, err
}

// benchDelta changes one hundredth of 200 MB, in one place, in twenty places
// and by insertions that move what follows, and counts what an origin sends,
// the table included. The worst of the three is the figure.
func benchDelta(dir, name string) error {
	const size = 200_000_000
	old := make([]byte, size)
	rand.NewChaCha8([32]byte{1}).Read(old)
	noise := func(n int) []byte {
		b := make([]byte, n)
		rand.NewChaCha8([32]byte{2, byte(n)}).Read(b)
		return b
	}
	origin, sent := meteredOrigin(dir)
	defer origin.Close()
	held, err := publish(dir, old)
	if err != nil {
		return err
	}
	worst, said := 0.0, []string{}
	for _, edit := range []struct {
		name string
		make func() []byte
	}{
		{"in one place", func() []byte { b := bytes.Clone(old); copy(b[70_000_000:], noise(size/100)); return b }},
		{"in 20 places", func() []byte {
			b := bytes.Clone(old)
			for i := range 20 {
				copy(b[i*size/20+1_234_567:], noise(size/2000))
			}
			return b
		}},
		{"inserted in 20", func() []byte {
			var b []byte
			for i := range 20 {
				b = slices.Concat(b, old[i*size/20:(i+1)*size/20], noise(size/2000))
			}
			return b
		}},
	} {
		fresh := edit.make()
		w, table, err := publishCut(dir, fresh)
		if err != nil {
			return err
		}
		store, err := blob.Open(filepath.Join(dir, "box"), 0)
		if err != nil {
			return err
		}
		if err := store.Put(context.Background(), held.Digest, held.Size, bytes.NewReader(old)); err != nil {
			return err
		}
		src, err := fetch.NewHTTP(origin.URL, nil)
		if err != nil {
			return err
		}
		f := &fetch.Fetcher{Store: store, Sources: []fetch.Source{src}, Log: slog.New(slog.DiscardHandler),
			Chunks: func(context.Context, blob.Digest) (fetch.Chunks, error) {
				return fetch.Chunks{Table: table, Kin: []blob.Digest{held.Digest}}, nil
			}}
		sent.Store(0)
		start := time.Now()
		if err := f.Run(context.Background(), []fetch.Want{w}); err != nil {
			return err
		}
		share := 100 * float64(sent.Load()) / float64(len(fresh))
		said = append(said, fmt.Sprintf("%s %.2f%% in %.1fs", edit.name, share, time.Since(start).Seconds()))
		worst = max(worst, share)
		if err := os.RemoveAll(filepath.Join(dir, "box")); err != nil {
			return fmt.Errorf("clean up: %w", err)
		}
	}
	r := row{goal: 3, absolute: true}
	fmt.Printf("bench %s ours=%.2f%% goal=%.2f%% %s (1 %% of 200 MB changed: %s; table included)\n", name, worst, r.goal, r.verdict(worst, 0), strings.Join(said, ", "))
	return nil
}

// benchCold has thirty clients ask for a film of 60 MB that is not here, over
// a line of 8 MB/s: how long after the first of them the last one starts.
func benchCold(dir, name string) error {
	const clients, size, line = 30, 60_000_000, 8_000_000
	film := make([]byte, size)
	rand.NewChaCha8([32]byte{3}).Read(film)
	w, table, err := publishCut(dir, film)
	if err != nil {
		return err
	}
	origin, sent := meteredOrigin(dir)
	defer origin.Close()
	store, err := blob.Open(filepath.Join(dir, "box"), 0)
	if err != nil {
		return err
	}
	src, err := fetch.NewHTTP(origin.URL, nil)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	f := &fetch.Fetcher{Store: store, Sources: []fetch.Source{src}, Log: log, Limit: rate.NewLimiter(line, 64<<10),
		Chunks: func(context.Context, blob.Digest) (fetch.Chunks, error) { return fetch.Chunks{Table: table}, nil }}
	ctx, stop := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = f.Serve(ctx) })
	defer serving.Wait()
	defer stop()
	kit := &httpkit.Kit{Log: log}
	mux := http.NewServeMux()
	kit.HandleFunc(mux, "/blobs/{sha256}", stream.Handler(stream.Deps{Blobs: store,
		Meta: func(*http.Request, blob.Digest) (stream.Meta, error) { return stream.Meta{MIME: "video/mp4"}, nil },
		Fill: func(ctx context.Context, d blob.Digest) (*blob.Pieces, error) { return f.Fill(ctx, w) },
	}))
	box := httptest.NewServer(mux)
	defer box.Close()
	starts, faults := make([]time.Duration, clients), make([]error, clients)
	begin := time.Now()
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { starts[i], faults[i] = watchCold(box.URL+"/blobs/"+w.Digest.String(), begin, size) })
	}
	all.Wait()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	slices.Sort(starts)
	last := (starts[clients-1] - starts[0]).Seconds()
	r := row{goal: 2, absolute: true}
	verdict := r.verdict(last, 0)
	if sent.Load() > size+table.Size {
		verdict = "short"
	}
	fmt.Printf("bench %s ours=%.3fs goal=%.2fs %s (the last of %d after the first, which waits %.3fs; the origin sent the film %.3f times)\n",
		name, last, r.goal, verdict, clients, starts[0].Seconds(), float64(sent.Load()-table.Size)/size)
	return nil
}

// watchCold reads a film whole and returns when its first 64 KiB were there.
func watchCold(url string, begin time.Time, size int64) (time.Duration, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, fmt.Errorf("ask: %w", err)
	}
	defer resp.Body.Close()
	first, err := io.CopyN(io.Discard, resp.Body, 64<<10)
	if err != nil {
		return 0, fmt.Errorf("start: status %d: %w", resp.StatusCode, err)
	}
	at := time.Since(begin)
	rest, err := io.Copy(io.Discard, resp.Body)
	if err == nil && first+rest != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, fmt.Errorf("watch: %w", err)
	}
	return at, nil
}
