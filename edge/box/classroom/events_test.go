package classroom

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/live"
	"preau/edge/live/lesson"
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

func TestEvents_AQuestionAndItsAnswersAreInTheLearningStreamAndCanBeForgotten(t *testing.T) {
	r := newRecorded(t)
	room := live.Room{ID: "r1", Group: "6B"}
	choice := protocol.Question{ID: "q1", Form: protocol.FormChoice, Text: "Quel mot ?", Choices: []string{"vite", "grand", "bleu"}, Multiple: true}
	truth := protocol.Question{ID: "q2", Form: protocol.FormTrueFalse, Text: "Vrai ?"}
	r.write(func(tx *sqlite.Tx) error {
		return errors.Join(
			r.ev.Asked(tx, room, lesson.Asked{ID: preau.NewID(), Question: choice, By: live.Identity{Person: "t1"}, At: time.Now().UnixMilli()}),
			r.ev.Answered(tx, room, []lesson.Answered{
				{ID: preau.NewID(), Question: choice, Person: "p1", Value: protocol.Value{Choices: []int{1, 2}}, Right: new(true), At: time.Now().UnixMilli()},
				{ID: preau.NewID(), Question: choice, Person: "p2", Value: protocol.Value{Choices: []int{0}}, Right: new(false), At: time.Now().UnixMilli()},
				{ID: preau.NewID(), Question: truth, Person: "p1", Value: protocol.Value{Choices: []int{1}}, At: time.Now().UnixMilli()},
				{ID: preau.NewID(), Question: truth, Person: "p2", Value: protocol.Value{Text: new("<script>mon secret</script>")}, At: time.Now().UnixMilli()},
			}))
	})
	want := []string{
		`learning t1 asked question  {"choices":["vite","grand","bleu"],"group":"6B","kind":"choice","session":"r1","text":"Quel mot ?"}`,
		`learning p1 answered question {"response":["grand","bleu"],"success":true} {"group":"6B","kind":"choice","session":"r1","text":"Quel mot ?"}`,
		`learning p2 answered question {"response":["vite"],"success":false} {"group":"6B","kind":"choice","session":"r1","text":"Quel mot ?"}`,
		`learning p1 answered question {"response":false} {"group":"6B","kind":"truefalse","session":"r1","text":"Vrai ?"}`,
	}
	got := r.lines()
	if len(got) != 5 {
		t.Fatalf("%d statements", len(got))
	}
	for i, line := range want {
		if got[i] != line {
			t.Errorf("statement %d\n got %s\nwant %s", i, got[i], line)
		}
	}
	if strings.Contains(got[4], "<") || !strings.Contains(got[4], "mon secret") {
		t.Errorf("a script in an answer is kept as %s", got[4])
	}
	// Erasure reaches them once they are delivered, the answers with the name.
	r.write(func(tx *sqlite.Tx) error { return r.j.Ack(tx, preau.StreamLearning, r.j.Epoch(), 5) })
	if _, err := r.j.Forget(t.Context(), "p2"); err != nil {
		t.Fatal(err)
	}
	for _, line := range r.lines() {
		if strings.Contains(line, "p2") || strings.Contains(line, "secret") {
			t.Errorf("after the erasure: %s", line)
		}
	}
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
