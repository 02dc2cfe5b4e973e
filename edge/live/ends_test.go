package live_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/edge/live"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
	"preau/edge/live/question"
	"preau/internal/sqlite"
)

// stubborn is a journal that refuses ends as long as it is told to.
type stubborn struct {
	recorder
	refuses atomic.Bool
}

func (s *stubborn) Ended(tx *sqlite.Tx, r live.Room, by live.Identity) error {
	if s.refuses.Load() {
		return errors.New("the disk is full")
	}
	return s.recorder.Ended(tx, r, by)
}

func (s *stubborn) ends() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ended)
}

func TestEnd_ThatFailsIsOverForPeopleAndTriedAgain(t *testing.T) {
	db, rec := newDB(t), &stubborn{}
	b := serve(t, newHub(t, db, live.Limits{Stall: 300 * time.Millisecond}, rec))
	b.start("r1")
	ines := b.join(pupil("p1"))
	rec.refuses.Store(true)
	if err := b.hub.End(t.Context(), "r1", t1); err == nil {
		t.Fatal("an end that is not on the disk is told as done")
	}
	b.wait("the pupil out", func() bool { return ines.Here().Room == nil })
	if b.hub.InSession("r1") || len(b.hub.Rooms()) != 0 || b.hub.Teaches("r1", "t1") {
		t.Error("the lesson goes on")
	}
	rec.refuses.Store(false)
	b.wait("the next try", func() bool { return rec.ends() == 1 })
	b.wait("the room gone", func() bool { return b.hub.Stats().Rooms == 0 })
	b.close()
	if again := newHub(t, db, live.Limits{}, rec); len(again.Rooms()) != 0 {
		t.Error("the lesson comes back with the box")
	}
}

func TestEnd_IsBroughtToItsEndWhenWhoeverAskedIsGone(t *testing.T) {
	db, rec := newDB(t), &stubborn{}
	hub := newHub(t, db, live.Limits{}, rec)
	b := &box{t: t, hub: hub}
	b.start("r1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := hub.End(ctx, "r1", t1); err != nil || rec.ends() != 1 {
		t.Fatalf("%v, %d ends recorded", err, rec.ends())
	}
	b.start("r1")
	rec.refuses.Store(true)
	if err := hub.End(t.Context(), "r1", t1); err == nil {
		t.Fatal("the end is told as done")
	}
	rec.refuses.Store(false)
	b.start("r1") // the same lesson is opened again at once
	if !hub.InSession("r1") || rec.ends() != 2 {
		t.Errorf("in session %v, %d ends", hub.InSession("r1"), rec.ends())
	}
}

func TestStart_OfAClassIsOneAtATime(t *testing.T) {
	hub := newHub(t, newDB(t), live.Limits{}, &recorder{})
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			id := []string{"r1", "r2"}[i/8]
			if err := hub.Start(t.Context(), live.Room{ID: id, Group: "6B", Teachers: []string{"t1"}}); err != nil {
				t.Errorf("start %s: %v", id, err)
			}
		})
	}
	all.Wait()
	if rooms := hub.Rooms(); len(rooms) != 1 {
		t.Errorf("one class is in %v", rooms)
	}
}

