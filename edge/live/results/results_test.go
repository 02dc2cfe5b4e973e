package results_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/live/question"
	"preau/edge/live/results"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

var lesson = question.Setting{Lesson: "lesson-1", Class: "6eA", By: "garnier", Present: 27}

type box struct {
	*results.Results
	t       *testing.T
	db      *sqlite.DB
	journal *journal.Journal
}

func open(t *testing.T) *box {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "preau.db"), preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	j, err := journal.Open(t.Context(), db, preau.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	r, err := results.Open(t.Context(), db, j)
	if err != nil {
		t.Fatal(err)
	}
	return &box{r, t, db, j}
}

func (b *box) write(f func(tx *sqlite.Tx) error) {
	b.t.Helper()
	if err := b.db.Write(b.t.Context(), f); err != nil {
		b.t.Fatal(err)
	}
}

// ask asks A B C D, at a moment.
func (b *box) ask(id string, at time.Time) *question.Sheet {
	b.t.Helper()
	q, err := question.New(id, question.Ask{Form: "choice", Choices: []string{"", "", "", ""}}, at.UnixMilli())
	if err != nil {
		b.t.Fatal(err)
	}
	s := question.NewSheet(q)
	in := lesson
	in.At = at.UnixMilli()
	b.write(func(tx *sqlite.Tx) error { return b.Keep(tx, in, s) })
	return s
}

