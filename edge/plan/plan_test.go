package plan_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/plan"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

type school struct {
	*plan.Plans
	journal *journal.Journal
	facts   map[string]map[string]plan.Fact // by person and item
	agreed  map[preau.ID]bool
}

func open(t *testing.T) *school {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	j, err := journal.Open(t.Context(), db, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	s := &school{journal: j, facts: map[string]map[string]plan.Fact{}, agreed: map[preau.ID]bool{}}
	s.Plans, err = plan.Open(t.Context(), plan.Config{DB: db, Journal: j,
		Facts: func(_ context.Context, pid string, _ []string) (map[string]plan.Fact, error) {
			return s.facts[pid], nil
		},
		Agreed: func(_ context.Context, id preau.ID) (bool, error) { return s.agreed[id], nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *school) done(pid, item string, best *float64) {
	if s.facts[pid] == nil {
		s.facts[pid] = map[string]plan.Fact{}
	}
	s.facts[pid][item] = plan.Fact{Begun: true, Done: true, Best: best}
}

func (s *school) make(t *testing.T, kind plan.Kind, nodes ...plan.Node) plan.Plan {
	t.Helper()
	pl, err := s.Save(t.Context(), "prof", plan.Plan{ID: preau.NewID(), Kind: kind, Title: "L’adjectif", Nodes: nodes})
	if err != nil {
		t.Fatal(err)
	}
	return pl
}

func score(v float64) *float64 { return &v }

// TestModule_SixHoursWithADayTogether is M@gistère's rule: doing the first
// and the last step does not validate the module; being at the meeting does.
func TestModule_SixHoursWithADayTogether(t *testing.T) {
	s := open(t)
	pl := s.make(t, plan.Module,
		plan.Node{ID: "1", Item: "film", Minutes: 180},
		plan.Node{ID: "2", Title: "Une demi-journée ensemble", Meeting: true, Minutes: 60},
		plan.Node{ID: "3", Item: "quiz", MoveOn: plan.Passed, Mastery: .8, Minutes: 180})
	state := func() plan.State {
		t.Helper()
		st, err := s.Of(t.Context(), pl, "lou")
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	if st := state(); st.Next == nil || st.Next.ID != "1" || st.Steps[1].Open || st.Of != 3 {
		t.Fatalf("at the start: %+v", st)
	}
	s.done("lou", "film", nil)
	s.done("lou", "quiz", score(.9))
	if st := state(); st.Satisfied || st.Done != 2 || st.Steps[2].Open || st.Next.ID != "2" || st.Hours.Online != 360 {
		t.Fatalf("without the meeting: %+v", st)
	}
	if err := s.Validate(t.Context(), "formateur", pl.ID, "1", "lou", plan.Attended); preau.KindOf(err) != preau.NotFound {
		t.Errorf("a film was attended: %v", err)
	}
	for range 2 {
		if err := s.Validate(t.Context(), "formateur", pl.ID, "2", "lou", plan.Attended); err != nil {
			t.Fatal(err)
		}
	}
	if st := state(); !st.Satisfied || st.Hours != (plan.Hours{Planned: 420, Online: 360, Present: 60}) || st.Next != nil {
		t.Fatalf("with the meeting: %+v", st)
	}
	if err := s.Unvalidate(t.Context(), "formateur", pl.ID, "2", "lou"); err != nil {
		t.Fatal(err)
	}
	if st := state(); st.Satisfied {
		t.Fatal("still satisfied after it was taken back")
	}
	var verbs []string
	sts, err := s.journal.Range(t.Context(), preau.StreamLearning, s.epoch(t), 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range sts {
		verbs = append(verbs, st.Verb)
	}
	if len(verbs) != 2 || verbs[0] != journal.VerbAttended || verbs[1] != journal.VerbVoided || sts[1].Voids != sts[0].ID {
		t.Errorf("the journal says %v", verbs)
	}
}

func (s *school) epoch(t *testing.T) uint64 {
	t.Helper()
	epochs, err := s.journal.Epochs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return epochs[len(epochs)-1].ID
}

// TestMoveOn goes through every rule and what it asks.
func TestMoveOn(t *testing.T) {
	for _, c := range []struct {
		rule    plan.MoveOn
		mastery float64
		fact    plan.Fact
		want    bool
	}{
		{"", 0, plan.Fact{Begun: true}, false},
		{"", 0, plan.Fact{Done: true}, true},
		{plan.Completed, 0, plan.Fact{Best: score(1)}, false},
		{plan.Passed, .5, plan.Fact{Best: score(.5)}, true},
		{plan.Passed, .5, plan.Fact{Done: true, Best: score(.4)}, false},
		{plan.Passed, 0, plan.Fact{Best: score(.1)}, false},
		{plan.Passed, 0, plan.Fact{Done: true, Best: score(.1)}, true},
		{plan.Passed, 0, plan.Fact{Done: true}, false},
		{plan.CompletedAndPassed, .5, plan.Fact{Done: true, Best: score(.4)}, false},
		{plan.CompletedAndPassed, .5, plan.Fact{Done: true, Best: score(.6)}, true},
		{plan.CompletedOrPassed, .5, plan.Fact{Best: score(.6)}, true},
		{plan.CompletedOrPassed, .5, plan.Fact{Done: true}, true},
		{plan.CompletedOrPassed, .5, plan.Fact{Best: score(.2)}, false},
		{plan.NotApplicable, 0, plan.Fact{}, true},
	} {
		s := open(t)
		s.facts["lou"] = map[string]plan.Fact{"a": c.fact}
		pl := s.make(t, plan.Course, plan.Node{ID: "1", Item: "a", MoveOn: c.rule, Mastery: c.mastery})
		if st, err := s.Of(t.Context(), pl, "lou"); err != nil || st.Satisfied != c.want {
			t.Errorf("%s at %v with %+v: %v, %v", c.rule, c.mastery, c.fact, st.Satisfied, err)
		}
	}
}

func TestGates_WaivedOpensTheNext(t *testing.T) {
	s := open(t)
	pl := s.make(t, plan.Course, plan.Node{ID: "b", Title: "Bloc", Sequence: true, Children: []plan.Node{{ID: "1", Item: "a"}, {ID: "2", Item: "b"}}}, plan.Node{ID: "3", Item: "c"})
	st, err := s.Of(t.Context(), pl, "lou")
	if err != nil || st.Steps[2].Open || !st.Steps[3].Open || st.Steps[1].Depth != 1 {
		t.Fatalf("%+v, %v", st, err)
	}
	if err := s.Validate(t.Context(), "prof", pl.ID, "1", "lou", plan.Waived); err != nil {
		t.Fatal(err)
	}
	if st, err = s.Of(t.Context(), pl, "lou"); err != nil || !st.Steps[2].Open || st.Next.ID != "2" || st.Hours.Online != 0 {
		t.Fatalf("%+v, %v", st, err)
	}
}

// TestSave_NeverOverTheOther: two windows, one plan.
func TestSave_NeverOverTheOther(t *testing.T) {
	s := open(t)
	pl := s.make(t, plan.Homework, plan.Node{ID: "1", Item: "a"})
	mine, theirs := pl, pl
	mine.Title, theirs.Title = "Un", "Deux"
	saved, err := s.Save(t.Context(), "prof", mine)
	if err != nil || saved.Version != 2 {
		t.Fatalf("%+v, %v", saved, err)
	}
	if again, err := s.Save(t.Context(), "prof", mine); err != nil || again.Version != 2 {
		t.Errorf("the same save sent twice: %+v, %v", again, err)
	}
	if _, err := s.Save(t.Context(), "prof", theirs); preau.KindOf(err) != preau.Conflict {
		t.Errorf("saved over the other: %v", err)
	}
	if _, err := s.Save(t.Context(), "autre", saved); preau.KindOf(err) != preau.Forbidden {
		t.Errorf("somebody else saved: %v", err)
	}
}

// TestFor_DueFirstOnceAndBehindItsGate walks what a pupil is to do.
func TestFor_DueFirstOnceAndBehindItsGate(t *testing.T) {
	s, now := open(t), time.Now()
	a, b, c := s.make(t, plan.Course), s.make(t, plan.Homework), s.make(t, plan.Course)
	gate := preau.NewID()
	for _, r := range []plan.Registration{
		{Plan: a.ID, Class: "6a", Tutor: "prof"},
		{Plan: a.ID, Person: "lou", Tutor: "prof"},
		{Plan: b.ID, Class: "6a", Tutor: "prof", Due: now.Add(24 * time.Hour)},
		{Plan: c.ID, Person: "lou", Tutor: "prof", Gate: gate},
	} {
		r.ID = preau.NewID()
		for range 2 {
			if err := s.Assign(t.Context(), "prof", r); err != nil {
				t.Fatal(err)
			}
		}
	}
	titles := func() (ids []preau.ID) {
		t.Helper()
		all, err := s.For(t.Context(), "lou", []string{"6a"}, now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			ids = append(ids, x.ID)
		}
		return ids
	}
	if got := titles(); len(got) != 2 || got[0] != b.ID || got[1] != a.ID {
		t.Fatalf("to do: %v", got)
	}
	s.agreed[gate] = true
	if got := titles(); len(got) != 3 {
		t.Fatalf("after the agreement: %v", got)
	}
	if err := s.Close(t.Context(), "prof", b.ID); err != nil {
		t.Fatal(err)
	}
	regs, err := s.Registrations(t.Context(), c.ID)
	if err != nil || len(regs) != 1 {
		t.Fatalf("%v, %v", regs, err)
	}
	if err := s.Withdraw(t.Context(), "inconnu", regs[0].ID); preau.KindOf(err) != preau.Forbidden {
		t.Errorf("a stranger withdrew: %v", err)
	}
	if err := s.Withdraw(t.Context(), "prof", regs[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := titles(); len(got) != 1 || got[0] != a.ID {
		t.Fatalf("after closing and withdrawing: %v", got)
	}
	if all, err := s.For(t.Context(), "max", []string{"5b"}, now); err != nil || len(all) != 0 {
		t.Errorf("another class has %v, %v", all, err)
	}
}

func TestTree_Bounds(t *testing.T) {
	deep := `[{"id":"1","title":"a","children":[{"id":"2","title":"a","children":[{"id":"3","title":"a","children":[{"id":"4","title":"a","children":[{"id":"5","item":"x"}]}]}]}]}]`
	for name, raw := range map[string]string{
		"no JSON": `[`, "unknown field": `[{"id":"1","item":"a","x":1}]`, "twice": `[{"id":"1","item":"a"},{"id":"1","item":"b"}]`,
		"no title": `[{"id":"1"}]`, "two things": `[{"id":"1","item":"a","meeting":true}]`, "rule": `[{"id":"1","item":"a","move_on":"Never"}]`,
		"score": `[{"id":"1","item":"a","mastery":2}]`, "too deep": deep, "control": "[{\"id\":\"1\",\"title\":\"a\\u0007\"}]",
		"too many": "[" + strings.TrimSuffix(strings.Repeat(`{"id":"","item":"a"},`, 501), ",") + "]", "trailing": `[] []`,
	} {
		if _, err := plan.ParseTree([]byte(raw)); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if nodes, err := plan.ParseTree([]byte(`[{"id":"1","title":"Bloc","sequence":true,"children":[{"id":"2","item":"a"},{"id":"3","item":"a"}]}]`)); err != nil || len(plan.Items(nodes)) != 1 {
		t.Errorf("%v, %v", nodes, err)
	}
}

func TestRate(t *testing.T) {
	s := open(t)
	for _, n := range []int{3, 5, 5} {
		if err := s.Rate(t.Context(), "lou", "film", n); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Rate(t.Context(), "lou", "film", 6); preau.KindOf(err) != preau.Invalid {
		t.Errorf("six stars: %v", err)
	}
	if got, err := s.Ratings(t.Context(), "lou"); err != nil || got["film"] != 5 {
		t.Errorf("%v, %v", got, err)
	}
}

func FuzzParseTree(f *testing.F) {
	f.Add([]byte(`[{"id":"1","title":"Bloc","children":[{"id":"2","item":"a"}]}]`))
	f.Add([]byte(`[{"id":"1","item":"a","move_on":"Passed","mastery":0.8,"minutes":20}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		nodes, err := plan.ParseTree(raw)
		if err != nil {
			return
		}
		n := 0
		for range plan.Walk(nodes) {
			n++
		}
		if n > 500 {
			t.Fatalf("%d nodes pass", n)
		}
	})
}
