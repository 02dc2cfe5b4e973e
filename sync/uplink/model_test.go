package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/bucket"
	"preau/sync/bucket/buckettest"
	"preau/sync/journal"
	"preau/sync/lake"
	"preau/sync/segment"
	"preau/sync/segment/segmenttest"
)

// TestExactlyOnce compares what boxes acknowledged with what a reader of the
// store reconstructs, after lives that end at any step, lines that lose
// requests and answers, listings that lag and cards restored from old images.
// PREAU_SEED replays one seed, PREAU_SEEDS tries more.
func TestExactlyOnce(t *testing.T) {
	first, n := uint64(1), uint64(modelSeeds)
	if s := os.Getenv("PREAU_SEEDS"); s != "" {
		n, _ = strconv.ParseUint(s, 10, 32)
	}
	if s := os.Getenv("PREAU_SEED"); s != "" {
		first, _ = strconv.ParseUint(s, 10, 64)
		n = 1
	}
	ca := segmenttest.New(t)
	var mu sync.Mutex
	var total world
	t.Run("seeds", func(t *testing.T) {
		for seed := first; seed < first+n; seed++ {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, ca, seed, seed%3 == 0)
				w.live(70)
				w.settle()
				w.judge()
				if t.Failed() {
					t.Fatalf("replay with PREAU_SEED=%d", seed)
				}
				mu.Lock()
				defer mu.Unlock()
				total.add(w)
			})
		}
	})
	t.Logf("%d seeds: %d statements, %d crashes, %d restores, %d adoptions, %d rotten objects, %d lost acks, %d lost requests, %d receipts",
		n, len(total.must), total.crashes, total.restores, total.adoptions, total.rotten, total.lostAcks, total.lost, total.receipts)
	if n >= 10 && (total.crashes == 0 || total.restores == 0 || total.lostAcks == 0 || total.rotten == 0) {
		t.Error("the dice never threw what this test is about")
	}
}

var errCrash = errors.New("crash")

// world is one seed's box, line, store and authority.
type world struct {
	t        *testing.T
	seed     uint64
	dice     *rand.Rand
	ca       *segmenttest.Authority
	signer   segment.Signer
	dir      string
	store    *bucket.Memory
	line     *buckettest.Faulty
	far      *buckettest.Faulty // the collector's own line
	collect  *lake.Collector
	clock    *handClock
	restores int
	restore  bool // this seed restores images

	db *sqlite.DB
	j  *journal.Journal
	u  *Uplink

	must     map[preau.ID]*preau.Statement // acknowledged, and not lost with a card
	may      map[preau.ID]*preau.Statement // acknowledged by a life that an image undid
	image    string
	imaged   map[preau.ID]bool
	crashAt  int // steps until the next crash; 0 for never
	crashes  int
	lostAcks int
	lost     int
	receipts int

	adoptions int
	rotten    int
}

type handClock struct{ t time.Time }

func (c *handClock) Now() time.Time          { return c.t }
func (c *handClock) State() preau.ClockState { return preau.ClockHeld }

func newWorld(t *testing.T, ca *segmenttest.Authority, seed uint64, restore bool) *world {
	w := &world{
		t: t, seed: seed, dice: rand.New(rand.NewPCG(seed, 0)), ca: ca, signer: ca.Signer(segmenttest.Box()), dir: fastDir(t),
		store: bucket.NewMemory(), restore: restore, clock: &handClock{time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)},
		must: map[preau.ID]*preau.Statement{}, may: map[preau.ID]*preau.Statement{},
	}
	w.line = buckettest.NewFaulty(w.store, seed)
	w.line.LostRequest, w.line.LostAck, w.line.SlowDown, w.line.Truncated = 0.05, 0.08, 0.03, 0.02
	w.far = buckettest.NewFaulty(w.store, seed+1e6)
	w.far.LostRequest, w.far.LostAck, w.far.ListLag, w.far.Truncated = 0.01, 0.05, 0.1, 0.005
	w.collect = lake.NewCollector(w.far, ca.Roots, segmenttest.Box().Authority, ca.Receipts(segmenttest.Box().Authority), w.clock, quiet())
	w.open()
	return w
}

