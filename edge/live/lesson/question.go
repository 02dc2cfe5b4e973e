package lesson

import (
	"preau"
	"preau/edge/live/protocol"
)

// errNotYet refuses what later versions of the box carry out.
var errNotYet = preau.E(preau.Unavailable, "this box cannot do this yet", "Update the box.", nil)

// asks carries out a teacher's question: ask, ask-close, ask-end.
func (l *Lesson) asks(*Change, protocol.Message, Identity, int64) error { return errNotYet }

// answer takes a pupil's answer in.
func (l *Lesson) answer(*Change, Identity, *protocol.Answer, int64) error { return errNotYet }

// answerOf is what a pupil answered to the question on screen, as mine says
// it; whatever changes it calls mineChanged.
func (l *Lesson) answerOf(string) *protocol.OwnAnswer { return nil }

// quiz adds the tally for boards and teachers, and the answers for teachers,
// when they changed.
func (l *Lesson) quiz(out []protocol.Message, _ protocol.Role, _ Told) []protocol.Message { return out }

// Elapse closes what its time closes. The room calls it about every second.
func (l *Lesson) Elapse(int64) (ch Change) { return ch }
