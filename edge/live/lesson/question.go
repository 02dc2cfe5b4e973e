package lesson

import (
	"slices"

	"preau"
	"preau/edge/live/protocol"
	"preau/edge/live/question"
)

// quiz is the question on the screens.
type quiz struct {
	*question.Sheet
	in       question.Setting
	born, at int64            // versions of its coming and of its last answer
	changed  map[string]int64 // version of each person's last answer
	kept     map[string]int64 // number of each person's last answer on the disk
}

func newQuiz(s *question.Sheet, in question.Setting, version int64) *quiz {
	q := &quiz{Sheet: s, in: in, born: version, at: version, changed: map[string]int64{}, kept: map[string]int64{}}
	for _, a := range s.Answers() {
		q.changed[a.Person], q.kept[a.Person] = version, a.N
	}
	return q
}

var (
	errNoQuestion  = preau.E(preau.NotFound, "this question is not on the screens any more", "", nil)
	errNotFree     = preau.E(preau.Invalid, "only a number or a text is shown", "", nil)
	errNotAnswered = preau.E(preau.NotFound, "nobody of that id has answered", "", nil)
)

// asks carries out a teacher's question: ask, ask-close, ask-show, ask-end.
func (l *Lesson) asks(ch *Change, cmd protocol.Message, by Identity, now int64) error {
	q := l.quiz
	on := func(id string) bool { return q != nil && q.ID == id }
	switch m := cmd.(type) {
	case *protocol.Ask:
		fresh, err := question.New(preau.NewID().String(), *m, now)
		if err != nil {
			return err
		}
		l.endQuestion(ch)
		l.quiz = newQuiz(question.NewSheet(fresh), question.Setting{By: by.Person, At: now}, l.tick())
		ch.Watch = true
	case *protocol.AskClose:
		if !on(m.ID) {
			return errNoQuestion
		}
		if m.Reveal == nil {
			q.Close()
		} else if err := q.Reveal(m.Reveal.Right); err != nil {
			return err
		}
	case *protocol.AskShow:
		if !on(m.ID) {
			return errNoQuestion
		}
		if err := q.show(m.Person); err != nil {
			return err
		}
	case *protocol.AskEnd:
		if !on(m.ID) {
			return errNoQuestion
		}
		l.endQuestion(ch)
		ch.say(&protocol.QuestionSet{})
		return nil
	}
	l.putQuestion(ch)
	return nil
}

// show chooses the answer that boards show and every screen is told of;
// nobody's when person is empty.
func (q *quiz) show(person string) error {
	if person == "" {
		q.Shown = ""
		return nil
	}
	if q.Form != protocol.FormText && q.Form != protocol.FormNumber {
		return errNotFree
	}
	a, ok := q.Of(person)
	if !ok {
		return errNotAnswered
	}
	q.Shown = question.Write(&q.Question, a.Value)
	return nil
}

// putQuestion tells the screens of the question as it stands, and has it kept.
func (l *Lesson) putQuestion(ch *Change) {
	now := l.quiz.Question
	now.Choices, now.Right = slices.Clone(now.Choices), slices.Clone(now.Right)
	l.State.Question = &now
	ch.Kept = append(ch.Kept, l.keptQuestion())
	ch.say(&protocol.QuestionSet{Question: &now})
}

func (l *Lesson) keptQuestion() Kept {
	n, _ := l.Roll.Count()
	l.quiz.in.Present = max(l.quiz.in.Present, n.Pupils)
	return Kept{Setting: l.quiz.in, Sheet: l.quiz.Clone()}
}

// endQuestion takes the question off; its caller tells the screens.
func (l *Lesson) endQuestion(ch *Change) {
	if l.quiz == nil {
		return
	}
	k := l.keptQuestion()
	k.Close()
	k.Ended = true
	ch.Kept = append(ch.Kept, k)
	l.quiz, l.State.Question = nil, nil
	for _, a := range k.Answers() { // theirs is gone with it
		l.mineChanged(ch, a.Person)
	}
}

// Over is the end of the lesson: what was asked last is recorded.
func (l *Lesson) Over() (ch Change) {
	l.endQuestion(&ch)
	return ch
}

// answer takes a pupil's answer in: it counts. Once it is kept, Confirm has
// its pupil told so.
func (l *Lesson) answer(ch *Change, who Identity, m *protocol.Answer, now int64) error {
	q := l.quiz
	if q == nil || q.ID != m.ID {
		return question.Closed
	}
	a, err := q.Answer(who.Person, m.Value, now)
	if err != nil && q.has(&a, who.Person, m.Value) {
		err = nil // it counts already, and was sent again because its pupil was not told so
	}
	if err != nil {
		return err
	}
	q.at = l.tick()
	q.changed[who.Person] = q.at
	ch.Watch, ch.Given = true, &Given{ID: q.ID, Answer: a}
	return nil
}

// has finds a person's answer if it is the value given.
func (q *quiz) has(a *question.Answer, person string, given protocol.Value) bool {
	had, ok := q.Of(person)
	v, err := question.Read(&q.Question, given)
	if !ok || err != nil || !had.Value.Is(v) {
		return false
	}
	*a = had
	return true
}

// Confirm notes that an answer is kept.
func (l *Lesson) Confirm(g Given) (ch Change) {
	if l.quiz != nil && l.quiz.ID == g.ID {
		l.quiz.kept[g.Person] = max(l.quiz.kept[g.Person], g.N)
		l.mineChanged(&ch, g.Person)
	}
	return ch
}

// Resume gives the question on the screens the answers it had.
func (l *Lesson) Resume(given []question.Answer) {
	l.quiz = newQuiz(question.NewSheet(*l.State.Question, given...), question.Setting{}, l.tick())
}

// answerOf is what a pupil answered to the question on screen, as it is kept.
func (l *Lesson) answerOf(person string) *protocol.OwnAnswer {
	if l.quiz == nil {
		return nil
	}
	a, ok := l.quiz.Of(person)
	if !ok || l.quiz.kept[person] != a.N {
		return nil
	}
	return &protocol.OwnAnswer{ID: l.quiz.ID, Value: a.Value}
}

// asked adds the tally for boards and teachers, and the answers for teachers,
// when they changed.
func (l *Lesson) asked(out []protocol.Message, to protocol.Role, told Told) []protocol.Message {
	q, since := l.quiz, told.Version
	if q == nil {
		return out
	}
	n, at := l.Roll.Count()
	if max(q.at, at) > since || told.First {
		t := q.Tally()
		out = append(out, &protocol.Tally{ID: q.ID, Answered: t.Answered, Of: max(n.Pupils, t.Answered), Counts: t.Counts})
	}
	if to != protocol.RoleTeacher || q.at <= since && !told.First {
		return out
	}
	given := &protocol.Answers{ID: q.ID, Full: told.First || since < q.born, Answers: []protocol.AnswerGiven{}}
	for _, a := range q.Answers() {
		if given.Full || q.changed[a.Person] > since {
			given.Answers = append(given.Answers, protocol.AnswerGiven{Person: a.Person, Value: a.Value, At: a.At})
		}
	}
	return append(out, given)
}

// Elapse closes what its time closes. The room calls it about every second.
func (l *Lesson) Elapse(now int64) (ch Change) {
	if l.quiz != nil && l.quiz.Open && l.quiz.Late(now) {
		l.quiz.Close()
		l.putQuestion(&ch)
	}
	return ch
}
