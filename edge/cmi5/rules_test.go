package cmi5_test

import (
	"fmt"
	"strings"
	"testing"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/edge/lrs/xapi"
)

const (
	registration = "760e3480-ba55-4991-94b0-01820dbd23a2"
	actor        = `{"objectType":"Agent","account":{"homePage":"https://ex.org","name":"p1"}}`
	both         = `{"id":"` + cmi5.CategoryCMI5 + `"},{"id":"` + cmi5.CategoryMoveOn + `"}`
	only         = `{"id":"` + cmi5.CategoryCMI5 + `"}`
	mastered     = `,"` + cmi5.ExtMastery + `":0.8`
)

// said makes a statement, second seconds into the session.
func said(t *testing.T, verb, result, categories, extensions string, second int) *xapi.Statement {
	t.Helper()
	raw := fmt.Sprintf(`{"id":%q,"actor":%s,"verb":{"id":%q},"object":{"id":"https://box/au"},"result":{%s},"timestamp":"2026-11-23T08:00:%02dZ",
	"context":{"registration":%q,"contextActivities":{"category":[%s],"grouping":[{"id":"https://ex.org/au"}]},"extensions":{%q:"s1"%s}}}`,
		preau.NewID(), actor, verb, result, second, registration, categories, cmi5.ExtSession, extensions)
	st, err := xapi.Parse([]byte(raw), xapi.V103)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func session(t testing.TB) cmi5.Session {
	t.Helper()
	a, err := xapi.ParseAgent([]byte(actor), xapi.V103)
	if err != nil {
		t.Fatal(err)
	}
	r, err := xapi.ParseUUID(registration)
	if err != nil {
		t.Fatal(err)
	}
	mastery := 0.8
	return cmi5.Session{ID: "s1", Registration: r, Actor: a, Activity: "https://box/au", Publisher: "https://ex.org/au", Mode: cmi5.Normal, Mastery: &mastery}
}

func TestRules(t *testing.T) {
	say := func(verb, result, categories, extensions string, second int) *xapi.Statement {
		return said(t, verb, result, categories, extensions, second)
	}
	begin := say(cmi5.Initialized, "", only, "", 1)
	done := say(cmi5.Completed, `"completion":true,"duration":"PT1S"`, both, "", 2)
	passed := say(cmi5.Passed, `"success":true,"duration":"PT1S","score":{"scaled":0.9}`, both, mastered, 3)
	failed := say(cmi5.Failed, `"success":false,"duration":"PT1S","score":{"scaled":0.2}`, both, mastered, 3)
	end := say(cmi5.Terminated, `"duration":"PT3S"`, only, "", 9)
	free := say("https://ex.org/saw", "", "", "", 4)
	for _, c := range []struct {
		name, refused string // what the last statement is refused for
		sts           []*xapi.Statement
	}{
		{"whole", "", []*xapi.Statement{begin, done, passed, free, end}},
		{"failed", "", []*xapi.Statement{begin, failed, end}},
		{"not first", "first statement", []*xapi.Statement{done}},
		{"allowed not first", "first statement", []*xapi.Statement{free}},
		{"initialized twice", "initialized before", []*xapi.Statement{begin, begin}},
		{"completed twice", "completed before", []*xapi.Statement{begin, done, done}},
		{"passed twice", "passed before", []*xapi.Statement{begin, passed, passed}},
		{"failed after passed", "does not follow", []*xapi.Statement{begin, passed, failed}},
		{"passed after failed", "once", []*xapi.Statement{begin, failed, passed}},
		{"after terminated", "has ended", []*xapi.Statement{begin, end, free}},
		{"terminated not last", "last statement", []*xapi.Statement{begin, free, say(cmi5.Terminated, `"duration":"PT3S"`, only, "", 3)}},
		{"before initialized", "before initialized", []*xapi.Statement{begin, say("https://ex.org/saw", "", "", "", 0)}},
		{"unknown verb", "not an AU's", []*xapi.Statement{begin, say("https://ex.org/saw", `"duration":"PT1S"`, only, "", 3)}},
		{"the LMS's verb", "not an AU's", []*xapi.Statement{begin, say(cmi5.Abandoned, `"duration":"PT1S"`, only, "", 3)}},
		{"no moveon", "moveon category", []*xapi.Statement{begin, say(cmi5.Completed, `"completion":true,"duration":"PT1S"`, only, "", 3)}},
		{"moveon too many", "moveon category", []*xapi.Statement{begin, say(cmi5.Terminated, `"duration":"PT1S"`, both, "", 3)}},
		{"no completion", "completion is not", []*xapi.Statement{begin, say(cmi5.Completed, `"duration":"PT1S"`, only, "", 3)}},
		{"success in completed", "success does not", []*xapi.Statement{begin, say(cmi5.Completed, `"completion":true,"success":true,"duration":"PT1S"`, both, "", 3)}},
		{"no duration", "duration", []*xapi.Statement{begin, say(cmi5.Terminated, "", only, "", 3)}},
		{"below mastery", "mastery", []*xapi.Statement{begin, say(cmi5.Passed, `"success":true,"duration":"PT1S","score":{"scaled":0.7}`, both, mastered, 3)}},
		{"failed above mastery", "mastery", []*xapi.Statement{begin, say(cmi5.Failed, `"success":false,"duration":"PT1S","score":{"scaled":0.8}`, both, mastered, 3)}},
		{"mastery unsaid", "mastery", []*xapi.Statement{begin, say(cmi5.Passed, `"success":true,"duration":"PT1S","score":{"scaled":0.9}`, both, "", 3)}},
		{"raw alone", "min and max", []*xapi.Statement{begin, say(cmi5.Passed, `"success":true,"duration":"PT1S","score":{"raw":9}`, both, "", 3)}},
		{"score in terminated", "score", []*xapi.Statement{begin, say(cmi5.Terminated, `"duration":"PT1S","score":{"scaled":1}`, only, "", 3)}},
		{"progress", "progress", []*xapi.Statement{begin, say(cmi5.Terminated, `"duration":"PT1S","extensions":{"`+cmi5.ExtProgress+`":101}`, only, "", 3)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s cmi5.State
			for i, st := range c.sts {
				next, err := s.Say(session(t), st)
				if last := i == len(c.sts)-1; last && c.refused != "" {
					if err == nil || !strings.Contains(err.Error(), c.refused) || next != s {
						t.Fatalf("got %v, want %q and the same state", err, c.refused)
					}
				} else if err != nil {
					t.Fatalf("statement %d: %v", i, err)
				}
				s = next
			}
		})
	}
}

func TestRefusesAnotherLaunchAndMode(t *testing.T) {
	begin := said(t, cmi5.Initialized, "", only, "", 1)
	for name, change := range map[string]func(*cmi5.Session){
		"session":      func(s *cmi5.Session) { s.ID = "s2" },
		"registration": func(s *cmi5.Session) { s.Registration[0]++ },
		"actor":        func(s *cmi5.Session) { s.Actor.Account.Name = "p2" },
		"publisher":    func(s *cmi5.Session) { s.Publisher = "https://ex.org/other" },
		"object":       func(s *cmi5.Session) { s.Activity = "https://box/other" },
	} {
		of := session(t)
		change(&of)
		if _, err := (cmi5.State{}).Say(of, begin); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	of := session(t)
	of.Mode = cmi5.Review
	s, err := cmi5.State{}.Say(of, begin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Say(of, said(t, cmi5.Completed, `"completion":true,"duration":"PT1S"`, both, "", 2)); err == nil {
		t.Error("completed in review")
	}
	if _, err := (cmi5.State{Abandoned: true}).Say(session(t), begin); err == nil {
		t.Error("an abandoned session spoke")
	}
}

func TestSatisfied(t *testing.T) {
	unit := func(id string, m course.MoveOn) course.Node { return course.Node{AU: &course.AU{ID: id, MoveOn: m}} }
	inner := &course.Block{ID: "inner", Children: []course.Node{unit("a", course.CompletedAndPassed)}}
	outer := &course.Block{ID: "outer", Children: []course.Node{{Block: inner}, unit("b", course.CompletedOrPassed)}}
	c := &course.Course{Children: []course.Node{{Block: outer}, unit("c", course.Passed), unit("d", course.NotApplicable)}}
	states := map[string]cmi5.State{}
	step := func(id string, s cmi5.State, blocks int, whole bool) {
		t.Helper()
		states[id] = s
		got, all := cmi5.SatisfiedBlocks(c, states)
		if len(got) != blocks || all != whole {
			t.Errorf("%s: %d blocks, %t", id, len(got), all)
		}
	}
	step("a", cmi5.State{Completed: true}, 0, false)
	step("a", cmi5.State{Completed: true, Passed: true}, 1, false)
	step("b", cmi5.State{Passed: true}, 2, false)
	step("c", cmi5.State{Completed: true}, 2, false)
	step("c", cmi5.State{Waived: true}, 2, true)
}
