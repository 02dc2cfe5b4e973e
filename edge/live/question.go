package live

import (
	"preau"
	"preau/edge/live/protocol"
)

// errNotYet refuses what later versions of the box carry out.
var errNotYet = preau.E(preau.Unavailable, "this box cannot do this yet", "Update the box.", nil)

// asks carries out a teacher's question: ask, ask-close, ask-end. The caller
// holds mu.
func (r *room) asks(protocol.Message, Identity, int64) error { return errNotYet }

// answer takes a pupil's answer in.
func (r *room) answer(Identity, *protocol.Answer, int64) error { return errNotYet }

// answerOf is what a pupil answered to the question on screen, as mine says
// it; whoever changes it calls mineChanged. The caller holds mu.
func (r *room) answerOf(string) *protocol.OwnAnswer { return nil }

// quiz appends the tally to boards and teachers, and the answers to teachers,
// when they changed since a version. The caller holds the locks.
func (c *conn) quiz(buf []byte, _ *room, _ int64) []byte { return buf }