// fastDir is in memory where there is such a place: hundreds of lives sync.
func fastDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "preau-test-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func (w *world) open() {
	ctx := w.t.Context()
	data := filepath.Join(w.dir, "data")
	w.ok(os.MkdirAll(data, 0o700))
	var err error
	w.db, err = sqlite.Open(ctx, filepath.Join(data, "preau.db"), w.clock)
	w.ok(err)
	w.j, err = journal.Open(ctx, w.db, w.clock)
	w.ok(err)
	w.u, err = Open(ctx, Config{
		DB: w.db, Journal: w.j, Clock: w.clock, Bucket: w.line, Log: quiet(), Box: segmenttest.Box(), Signer: w.signer,
		Roots: w.ca.Roots, Secret: make([]byte, 32), Spool: filepath.Join(data, "spool"), Fault: w.step,
	})
	w.ok(err)
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("seed %d: %v", w.seed, err)
	}
}

// step is the fault hook: the process dies here when its steps are counted
// out.
func (w *world) step(name string) error {
	if name == "adopted" {
		w.adoptions++
	}
	if w.crashAt > 0 {
		if w.crashAt--; w.crashAt == 0 {
			return errCrash
		}
	}
	return nil
}

func (w *world) live(turns int) {
	ctx := w.t.Context()
	for range turns {
		w.clock.t = w.clock.t.Add(time.Duration(w.dice.IntN(3600)) * time.Second)
		switch d := w.dice.IntN(20); {
		case d < 8:
			w.record()
		case d < 14:
			w.deliver(ctx)
		case d < 16:
			_, err := w.collect.Collect(ctx)
			w.tolerate(err)
		case d == 16:
			w.line.SetDown(w.dice.IntN(2) == 0)
			if !w.restore { // a lost card and a lost object at once are beyond any promise
				w.rot(ctx)
			}
		case d == 17:
			w.crash()
			_, err := w.j.Pack(ctx) // the past epoch's statements become blocks, here and there undelivered
			w.ok(err)
		case d == 18 && w.restore && (w.image == "" || w.dice.IntN(4) == 0):
			w.takeImage()
		case d == 19 && w.restore && w.image != "" && w.dice.IntN(2) == 0:
			w.restoreImage()
		}
	}
}

// rot damages or loses an object that the store has and nobody has signed
// for yet: the authority must ask for it again.
func (w *world) rot(ctx context.Context) {
	list, err := w.u.plans(ctx, "delivered")
	w.ok(err)
	signed := map[string]uint64{} // by stream and epoch
	for n := uint64(1); ; n++ {
		data, err := w.store.Get(ctx, segmenttest.Box().ReceiptKey(n))
		if err != nil {
			break
		}
		doc, err := segment.ParseReceipt(data)
		w.ok(err)
		for _, a := range doc.Body.Acks {
			signed[string(a.Stream)+a.Epoch.String()] = a.Last
		}
	}
	for _, p := range list {
		for _, o := range p.objects {
			if p.last <= signed[string(p.stream)+segment.EpochID(p.epoch).String()] {
				break
			}
			switch w.dice.IntN(4) {
			case 0:
				w.store.Remove(o.Key)
				w.rotten++
			case 1:
				w.ok(w.store.Replace(ctx, o.Key, []byte("PAR1")))
				w.rotten++
			}
		}
	}
}