// answer takes an answer in, on the disk too.
func (b *box) answer(s *question.Sheet, person, raw string) question.Answer {
	b.t.Helper()
	a, err := s.Answer(person, value(b.t, raw), time.Now().UnixMilli())
	if err == nil {
		err = b.Answer(b.t.Context(), s.ID, a)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func (b *box) end(s *question.Sheet) {
	b.t.Helper()
	b.write(func(tx *sqlite.Tx) error { return b.End(tx, lesson, s) })
}

func (b *box) statements() []*preau.Statement {
	b.t.Helper()
	sts, err := b.journal.Range(b.t.Context(), preau.StreamLearning, b.journal.Epoch(), 1, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return sts
}

func value(t *testing.T, raw string) (v question.Value) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func right(t *testing.T, raw string) (v []question.Value) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEnd_OneStatementAPerson(t *testing.T) {
	b := open(t)
	s := b.ask("q1", time.Now())
	b.answer(s, "lou", "0")
	b.answer(s, "lou", "2")
	b.answer(s, "ines", "1")
	if n := len(b.statements()); n != 0 {
		t.Fatalf("%d statements before the question ended", n)
	}
	if err := s.Reveal(right(t, "[2]")); err != nil {
		t.Fatal(err)
	}
	b.end(s)
	b.end(s)                     // again
	b.answer2(s, "lou", 99, "3") // and a changed answer that comes late
	b.end(s)
	sts := b.statements()
	if len(sts) != 2 {
		t.Fatalf("%d statements, want one a person", len(sts))
	}
	for _, st := range sts {
		var r struct {
			Response string
			Success  *bool
		}
		if err := json.Unmarshal(st.Result, &r); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"lou": "C true", "ines": "B false"}[st.Actor]
		if r.Success == nil || fmt.Sprint(r.Response, " ", *r.Success) != want {
			t.Errorf("%s: %s, want %s", st.Actor, st.Result, want)
		}
		if st.Verb != journal.VerbAnswered || st.Object != "q1" || st.ObjectKind != "question" || !strings.Contains(string(st.Context), `"session":"lesson-1"`) {
			t.Errorf("statement %+v", st)
		}
	}
}

// answer2 keeps an answer as a replay would: with a number of its own.
func (b *box) answer2(s *question.Sheet, person string, n int64, raw string) {
	b.t.Helper()
	v, err := question.Read(&s.Question, value(b.t, raw))
	if err == nil {
		err = b.Answer(b.t.Context(), s.ID, question.Answer{Person: person, Value: v, At: 1, N: n})
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestEnd_WithoutARightAnswerJudgesNobody(t *testing.T) {
	b := open(t)
	s := b.ask("q1", time.Now())
	b.answer(s, "lou", "0")
	s.Close()
	b.end(s)
	if sts := b.statements(); len(sts) != 1 || strings.Contains(string(sts[0].Result), "success") {
		t.Errorf("statements %v", sts)
	}
}

func TestAnswers_ComeBackAfterARestart(t *testing.T) {
	b := open(t)
	s := b.ask("q1", time.Now())
	b.answer(s, "lou", "0")
	late := b.answer(s, "lou", "2")
	b.answer(s, "ines", "3")
	late.N, late.Value.Choices = 1, []int{1} // overtaken on its way to the disk
	if err := b.Answer(t.Context(), "q1", late); err != nil {
		t.Fatal(err)
	}
	given, err := b.Answers(t.Context(), "q1")
	if err != nil {
		t.Fatal(err)
	}
	again := question.NewSheet(s.Question, given...)
	if got, want := fmt.Sprint(again.Tally()), fmt.Sprint(s.Tally()); got != want {
		t.Errorf("after a restart %s, before %s", got, want)
	}
	if err := b.Answer(t.Context(), "nothing", late); err == nil {
		t.Error("an answer of an unknown question is kept")
	}
}

func TestLesson_ListsTheLatestFirst(t *testing.T) {
	b := open(t)
	now := time.Now()
	first := b.ask("q1", now.Add(-time.Minute))
	b.answer(first, "lou", "0")
	if err := first.Reveal(right(t, "[0]")); err != nil {
		t.Fatal(err)
	}
	b.write(func(tx *sqlite.Tx) error { return b.Keep(tx, question.Setting{Present: 20}, first) })
	b.end(first)
	b.ask("q2", now)
	past, err := b.Lesson(t.Context(), "lesson-1")
	if err != nil || len(past) != 2 {
		t.Fatalf("%d questions, %v", len(past), err)
	}
	if past[0].ID != "q2" || past[0].Ended || past[1].ID != "q1" || !past[1].Ended {
		t.Errorf("past %+v", past)
	}
	if p := past[1]; p.Present != 27 || p.Tally().Counts[0] != 1 || len(p.Right) != 1 || p.At != now.Add(-time.Minute).UnixMilli() {
		t.Errorf("past question %+v", p)
	}
	if other, err := b.Lesson(t.Context(), "lesson-2"); err != nil || len(other) != 0 {
		t.Errorf("another lesson has %d questions, %v", len(other), err)
	}
}

func TestForget(t *testing.T) {
	b := open(t)
	now := time.Now()
	old, young := b.ask("old", now.AddDate(-2, 0, 0)), b.ask("young", now)
	for _, s := range []*question.Sheet{old, young} {
		b.answer(s, "lou", "0")
		b.answer(s, "ines", "1")
	}
	all, err := b.All(t.Context(), "lou")
	if err != nil || len(all.Answers) != 2 || all.Answers[0].Written != "A" || len(all.Questions) != 0 {
		t.Fatalf("lou reads %+v, %v", all, err)
	}
	if all, err := b.All(t.Context(), "garnier"); err != nil || len(all.Questions) != 2 {
		t.Errorf("the teacher reads %+v, %v", all, err)
	}
	if n, err := b.Purge(t.Context(), now.AddDate(-1, 0, 0)); err != nil || n != 3 {
		t.Errorf("purged %d rows, %v, want 3", n, err)
	}
	if err := b.Erase(t.Context(), "lou"); err != nil {
		t.Fatal(err)
	}
	if err := b.Erase(t.Context(), "garnier"); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"lou", "garnier"} {
		if all, err := b.All(t.Context(), who); err != nil || len(all.Answers)+len(all.Questions) != 0 {
			t.Errorf("of %s is left %+v, %v", who, all, err)
		}
	}
	if past, err := b.Lesson(t.Context(), "lesson-1"); err != nil || len(past) != 1 || past[0].Tally().Answered != 1 {
		t.Errorf("left is %+v, %v", past, err)
	}
}

// written is all that the tables hold.
func (b *box) written() (text string) {
	b.t.Helper()
	err := b.db.Read(b.t.Context(), func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT ifnull((SELECT group_concat(question) FROM asked), '') || ifnull((SELECT group_concat(pid || value) FROM asked_answer), '')`).Scan(&text)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

// shown asks for a text and has lou's answer shown.
func (b *box) shown(id string) *question.Sheet {
	b.t.Helper()
	q, err := question.New(id, question.Ask{Form: "text", Text: "Why?"}, time.Now().UnixMilli())
	if err != nil {
		b.t.Fatal(err)
	}
	s := question.NewSheet(q)
	keep := func() { b.write(func(tx *sqlite.Tx) error { return b.Keep(tx, lesson, s) }) }
	keep()
	b.answer(s, "lou", `"because of me"`)
	s.Shown = "because of me"
	keep()
	return s
}

func TestErase_ReachesTheAnswerOnTheScreens(t *testing.T) {
	b := open(t)
	s := b.shown("q1")
	if err := b.Erase(t.Context(), "lou"); err != nil {
		t.Fatal(err)
	}
	if text := b.written(); strings.Contains(text, "because") || strings.Contains(text, "lou") {
		t.Errorf("after the erasure is written %s", text)
	}
	b.answer(s, "ines", `"no reason"`)
	b.answer(s, "lou", `"still because"`) // her tablet is on its way out
	b.end(s)
	if text := b.written(); strings.Contains(text, "because") || strings.Contains(text, "lou") {
		t.Errorf("the end of the question wrote %s", text)
	}
	if sts := b.statements(); len(sts) != 1 || sts[0].Actor != "ines" {
		t.Errorf("statements %v, want only ines's", sts)
	}
}

func TestRead_GivesNoAnswerShownByAnOlderBox(t *testing.T) {
	b := open(t)
	b.shown("q1")
	b.write(func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`UPDATE asked SET question = json_set(question, '$.shown', 'because of me')`)
		return err
	})
	all, err := b.All(t.Context(), "garnier")
	if err != nil || len(all.Questions) != 1 || all.Questions[0].Question.Shown != "" {
		t.Errorf("the teacher reads %+v, %v", all, err)
	}
	past, err := b.Lesson(t.Context(), "lesson-1")
	if err != nil || len(past) != 1 || past[0].Shown != "" {
		t.Errorf("the lesson's page reads %+v, %v", past, err)
	}
}

func TestEndLost_EndsWhatNoLessonHasOnItsScreens(t *testing.T) {
	b := open(t)
	s := b.ask("q1", time.Now())
	b.answer(s, "lou", "1")
	open := func() (n int) {
		t.Helper()
		past, err := b.Lesson(t.Context(), "lesson-1")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range past {
			if !p.Ended {
				n++
			}
		}
		return n
	}
	for _, running := range []bool{true, false} {
		if err := b.EndLost(t.Context(), func(lesson string) bool { return running && lesson == "lesson-1" }); err != nil {
			t.Fatal(err)
		}
		if n := open(); (n == 1) != running {
			t.Errorf("lesson in session %t: %d questions are open", running, n)
		}
	}
	if sts := b.statements(); len(sts) != 1 || sts[0].Actor != "lou" {
		t.Errorf("statements %v, want lou's answer", sts)
	}
}
