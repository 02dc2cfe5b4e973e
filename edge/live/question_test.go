package live_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"preau"
	"preau/edge/live"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
	"preau/edge/live/question"
	"preau/edge/live/results"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// school is a box whose questions are kept for good.
type school struct {
	*box
	db      *sqlite.DB
	journal *journal.Journal
	results *results.Results
}

func newSchool(t *testing.T) *school {
	t.Helper()
	db := newDB(t)
	j, err := journal.Open(t.Context(), db, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := results.Open(t.Context(), db, j)
	if err != nil {
		t.Fatal(err)
	}
	s := &school{db: db, journal: j, results: kept}
	s.restart(t)
	return s
}

// restart ends the hub, if there is one, and opens another on the same disk.
func (s *school) restart(t *testing.T) {
	t.Helper()
	if s.box != nil {
		s.close()
	}
	hub, err := live.Open(t.Context(), live.Options{DB: s.db, Clock: preau.SystemClock(), Log: slog.New(slog.DiscardHandler), Authorise: who,
		Questions: s.results, Limits: live.Limits{Hello: 200 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	s.box = serve(t, hub)
}

func (s *school) learning(t *testing.T) []*preau.Statement {
	t.Helper()
	sts, err := s.journal.Range(t.Context(), preau.StreamLearning, s.journal.Epoch(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return sts
}

func picks(n ...int) protocol.Value    { return protocol.Value{Choices: n} }
func words(text string) protocol.Value { return protocol.Value{Text: &text} }
func amount(n float64) protocol.Value  { return protocol.Value{Number: &n} }

// ask asks and waits until the screens have it.
func (b *box) ask(prof *screen, m *protocol.Ask, screens ...*screen) string {
	b.t.Helper()
	if _, err := prof.Do(b.t.Context(), m); err != nil {
		b.t.Fatal(err)
	}
	id := prof.Here().State.Question.ID
	for _, s := range screens {
		b.wait("the question", func() bool { q := s.Here().State.Question; return q != nil && q.ID == id })
	}
	return id
}

func (b *box) must(s *screen, m protocol.Message) {
	b.t.Helper()
	if _, err := s.Do(b.t.Context(), m); err != nil {
		b.t.Fatalf("%s: %v", protocol.KindOf(m), err)
	}
}

// given gathers what a teacher was told of who answered what.
func given(s *screen, id string) map[string]protocol.Value {
	all := map[string]protocol.Value{}
	for _, m := range s.all() {
		if a, ok := m.(*protocol.Answers); ok && a.ID == id {
			if a.Full {
				clear(all)
			}
			for _, g := range a.Answers {
				all[g.Person] = g.Value
			}
		}
	}
	return all
}

func TestQuestion_CountsOnTheBoardNamesForTheTeacherOnly(t *testing.T) {
	s := newSchool(t)
	s.start("r1")
	prof, wall, lou, ines := s.join(teacher("t1")), s.join(board("b1", "r1")), s.join(pupil("lou")), s.join(pupil("ines"))
	id := s.ask(prof, &protocol.Ask{Form: protocol.FormChoice, Choices: []string{"", "", "", ""}}, wall, lou, ines)
	s.must(lou, &protocol.Answer{ID: id, Value: picks(0)})
	s.must(lou, &protocol.Answer{ID: id, Value: picks(2)})
	s.must(ines, &protocol.Answer{ID: id, Value: picks(2)})
	want := protocol.Tally{ID: id, Answered: 2, Of: 2, Counts: []int{0, 0, 2, 0}}
	for _, screen := range []*screen{wall, prof} {
		s.wait("the tally", func() bool { return reflect.DeepEqual(screen.Here().Tally, want) })
	}
	s.wait("names for the teacher", func() bool { return len(given(prof, id)) == 2 && given(prof, id)["lou"].Is(picks(2)) })
	s.wait("her answer said back", func() bool { a := lou.Here().Mine.Answer; return a != nil && a.Value.Is(picks(2)) })
	if count[*protocol.Answers](wall)+count[*protocol.Answers](lou)+count[*protocol.Tally](lou) != 0 {
		t.Error("names reached a board or a pupil, or counts a pupil")
	}
	if second := s.join(teacher("t1")); true { // one who comes later has all of it
		s.wait("the full list", func() bool { return len(given(second, id)) == 2 })
	}
	s.must(prof, &protocol.AskClose{ID: id})
	for _, late := range []*screen{lou, ines} {
		_, err := late.Do(t.Context(), &protocol.Answer{ID: id, Value: picks(1)})
		if refused, ok := errors.AsType[*client.Refused](err); !ok || refused.Kind != "conflict" || refused.Text == "" || refused.Remedy == "" {
			t.Errorf("an answer after the close: %v", err)
		}
	}
	s.must(prof, &protocol.AskClose{ID: id, Reveal: &protocol.Reveal{Right: []protocol.Value{amount(2)}}})
	s.wait("what is right", func() bool { q := lou.Here().State.Question; return !q.Open && len(q.Right) == 1 })
	s.must(prof, &protocol.AskEnd{ID: id})
	s.wait("the end", func() bool { return wall.Here().State.Question == nil && lou.Here().State.Question == nil })
	if sts := s.learning(t); len(sts) != 2 {
		t.Errorf("%d statements, want one a pupil", len(sts))
	}
	if _, err := prof.Do(t.Context(), &protocol.AskEnd{ID: id}); !errors.Is(err, client.KindError(preau.NotFound)) {
		t.Errorf("ended twice: %v", err)
	}
}

func TestQuestion_RestartInTheMiddleLosesAndDoublesNothing(t *testing.T) {
	s := newSchool(t)
	s.start("r1")
	prof := s.join(teacher("t1"))
	var class []*screen
	for i := range 5 {
		class = append(class, s.join(pupil(fmt.Sprint("p", i))))
	}
	id := s.ask(prof, &protocol.Ask{Form: protocol.FormText, Text: "Capitale ?"}, class...)
	for i, p := range class[:4] {
		s.must(p, &protocol.Answer{ID: id, Value: words(fmt.Sprint("Réponse ", i))})
	}
	s.restart(t)
	prof, again := s.join(teacher("t1")), []*screen{}
	for i := range 5 {
		again = append(again, s.join(pupil(fmt.Sprint("p", i))))
	}
	s.wait("the answers given before", func() bool { return len(given(prof, id)) == 4 && prof.Here().Tally.Answered == 4 })
	s.wait("one's own answer", func() bool {
		a := again[0].Here().Mine.Answer
		return a != nil && a.ID == id && a.Value.Is(words("Réponse 0"))
	})
	s.must(again[0], &protocol.Answer{ID: id, Value: words("Paris")})     // changed
	s.must(again[1], &protocol.Answer{ID: id, Value: words("Réponse 1")}) // sent again
	s.must(again[4], &protocol.Answer{ID: id, Value: words("paris")})     // new
	s.wait("five", func() bool { return prof.Here().Tally.Answered == 5 })
	s.must(prof, &protocol.AskClose{ID: id, Reveal: &protocol.Reveal{Right: []protocol.Value{words("Paris")}}})
	s.must(prof, &protocol.End{})
	sts := s.learning(t)
	right := 0
	for _, st := range sts {
		if string(st.Result) == `{"response":"Paris","success":true}` || string(st.Result) == `{"response":"paris","success":true}` {
			right++
		}
	}
	if len(sts) != 5 || right != 2 {
		t.Errorf("%d statements, %d right, want 5 and 2", len(sts), right)
	}
	past, err := s.results.Lesson(t.Context(), "r1")
	if err != nil || len(past) != 1 || past[0].By != "t1" || past[0].Present != 5 || len(past[0].Answers()) != 5 {
		t.Errorf("after class: %+v, %v", past, err)
	}
}

func TestQuestion_AnotherTakesItsPlaceAndTheOldOneIsKept(t *testing.T) {
	s := newSchool(t)
	s.start("r1")
	prof, lou := s.join(teacher("t1")), s.join(pupil("lou"))
	first := s.ask(prof, &protocol.Ask{Form: protocol.FormTrueFalse}, lou)
	s.must(lou, &protocol.Answer{ID: first, Value: picks(0)})
	second := s.ask(prof, &protocol.Ask{Form: protocol.FormNumber, Text: "7 × 8"}, lou)
	if _, err := lou.Do(t.Context(), &protocol.Answer{ID: first, Value: picks(1)}); !errors.Is(err, client.KindError(preau.Conflict)) {
		t.Errorf("the first one is still answered: %v", err)
	}
	s.must(lou, &protocol.Answer{ID: second, Value: words("56,0")})
	s.wait("a number", func() bool { a := lou.Here().Mine.Answer; return a != nil && a.Value.Is(amount(56)) })
	if sts := s.learning(t); len(sts) != 1 || sts[0].Object != first {
		t.Errorf("statements %v", sts)
	}
	if past, err := s.results.Lesson(t.Context(), "r1"); err != nil || len(past) != 2 || past[0].ID != second || !past[1].Ended {
		t.Errorf("past %+v, %v", past, err)
	}
}

func TestQuestion_ClosesByItself(t *testing.T) {
	s := newSchool(t)
	s.start("r1")
	prof, lou := s.join(teacher("t1")), s.join(pupil("lou"))
	id := s.ask(prof, &protocol.Ask{Form: protocol.FormTrueFalse, Seconds: 1}, lou)
	s.must(lou, &protocol.Answer{ID: id, Value: picks(1)})
	s.wait("the close", func() bool { q := lou.Here().State.Question; return q != nil && !q.Open })
	if _, err := lou.Do(t.Context(), &protocol.Answer{ID: id, Value: picks(0)}); !errors.Is(err, client.KindError(preau.Conflict)) {
		t.Errorf("answered when the time is over: %v", err)
	}
}

func TestQuestion_ATextIsShownWithoutItsName(t *testing.T) {
	s := newSchool(t)
	s.start("r1")
	prof, wall, lou := s.join(teacher("t1")), s.join(board("b1", "r1")), s.join(pupil("lou"))
	id := s.ask(prof, &protocol.Ask{Form: protocol.FormText}, wall, lou)
	s.must(lou, &protocol.Answer{ID: id, Value: words(`<img src=x onerror="alert(1)">`)})
	if q := wall.Here().State.Question; q.Shown != "" {
		t.Errorf("shown unasked: %q", q.Shown)
	}
	s.must(prof, &protocol.AskShow{ID: id, Person: "lou"})
	s.wait("the text", func() bool { return wall.Here().State.Question.Shown == `<img src=x onerror="alert(1)">` })
	s.must(prof, &protocol.AskShow{ID: id})
	s.wait("its end", func() bool { return wall.Here().State.Question.Shown == "" })
	if _, err := prof.Do(t.Context(), &protocol.AskShow{ID: id, Person: "nobody"}); !errors.Is(err, client.KindError(preau.NotFound)) {
		t.Errorf("nobody's answer: %v", err)
	}
	id = s.ask(prof, &protocol.Ask{Form: protocol.FormTrueFalse}, wall, lou)
	s.must(lou, &protocol.Answer{ID: id, Value: picks(0)})
	if _, err := prof.Do(t.Context(), &protocol.AskShow{ID: id, Person: "lou"}); !errors.Is(err, client.KindError(preau.Invalid)) {
		t.Errorf("a choice is shown: %v", err)
	}
}

func TestQuestion_RefusesWhatIsNotTheirs(t *testing.T) {
	s := newSchool(t)
	s.start("r1")
	prof, wall, lou := s.join(teacher("t1")), s.join(board("b1", "r1")), s.join(pupil("lou"))
	id := s.ask(prof, &protocol.Ask{Form: protocol.FormTrueFalse}, wall, lou)
	for _, c := range []struct {
		by   *screen
		m    protocol.Message
		kind preau.Kind
	}{
		{lou, &protocol.AskClose{ID: id}, preau.Forbidden}, {lou, &protocol.AskShow{ID: id, Person: "lou"}, preau.Forbidden},
		{lou, &protocol.Ask{Form: protocol.FormTrueFalse}, preau.Forbidden}, {wall, &protocol.Answer{ID: id, Value: picks(0)}, preau.Forbidden},
		{prof, &protocol.Answer{ID: id, Value: picks(0)}, preau.Forbidden}, {lou, &protocol.Answer{ID: id, Value: picks(2)}, preau.Invalid},
		{lou, &protocol.Answer{ID: id, Value: words("vrai")}, preau.Invalid}, {lou, &protocol.Answer{ID: "another", Value: picks(0)}, preau.Conflict},
	} {
		if _, err := c.by.Do(t.Context(), c.m); !errors.Is(err, client.KindError(c.kind)) {
			t.Errorf("%s %+v: %v, want %v", c.by.Here().You.Role, c.m, err, c.kind)
		}
	}
	if n := prof.Here().Tally.Answered; n != 0 {
		t.Errorf("%d answers count", n)
	}
}

// TestQuestion_ADiskThatFailsIsSaid makes the disk refuse: the pupil is told, and
// the class goes on.
func TestQuestion_ADiskThatFailsIsSaid(t *testing.T) {
	hub, err := live.Open(t.Context(), live.Options{DB: newDB(t), Clock: preau.SystemClock(), Log: slog.New(slog.DiscardHandler), Authorise: who,
		Questions: &failing{preau.E(preau.Full, "the disk is full", "Free some space.", nil)}})
	if err != nil {
		t.Fatal(err)
	}
	b := serve(t, hub)
	b.start("r1")
	prof, lou := b.join(teacher("t1")), b.join(pupil("lou"))
	id := b.ask(prof, &protocol.Ask{Form: protocol.FormTrueFalse}, lou)
	if _, err := lou.Do(t.Context(), &protocol.Answer{ID: id, Value: picks(0)}); !errors.Is(err, client.KindError(preau.Full)) {
		t.Errorf("the pupil hears %v", err)
	}
	if slices.ContainsFunc(lou.all(), func(m protocol.Message) bool { mine, ok := m.(*protocol.Mine); return ok && mine.Answer != nil }) {
		t.Error("the pupil is told that the answer is kept")
	}
}

// failing keeps questions and refuses answers.
type failing struct{ err error }

func (f *failing) Keep(*sqlite.Tx, question.Setting, *question.Sheet) error { return nil }
func (f *failing) End(*sqlite.Tx, question.Setting, *question.Sheet) error  { return nil }
func (f *failing) Answer(context.Context, string, question.Answer) error    { return f.err }
func (f *failing) Answers(context.Context, string) ([]question.Answer, error) {
	return nil, nil
}