func TestStart_ByAStrangerEndsNothing(t *testing.T) {
	hub, err := live.Open(t.Context(), live.Options{DB: newDB(t), Clock: preau.SystemClock(), Log: slog.New(slog.DiscardHandler), Authorise: who,
		Colleague: func(_ context.Context, person string) (string, error) {
			if person != "t1" {
				return "", preau.E(preau.Forbidden, "no teacher", "", nil)
			}
			return "Mme Garnier", nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	b := serve(t, hub)
	b.start("r1")
	if err := hub.Start(t.Context(), live.Room{ID: "r2", Group: "6B", Teachers: []string{"x"}}); preau.KindOf(err) != preau.Forbidden {
		t.Errorf("start: %v", err)
	}
	if !hub.InSession("r1") {
		t.Error("the lesson of before was ended")
	}
	b.close()
	if err := hub.Start(t.Context(), live.Room{ID: "r3", Teachers: []string{"t1"}}); preau.KindOf(err) != preau.Unavailable {
		t.Errorf("start on a box that stops: %v", err)
	}
}

func TestLeave_OfOneWhoseSaveFailsIsOut(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	if err := b.hub.Invite(t.Context(), "r1", "t2"); err != nil {
		t.Fatal(err)
	}
	gone := b.join(teacher("t2"))
	b.wait("the room", func() bool { return gone.Here().Room != nil })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.hub.Leave(ctx, "r1", "t2"); err == nil {
		t.Fatal("the save did not fail")
	}
	b.wait("the colleague out", func() bool { return gone.Here().Room == nil })
}

// tired is where answers are kept, on a disk that fails at first.
type tired struct {
	live.Questions
	fails atomic.Int32
}

func (f *tired) Keep(tx *sqlite.Tx, in question.Setting, s *question.Sheet) error {
	if f.fails.Load() > 0 {
		return errors.New("the disk is slow")
	}
	return f.Questions.Keep(tx, in, s)
}

func (f *tired) Answer(ctx context.Context, id string, a question.Answer) error {
	if f.fails.Add(-1) >= 0 {
		return errors.New("the disk is slow")
	}
	return f.Questions.Answer(ctx, id, a)
}

// TestAnswer_OfASlowDiskCountsAndIsSentAgain has neither the question nor the
// first answers written: the pupil is not told that the answer is refused.
func TestAnswer_OfASlowDiskCountsAndIsSentAgain(t *testing.T) {
	s := newSchool(t)
	s.close()
	disk := &tired{Questions: s.results}
	hub, err := live.Open(t.Context(), live.Options{DB: s.db, Clock: preau.SystemClock(), Log: slog.New(slog.DiscardHandler), Authorise: who, Questions: disk})
	if err != nil {
		t.Fatal(err)
	}
	b := serve(t, hub)
	b.start("r1")
	prof, lou := b.join(teacher("t1")), b.join(pupil("lou"))
	disk.fails.Store(1)
	if _, err := prof.Do(t.Context(), &protocol.Ask{Form: protocol.FormTrueFalse}); err == nil {
		t.Fatal("the question was kept")
	}
	b.wait("the question", func() bool { return lou.Here().State.Question != nil })
	id := lou.Here().State.Question.ID
	answer := &protocol.Answer{ID: id, Value: picks(1)}
	if _, err := lou.Do(t.Context(), answer); !errors.Is(err, client.KindError(preau.Unavailable)) {
		t.Fatalf("on a slow disk: %v", err)
	}
	disk.fails.Store(0)
	_, _ = prof.Do(t.Context(), &protocol.AskClose{ID: id})
	b.wait("its end", func() bool { return !lou.Here().State.Question.Open })
	if _, err := lou.Do(t.Context(), answer); err != nil {
		t.Errorf("sent again: %v", err)
	}
	if kept, err := s.results.Answers(t.Context(), id); err != nil || len(kept) != 1 {
		t.Errorf("kept %v, %v", kept, err)
	}
	if _, err := lou.Do(t.Context(), &protocol.Answer{ID: id, Value: picks(0)}); !errors.Is(err, client.KindError(preau.Conflict)) {
		t.Errorf("another answer after the close: %v", err)
	}
}

// TestInk_TheLastPieceIsKeptWithoutAnEnd draws a piece whose end never comes,
// within the second of the one before.
func TestInk_TheLastPieceIsKeptWithoutAnEnd(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	prof := b.join(teacher("t1"))
	launch := opened(t, prof)
	b.do(prof, &protocol.Draw{Launch: launch, Strokes: []protocol.Stroke{line("a", .1, .1, .5)}})
	if err := prof.Send(&protocol.Draw{Launch: launch, More: true, Strokes: []protocol.Stroke{{ID: "a", Points: []float64{.2, .2, .5}}}}); err != nil {
		t.Fatal(err)
	}
	b.wait("two points on the disk", func() bool {
		found, err := b.hub.Ink().Of(t.Context(), launch)
		return err == nil && len(found) == 1 && len(found[0].Stroke.Points) == 6
	})
}