func (w *world) record() {
	streams := []preau.Stream{preau.StreamAttendance, preau.StreamLearning, preau.StreamTelemetry}
	var sts []*preau.Statement
	for range 1 + w.dice.IntN(12) {
		st := &preau.Statement{ID: preau.NewID(), Stream: streams[w.dice.IntN(3)], Actor: fmt.Sprint("p", w.dice.IntN(30)),
			Verb: journal.VerbPlayed, Object: "ark:/99999/x", ObjectKind: "video", Result: json.RawMessage(`{"duration":"PT3S"}`), Timestamp: w.clock.t}
		// A tablet that kept what an old card forgot sends it again.
		if id, ok := anyOf(w.may, w.dice); ok && w.dice.IntN(3) == 0 {
			again := *w.may[id]
			again.Epoch, again.Seq, again.HLC, again.Stored = 0, 0, 0, time.Time{}
			st = &again
		}
		sts = append(sts, st)
	}
	for _, st := range sts {
		w.ok(w.j.Record(w.t.Context(), st))
		w.must[st.ID] = st
		delete(w.may, st.ID)
	}
}

func anyOf(m map[preau.ID]*preau.Statement, dice *rand.Rand) (preau.ID, bool) {
	if len(m) == 0 {
		return preau.ID{}, false
	}
	keys := slices.SortedFunc(maps.Keys(m), func(a, b preau.ID) int { return strings.Compare(a.String(), b.String()) })
	return keys[dice.IntN(len(keys))], true
}

// deliver is a turn of the scheduler, cut short at any step.
func (w *world) deliver(ctx context.Context) {
	if w.dice.IntN(3) == 0 {
		w.crashAt = 1 + w.dice.IntN(12)
	}
	due := map[preau.Stream]bool{preau.StreamAttendance: w.dice.IntN(2) == 0, preau.StreamLearning: w.dice.IntN(2) == 0, preau.StreamTelemetry: w.dice.IntN(3) == 0}
	err := w.u.seal(ctx, due, false)
	if err == nil {
		err = w.u.send(ctx, due)
	}
	if err == nil {
		err = w.u.receipts(ctx)
	}
	w.crashAt = 0
	if errors.Is(err, errCrash) {
		w.crash()
		return
	}
	w.tolerate(err)
}

// tolerate accepts what a bad line may cause, and nothing else.
func (w *world) tolerate(err error) {
	w.t.Helper()
	if err != nil && preau.KindOf(err) != preau.Unavailable && preau.KindOf(err) != preau.Corrupt {
		w.t.Fatalf("seed %d: %v", w.seed, err)
	}
}

// crash ends this life; the next is a new process on the same card.
func (w *world) crash() {
	w.crashes++
	w.ok(w.db.Close())
	w.open()
}

func (w *world) takeImage() {
	w.ok(w.db.Close())
	w.image = filepath.Join(w.dir, "image")
	w.ok(os.RemoveAll(w.image))
	w.ok(os.CopyFS(w.image, os.DirFS(filepath.Join(w.dir, "data"))))
	w.imaged = map[preau.ID]bool{}
	for id := range w.must {
		w.imaged[id] = true
	}
	w.open()
}

// restoreImage puts the old card in: what it never knew is either upstream
// already or gone, but may not be there twice.
func (w *world) restoreImage() {
	w.restores++
	w.ok(w.db.Close())
	w.ok(os.RemoveAll(filepath.Join(w.dir, "data")))
	w.ok(os.Rename(w.image, filepath.Join(w.dir, "data")))
	for id, st := range w.must {
		if !w.imaged[id] {
			w.may[id] = st
			delete(w.must, id)
		}
	}
	w.image, w.imaged = "", nil
	w.open()
}

