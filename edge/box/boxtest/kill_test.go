package boxtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/box"
	"preau/edge/directory"
	"preau/sync/journal"
	"preau/sync/lake"
)

// acknowledged is what a box said yes to: the truth that it must keep.
type acknowledged struct {
	mu            sync.Mutex
	registrations map[string]int // of posts: one played statement each
	registers     map[preau.ID]bool
}

func account(t *testing.T, b *Borne, role directory.Role, n int) box.Account {
	t.Helper()
	for _, a := range b.Accounts {
		if a.Role == string(role) {
			if n--; n < 0 {
				return a
			}
		}
	}
	t.Fatalf("no %s", role)
	return box.Account{}
}

// teach takes one roll after another: each corrects the one before.
func (k *acknowledged) teach(ctx context.Context, t *testing.T, b *Borne, a box.Account) {
	v, lesson, last := NewVisitor(t, b), "", ""
	pupil := account(t, b, directory.Pupil, 0)
	for ctx.Err() == nil {
		if lesson == "" {
			if v.SignIn(ctx, a) != nil {
				continue
			}
			at, err := v.Form(ctx, "/prof/seances", url.Values{"class": {pupil.Group}})
			if err != nil {
				continue
			}
			lesson = path.Base(at)
		}
		id := preau.NewID()
		body := map[string]any{"id": id, "lesson": lesson, "at": time.Now(), "marks": map[string]any{pupil.Person: map[string]string{"mark": "absent"}}}
		if last != "" {
			body["corrects"] = last
		}
		for ctx.Err() == nil { // the same register again, until the box says yes
			if v.JSON(ctx, "/api/v1/registers", body) == nil {
				last = id.String()
				k.mu.Lock()
				k.registers[id] = true
				k.mu.Unlock()
				break
			}
		}
	}
}

// learn posts progress: a new registration each time.
func (k *acknowledged) learn(ctx context.Context, t *testing.T, b *Borne, a box.Account, rnd *rand.Rand) {
	v, signed := NewVisitor(t, b), false
	for ctx.Err() == nil {
		if !signed {
			signed = v.SignIn(ctx, a) == nil
			continue
		}
		registration := preau.NewID().String()
		from := rnd.Float64() * 20
		body := map[string]any{"id": preau.NewID(), "item": "ark:/99999/lf-adjectif-1", "registration": registration,
			"segments": [][2]float64{{from, from + 5}}, "position": from + 5, "length": 38, "at": time.Now()}
		for ctx.Err() == nil {
			if v.JSON(ctx, "/api/v1/progress", body) == nil {
				k.mu.Lock()
				k.registrations[registration] = 0
				k.mu.Unlock()
				break
			}
		}
	}
}

// TestKill_FiftyTimesDuringALesson cuts the power at fifty random moments:
// while the catalogue comes in, while rolls and progress are recorded, while
// the uplink delivers. PREAU_SEED replays.
func TestKill_FiftyTimesDuringALesson(t *testing.T) {
	const kills = 50
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("PREAU_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("PREAU_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	b := NewBorne(t)
	b.Origin.Slow.Store(int64(20 * time.Millisecond)) // 6 MB take several lives
	b.Collect()
	b.Start()
	k := &acknowledged{registrations: map[string]int{}, registers: map[preau.ID]bool{}}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { k.teach(ctx, t, b, account(t, b, directory.Teacher, 0)) })
	for i := range 3 {
		own := rand.New(rand.NewPCG(seed, uint64(i+2)))
		wg.Go(func() { k.learn(ctx, t, b, account(t, b, directory.Pupil, i), own) })
	}
	for i := range kills {
		time.Sleep(time.Duration(50+rnd.IntN(350)) * time.Millisecond) // the moment is the test's input
		b.Kill()
		if i%10 == 0 {
			visibleBlobsAreWhole(t, b)
		}
		b.Start()
	}
	cancel()
	wg.Wait()
	b.Origin.Slow.Store(0)
	b.Kill() // one more, with everything acknowledged and nothing drained
	b.Start()
	k.check(t, b)
	visibleBlobsAreWhole(t, b)
	caughtUp(t, b)
	if code := b.Stop(); code != 0 {
		t.Errorf("SIGTERM ends with %d, want 0", code)
	}
}

