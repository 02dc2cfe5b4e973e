package boxtest

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
)

// seeded is a source of moments; PREAU_SEED replays.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("PREAU_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("PREAU_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 7))
}

// startAndKill runs preau serve on a folder and kills it after a while, ready
// or not.
func startAndKill(t *testing.T, data string, after time.Duration) {
	t.Helper()
	bin, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "serve", "--data", data, "--http", "127.0.0.1:0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after) // the moment is the test's input
	if err := cmd.Process.Kill(); err != nil {
		t.Fatalf("it ended by itself: %v", err)
	}
	if err := cmd.Wait(); cmd.ProcessState.Exited() {
		t.Fatalf("it ended by itself, not by the cut: %v", err)
	}
}

// TestKill_WhileItStarts cuts the power again and again before the box is up,
// as a bad plug does: records, sessions and half-come films stay.
func TestKill_WhileItStarts(t *testing.T) {
	rnd := seeded(t)
	b := NewBorne(t)
	b.Collect()
	b.Origin.Slow.Store(int64(20 * time.Millisecond))
	b.Start()
	pupil := NewVisitor(t, b)
	if err := pupil.SignIn(t.Context(), account(t, b, directory.Pupil, 5)); err != nil {
		t.Fatal(err)
	}
	k := &acknowledged{registrations: map[string]int{}, registers: map[preau.ID]bool{}}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { k.teach(ctx, t, b, account(t, b, directory.Teacher, 0)) })
	wg.Go(func() { k.learn(ctx, t, b, account(t, b, directory.Pupil, 0), rnd) })
	k.await(t, 5, 20)
	b.Kill()
	cancel()
	wg.Wait()
	for range 20 {
		startAndKill(t, b.Data, time.Duration(rnd.IntN(250))*time.Millisecond)
		visibleBlobsAreWhole(t, b)
	}
	b.Origin.Slow.Store(0)
	b.Start()
	k.check(t, b)
	caughtUp(t, b)
	journal := readJournal(t, b.Data)
	resp, _, err := pupil.Do(t.Context(), http.MethodGet, "/eleve/", "", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the pupil is signed out: %v %v", resp, err)
	}
	query(t, b.Data, `SELECT id FROM register WHERE state IN ('current', 'replaced')`, func(scan func(...any) error) {
		var raw []byte
		if err := scan(&raw); err != nil {
			t.Fatal(err)
		}
		if !journal[preau.StreamAttendance][preau.ID(raw)] {
			t.Errorf("register %s has no statement", preau.ID(raw))
		}
	})
}

// TestKill_OnItsFirstStart cuts the power while a new box makes its files.
func TestKill_OnItsFirstStart(t *testing.T) {
	rnd := seeded(t)
	for range 12 {
		b := &Borne{t: t, Data: filepath.Join(t.TempDir(), "box"), log: filepath.Join(t.TempDir(), "box.log")}
		for range 2 {
			startAndKill(t, b.Data, time.Duration(5+rnd.IntN(120))*time.Millisecond)
		}
		b.Start()
		if code := b.Stop(); code != 0 {
			t.Fatalf("it stops with %d\n%s", code, b.Log())
		}
	}
}
