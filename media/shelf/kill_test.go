package shelf_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/trust"
	"preau/media/fetch"
	"preau/media/shelf"
)

const (
	victimEnv = "PREAU_TEST_SHELF"
	killsEnv  = "PREAU_TEST_SHELF_KILLS"
)

// victimOrder is what the process to be killed is told.
type victimOrder struct{ Dir, Out, Root string }

// TestKill_WhileFetchingEvictingAndSwitching: processes that refresh, make
// room, fetch and switch between two publications, under a quota that fits one,
// are killed at moments spread over their run. After each: what is visible is
// right, the database is sound, and the next process comes to its end.
func TestKill_WhileFetchingEvictingAndSwitching(t *testing.T) {
	if text := os.Getenv(victimEnv); text != "" {
		beVictim(t, text)
		return
	}
	kills := 8
	if text := os.Getenv(killsEnv); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	w.publish(doc("a", 300_000), doc("b", 200_000), doc("c", 100_000))
	w.must()
	w.check(w.SetQuota(t.Context(), 650_000))
	killed := 0
	for round := range kills {
		// Another edition of everything, each time.
		name := "v" + strconv.Itoa(round)
		w.publish(doc("a", 300_000+round), doc("b", 200_000+round), thing(name, nil, file("main", name, 50_000)))
		w.check(w.db.Close())
		w.db = nil
		killed += runVictim(t, w, time.Duration(round+1)*7*time.Millisecond)
		w.open()
		sound(t, w)
	}
	t.Logf("%d of %d were killed at work", killed, kills)
	for range 3 { // what a kill left is cleared within some nights
		w.must()
	}
	sound(t, w)
	st, err := w.Status(t.Context())
	if err != nil || st.Held.Bytes > 650_000 || st.Held.Bytes < 300_000 || st.Missing.Files != 0 {
		t.Fatalf("in the end: %+v, %v", st, err)
	}
}

func runVictim(t *testing.T, w *world, after time.Duration) (killed int) {
	t.Helper()
	text, err := json.Marshal(victimOrder{w.dir, w.out, filepath.Join(w.repo, "metadata", "1.root.json")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKill_WhileFetchingEvictingAndSwitching$")
	cmd.Env = append(os.Environ(), victimEnv+"="+string(text))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.check(cmd.Start())
	begun := make([]byte, 1)
	if _, err := out.Read(begun); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, kill)
	defer timer.Stop()
	rest := make([]byte, 64<<10)
	n, _ := out.Read(rest)
	err = cmd.Wait()
	if err == nil {
		return 0
	}
	if cmd.ProcessState.Exited() {
		t.Fatalf("the process failed by itself: %v\n%s", err, rest[:n])
	}
	return 1
}

// beVictim is a box's night, in a process of its own.
func beVictim(t *testing.T, text string) {
	var o victimOrder
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: o.Dir, out: o.Out, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), disk: 1 << 40}
	var err error
	w.db, err = sqlite.Open(t.Context(), filepath.Join(o.Dir, "preau.db"), w)
	w.check(err)
	w.blobs, err = blob.Open(filepath.Join(o.Dir, "content"), 0)
	w.check(err)
	root, err := os.ReadFile(o.Root)
	w.check(err)
	w.items, err = catalogue.Open(t.Context(), catalogue.Config{DB: w.db, Clock: w, Held: w.blobs, Root: root})
	w.check(err)
	w.Shelf, err = shelf.Open(t.Context(), shelf.Config{DB: w.db, Items: w.items, Blobs: w.blobs, Clock: w, Log: slog.New(slog.DiscardHandler), Floor: floor})
	w.check(err)
	os.Stdout.WriteString("b")
	_, err = w.items.Refresh(t.Context(), trust.Folder(o.Out))
	w.check(err)
	w.check(w.MakeRoom(t.Context()))
	wants, err := w.Wanted(t.Context(), 0)
	w.check(err)
	var list []fetch.Want
	for _, want := range wants {
		list = append(list, fetch.Want{Digest: want.Digest, Size: want.Size})
	}
	f := fetch.Fetcher{Store: w.blobs, Sources: []fetch.Source{fetch.NewFolder(o.Out)}, Log: slog.New(slog.DiscardHandler), Backoff: time.Millisecond}
	w.check(f.Run(t.Context(), list))
	_, err = w.items.Settle(t.Context())
	w.check(err)
	w.check(w.db.Close())
}

// sound reads everything that is visible.
func sound(t *testing.T, w *world) {
	t.Helper()
	found, err := w.db.QuickCheck(t.Context())
	if err != nil || len(found) > 0 {
		t.Fatalf("the database: %v, %v", found, err)
	}
	err = filepath.WalkDir(filepath.Join(w.dir, "content", "blobs"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if d := blob.Digest(sha256.Sum256(b)); d.String() != e.Name() {
			t.Errorf("visible and wrong: %s", e.Name())
		}
		return nil
	})
	w.check(err)
	for _, id := range w.here() {
		it, err := w.items.Item(t.Context(), ark(id), true)
		if err != nil || len(it.Missing) > 0 {
			t.Errorf("%s is said to be here: %+v, %v", id, it.Missing, err)
		}
	}
}
