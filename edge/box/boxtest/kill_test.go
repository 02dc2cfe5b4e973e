package boxtest

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/edge/box"
	"preau/edge/directory"
)

// TestKill_FiftyTimesDuringALesson kills the box at fifty random moments,
// while a class works on it, the catalogue comes in and records go out. What
// the box acknowledged is there at the end, and in the store, once.
func TestKill_FiftyTimesDuringALesson(t *testing.T) {
	const kills = 50
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("PREAU_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("PREAU_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))

	server, store := startStore(t)
	origin := NewOrigin(t, time.Now())
	origin.Slow(96 << 10) // the catalogue takes all of the lesson to come
	r := NewRig(t, origin, server.URL, server.Cred)
	c := newClassAt(r)
	collected := r.Collect(store)
	defer collected()
	c.start(t.Context())

	checked := map[string]bool{}
	blobsAt := []int{}
	early := 0
	for range kills {
		child := r.Serve()
		if rnd.IntN(5) == 0 { // while it starts
			early++
			pause(t.Context(), time.Duration(rnd.IntN(250))*time.Millisecond)
		} else {
			child.Await()
			c.at(child.HTTP)
			pause(t.Context(), time.Duration(50+rnd.IntN(350))*time.Millisecond)
		}
		child.Kill()
		c.at("")
		blobsAt = append(blobsAt, r.Visible(checked))
	}
	t.Logf("%d kills, %d of them while it started; blobs that were here at each: %v", kills, early, blobsAt)

	origin.Slow(0)
	child := r.Serve().Await()
	c.at(child.HTTP)
	r.Whole(child, time.Minute)
	c.stop()
	r.Visible(map[string]bool{})
	all := r.Arrived(child, store, time.Minute)
	c.check(t, all)
	if n := collected(); n == 0 {
		t.Error("no receipt was signed during the lesson")
	}
	if code, took := child.Stop(); code != 0 || took > 10*time.Second {
		t.Errorf("it stopped with code %d after %v", code, took)
	}
}

// classAt is a teacher and pupils at work on a box that comes and goes.
type classAt struct {
	url    atomic.Pointer[string]
	acks   *acks
	people []func(context.Context)
	wg     sync.WaitGroup
	end    context.CancelFunc
}

func newClassAt(r *Rig) *classAt {
	c := &classAt{acks: &acks{ids: map[preau.ID]string{}}}
	c.at("")
	var class []box.Account
	first := r.Account(directory.Pupil, 0)
	for _, a := range r.Accounts {
		if a.Group != "" && a.Group == first.Group {
			class = append(class, a)
		}
	}
	teacher := newCaller(&c.url, r.Account(directory.Teacher, 0), c.acks)
	c.people = append(c.people, func(ctx context.Context) { teacher.teach(ctx, class) })
	for _, a := range class[:6] {
		c.people = append(c.people, newCaller(&c.url, a, c.acks).learn)
	}
	return c
}

// at tells where the box answers now; "" that it does not.
func (c *classAt) at(url string) { c.url.Store(&url) }

func (c *classAt) start(ctx context.Context) {
	ctx, c.end = context.WithCancel(ctx)
	for _, work := range c.people {
		c.wg.Go(func() { work(ctx) })
	}
}

func (c *classAt) stop() {
	c.end()
	c.wg.Wait()
}

// check finds each acknowledged statement among those that arrived.
func (c *classAt) check(t *testing.T, arrived map[preau.ID]bool) {
	t.Helper()
	kinds := map[string]int{}
	for id, what := range c.acks.ids {
		kinds[what]++
		if !arrived[id] {
			t.Errorf("acknowledged and lost: %s %s", what, id)
		}
	}
	for _, refused := range c.acks.refused {
		t.Errorf("refused: %s", refused)
	}
	if kinds["register"] == 0 || kinds["progress"] == 0 || kinds["result"] == 0 {
		t.Errorf("the class did nothing: %v", kinds)
	}
	t.Logf("%d requests acknowledged; statements looked for: %v", c.acks.answered, kinds)
}
