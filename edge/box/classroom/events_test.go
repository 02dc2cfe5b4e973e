package classroom

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/live"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

type holder struct{ held []string }

func (h *holder) Opened(_ *sqlite.Tx, l live.Launch) error {
	h.held = append(h.held, l.Item)
	return nil
}

func (h *holder) Ended(*sqlite.Tx, string) error { h.held = nil; return nil }

type recorded struct {
	t    *testing.T
	db   *sqlite.DB
	j    *journal.Journal
	held holder
	ev   events
	over chan struct{}
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	j, err := journal.Open(t.Context(), db, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{t: t, db: db, j: j, over: make(chan struct{}, 1)}
	r.ev = events{Deps{DB: db, Journal: j, Content: &r.held, Over: r.over}}
	return r
}

func (r *recorded) write(do func(tx *sqlite.Tx) error) {
	r.t.Helper()
	if err := r.db.Write(r.t.Context(), do); err != nil {
		r.t.Fatal(err)
	}
}

// lines is everything the journal says, a statement a line.
func (r *recorded) lines() (out []string) {
	r.t.Helper()
	err := r.db.Read(r.t.Context(), func(tx *sqlite.Tx) error {
		return journal.Each(tx, func(st *preau.Statement) error {
			out = append(out, fmt.Sprintf("%s %s %s %s %s %s", st.Stream, st.Actor, st.Verb[strings.LastIndex(st.Verb, "/")+1:], st.ObjectKind, st.Result, st.Context))
			return nil
		})
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

func TestEvents_ALaunchSaysHowManyScreensAndTheEndLetsGo(t *testing.T) {
	r := newRecorded(t)
	l := live.Launch{ID: preau.NewID(), Room: "r1", Group: "6B", Item: "film", To: protocol.ToPupils, Only: 3, Screens: 2, By: live.Identity{Person: "t1"}, At: time.Now()}
	r.write(func(tx *sqlite.Tx) error { return r.ev.Opened(tx, l) })
	if got := r.lines(); len(got) != 1 || !strings.Contains(got[0], `{"screens":2} {"group":"6B","only":3,"session":"r1","to":"pupils"}`) || len(r.held.held) != 1 {
		t.Errorf("recorded %v, held %v", got, r.held.held)
	}
	for range 2 { // the hint is never waited for
		r.write(func(tx *sqlite.Tx) error { return r.ev.Ended(tx, live.Room{ID: "r1", Group: "6B"}, l.By) })
	}
	if len(r.held.held) != 0 || len(r.over) != 1 {
		t.Errorf("after the end: held %v, hints %d", r.held.held, len(r.over))
	}
}
