package progress_test

import (
	"testing"
	"time"

	"preau"
	"preau/edge/progress"
	"preau/sync/journal"
)

const quiz = "ark:/99999/quiz"

func (b *box) answers(t *testing.T, pid string, registration preau.ID, at time.Time, question string, raw float64) {
	t.Helper()
	_, err := b.Result(t.Context(), progress.Who{Person: pid}, progress.Result{
		ID: preau.NewID(), Item: quiz, Kind: "quiz", Registration: registration, At: at, Question: question, Raw: raw, Max: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestQuestions_TheHardestFirst: three pupils, two questions; a second try
// and a second attempt change nothing of how hard the first was.
func TestQuestions_TheHardestFirst(t *testing.T) {
	b, now := open(t), time.Now().Add(-time.Hour)
	first, again := preau.NewID(), preau.NewID()
	b.answers(t, "lou", first, now, "q1", 1)
	b.answers(t, "lou", first, now, "q2", 0)
	b.answers(t, "lou", first, now.Add(time.Second), "q2", 0)
	b.answers(t, "lou", again, now.Add(time.Minute), "q2", 1)
	b.answers(t, "max", first, now, "q1", 0)
	b.answers(t, "max", first, now, "q2", 0)
	b.answers(t, "zoé", first, now, "q1", 1)
	got, err := b.Questions(t.Context(), []string{"lou", "max", "zoé"}, quiz)
	if err != nil {
		t.Fatal(err)
	}
	want := []progress.Question{{Question: "q2", Asked: 2, First: 0, Right: 1, Tries: 3}, {Question: "q1", Asked: 3, First: 2, Right: 2, Tries: 3}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
	attempts, err := b.Attempts(t.Context(), "lou", quiz)
	if err != nil || len(attempts) != 2 || attempts[0].Tries != 1 || attempts[1].Tries != 3 {
		t.Errorf("attempts are added up: %+v, %v", attempts, err)
	}
}

// TestDays_TwoTabletsAreOneTime: the same minutes told by two tablets, in two
// orders, are one time of work; silences up to five minutes belong to it.
func TestDays_TwoTabletsAreOneTime(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for _, order := range [][]int{{0, 1, 4, 20}, {20, 4, 1, 0}} {
		b := open(t)
		for range 2 {
			for _, minute := range order {
				b.answers(t, "lou", preau.NewID(), noon.Add(time.Duration(minute)*time.Minute), "q", 1)
			}
		}
		days, err := b.Days(t.Context(), "lou", noon.AddDate(0, 0, -3), noon.AddDate(0, 0, 3))
		if err != nil || len(days) != 1 || days[0].Date != "2026-11-20" || days[0].Worked != 6*time.Minute {
			t.Errorf("order %v: %+v, %v", order, days, err)
		}
	}
}

// TestFollow_WhatACourseSaysCounts: a completed and a passed statement of an
// application about a pupil of ours.
func TestFollow_WhatACourseSaysCounts(t *testing.T) {
	b := open(t)
	b.journal.OnAppend(b.Follow)
	attempt := preau.NewID()
	say := func(actor, verb, result string) {
		t.Helper()
		err := b.journal.Record(t.Context(), &preau.Statement{Stream: preau.StreamLearning, Actor: actor, Verb: verb, Object: "https://cours.example/1",
			ObjectKind: "activity", Result: []byte(result), Context: []byte(`{"registration":"` + attempt.String() + `"}`), Raw: []byte(`{"x":1}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	say("lou", journal.VerbFailedAt, `{"score":{"scaled":0.4}}`)
	e, err := b.Of(t.Context(), "lou", "https://cours.example/1")
	if err != nil || e.Done || e.Best == nil || *e.Best != .4 || e.Registration != attempt.String() {
		t.Fatalf("after a failure: %+v, %v", e, err)
	}
	say("lou", journal.VerbPassed, `{"score":{"scaled":0.9}}`)
	say("lou", journal.VerbCompleted, `{"completion":true}`)
	say("", journal.VerbCompleted, `{"completion":true}`)
	if e, err = b.Of(t.Context(), "lou", "https://cours.example/1"); err != nil || !e.Done || *e.Best != .9 {
		t.Fatalf("after a success: %+v, %v", e, err)
	}
}

func TestPurgeAndErase_LeaveNothing(t *testing.T) {
	b, now := open(t), time.Now().Add(-48*time.Hour)
	b.answers(t, "lou", preau.NewID(), now, "q", 1)
	b.answers(t, "max", preau.NewID(), time.Now(), "q", 1)
	if n, err := b.Purge(t.Context(), time.Now().Add(-24*time.Hour)); err != nil || n < 3 {
		t.Fatalf("purged %d, %v", n, err)
	}
	for pid, want := range map[string]int{"lou": 0, "max": 1} {
		if all, err := b.All(t.Context(), pid); err != nil || len(all) != want {
			t.Errorf("%s has %d rows after the purge, %v", pid, len(all), err)
		}
	}
	if err := b.Erase(t.Context(), "max"); err != nil {
		t.Fatal(err)
	}
	if all, err := b.All(t.Context(), "max"); err != nil || len(all) != 0 {
		t.Errorf("erased, max has %d rows, %v", len(all), err)
	}
}