// check looks for every acknowledged thing in the box's own file.
func (k *acknowledged) check(t *testing.T, b *Borne) {
	t.Helper()
	if len(k.registers) < 5 || len(k.registrations) < 20 {
		t.Fatalf("too little was acknowledged to prove anything: %d registers, %d posts", len(k.registers), len(k.registrations))
	}
	t.Logf("acknowledged: %d registers, %d posts of progress", len(k.registers), len(k.registrations))
	eachStatement(t, b.Data, func(st *preau.Statement) {
		var c struct{ Registration string }
		if json.Unmarshal(st.Context, &c) == nil && st.Verb == journal.VerbPlayed {
			if n, ok := k.registrations[c.Registration]; ok {
				k.registrations[c.Registration] = n + 1
			}
		}
	})
	for registration, n := range k.registrations {
		if n != 1 {
			t.Errorf("the progress acknowledged for %s is %d times in the journal", registration, n)
		}
	}
	query(t, b.Data, `SELECT id FROM register`, func(scan func(...any) error) {
		var raw []byte
		if err := scan(&raw); err != nil {
			t.Fatal(err)
		}
		delete(k.registers, preau.ID(raw))
	})
	for id := range k.registers {
		t.Errorf("register %s was acknowledged and is gone", id)
	}
}

// visibleBlobsAreWhole hashes whatever a reader could be given.
func visibleBlobsAreWhole(t *testing.T, b *Borne) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(b.Data, "content", "blobs"), func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != e.Name() {
			return fmt.Errorf("blob %s is visible and is not itself", e.Name())
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

// caughtUp waits until the catalogue is whole and the store has every
// statement, each once, and proves the store.
func caughtUp(t *testing.T, b *Borne) {
	t.Helper()
	l := lake.New(b.Store.Bucket(t), b.Authority.Pool())
	deadline := time.Now().Add(90 * time.Second)
	for {
		var s struct {
			Catalogue struct{ Whole bool }
		}
		err := Get(t.Context(), b.URL()+"/api/v1/status", &s)
		missing := compare(t, l, readJournal(t, b.Data))
		if err == nil && s.Catalogue.Whole && missing == 0 {
			break
		}
		if time.Now().After(deadline) {
			log := b.Log()
			t.Fatalf("not caught up: whole %v (%v), %d statements missing\n%s", s.Catalogue.Whole, err, missing, log[max(0, len(log)-3000):])
		}
		time.Sleep(500 * time.Millisecond) // the uplink has its own pace
	}
	sum, err := l.Verify(t.Context(), func(f lake.Finding) {
		if !f.Note {
			t.Error(f)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("in the store: %d statements in %d objects, %d heads, %d receipts, %d faults", sum.Statements, sum.Objects, sum.Heads, sum.Receipts, sum.Faults)
}

// TestCut_TheLessonGoesOn runs a lesson with neither origin nor store, and has
// both catch up after.
func TestCut_TheLessonGoesOn(t *testing.T) {
	b := NewBorne(t)
	b.Collect()
	b.Start()
	caughtUp(t, b)
	b.Origin.Cut.Store(true)
	b.Store.Stop()
	k := &acknowledged{registrations: map[string]int{}, registers: map[preau.ID]bool{}}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { k.teach(ctx, t, b, account(t, b, directory.Teacher, 0)) })
	wg.Go(func() { k.learn(ctx, t, b, account(t, b, directory.Pupil, 1), rand.New(rand.NewPCG(1, 1))) })
	v := NewVisitor(t, b)
	for _, page := range []string{"/connexion", "/eleve/explorer", "/tableau", "/scene/ark:/99999/lf-adjectif-1", "/api/v1/items?q=adjectif"} {
		resp, _, err := v.Do(ctx, http.MethodGet, page, "", nil)
		if err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusSeeOther {
			t.Errorf("%s with the line cut: %v %v", page, resp, err)
		}
	}
	wg.Wait()
	if len(k.registers) == 0 || len(k.registrations) == 0 {
		t.Fatal("nothing was acknowledged with the line cut")
	}
	k.check(t, b)
	b.Origin.Cut.Store(false)
	b.Store.Restart(t)
	caughtUp(t, b)
}