// settle lets everything through until nothing is owed.
func (w *world) settle() {
	ctx := w.t.Context()
	w.lostAcks, w.lost = w.line.Count.LostAcks, w.line.Count.Lost
	for _, f := range []*buckettest.Faulty{w.line, w.far} {
		f.SetDown(false)
		f.LostRequest, f.LostAck, f.SlowDown, f.Truncated, f.ListLag = 0, 0, 0, 0, 0
	}
	for range 6 {
		w.ok(w.u.Flush(ctx))
		w.clock.t = w.clock.t.Add(time.Hour) // past the collector's patience
		_, err := w.collect.Collect(ctx)
		w.ok(err)
		w.ok(w.u.Flush(ctx))
	}
	st, err := w.u.Status(ctx)
	w.ok(err)
	if st.Waiting != 0 || st.Sealed != 0 || st.Unreceipted != 0 || st.Problem != nil {
		w.t.Errorf("seed %d: never settled: %+v", w.seed, st)
	}
	w.receipts = int(st.Receipt)
	if left, _ := os.ReadDir(filepath.Join(w.dir, "data", "spool")); len(left) != 0 {
		w.t.Errorf("seed %d: %d files stay in the spool", w.seed, len(left))
	}
	// Years later everything may be pruned, and only because it is upstream.
	w.clock.t = w.clock.t.AddDate(3, 0, 0)
	_, err = w.j.Pack(ctx)
	w.ok(err)
	if _, err := w.j.Prune(ctx); err != nil {
		w.ok(err)
	}
	w.ok(w.db.Close())
}

// judge reads the store as a stranger would.
func (w *world) judge() {
	ctx := w.t.Context()
	l := lake.New(w.store, w.ca.Roots)
	_, err := l.Verify(ctx, func(f lake.Finding) {
		if w.restores == 0 || !f.Note && !strings.HasPrefix(f.Text, "fork: ") {
			w.t.Errorf("seed %d: %s", w.seed, f)
		}
	})
	w.ok(err)
	boxes, err := l.Boxes(ctx)
	w.ok(err)
	times := map[preau.ID]int{}
	for _, b := range boxes {
		for _, s := range b.Streams {
			for f, err := range l.Facts(ctx, b, s.Stream, time.Time{}, w.clock.t) {
				w.ok(err)
				times[f.ID]++
				st := w.must[f.ID]
				if st == nil {
					st = w.may[f.ID]
				}
				if st == nil || st.Stream != f.Stream || st.Verb != f.Verb || !st.Timestamp.Equal(f.Time) {
					w.t.Errorf("seed %d: the store tells of %s, which nobody recorded so", w.seed, f.ID)
				}
			}
		}
	}
	for id, st := range w.must {
		if times[id] != 1 {
			w.t.Errorf("seed %d: statement %d of %s in epoch %016x is upstream %d times", w.seed, st.Seq, st.Stream, st.Epoch, times[id])
		}
	}
	for id := range w.may {
		if times[id] > 1 {
			w.t.Errorf("seed %d: %s is upstream %d times", w.seed, id, times[id])
		}
	}
	w.orphans(ctx)
}

// orphans counts objects that no head names: those who read the folder
// without the heads would count their rows twice.
func (w *world) orphans(ctx context.Context) {
	named := map[string]bool{}
	for info, err := range w.store.List(ctx, "v1/", "") {
		w.ok(err)
		if strings.Contains(info.Key, "/heads/") {
			b, err := w.store.Get(ctx, info.Key)
			w.ok(err)
			h, err := segment.ParseHead(b)
			w.ok(err)
			for _, o := range h.Body.Objects {
				named[o.Key] = true
			}
		}
	}
	for info := range w.store.List(ctx, "v1/", "") {
		if strings.Contains(info.Key, "/facts/") && !named[info.Key] && w.restores == 0 {
			w.t.Errorf("seed %d: no head names %s", w.seed, info.Key)
		}
	}
}

func (w *world) add(o *world) {
	if w.must == nil {
		w.must = map[preau.ID]*preau.Statement{}
	}
	maps.Copy(w.must, o.must)
	w.crashes += o.crashes
	w.restores += o.restores
	w.adoptions += o.adoptions
	w.rotten += o.rotten
	w.lostAcks += o.lostAcks
	w.lost += o.lost
	w.receipts += o.receipts
}
