package protocol

import "reflect"

// all, teachers and so on are who may send a kind of message. What is not
// listed is refused: a pupil raises a hand, answers, offers its page, says
// where it is, nothing else.
var (
	anyone   = []Role{RoleTeacher, RolePupil, RoleBoard, ""}
	teachers = []Role{RoleTeacher}
	pupils   = []Role{RolePupil}
	boards   = []Role{RoleBoard}
	screens  = []Role{RolePupil, RoleBoard}
	drawers  = []Role{RoleTeacher, RoleBoard} // a board only while its teacher lets it
)

// speech is a kind of message and who may send it.
type speech struct {
	fresh func() Message
	by    []Role
}

func said[M any, P interface {
	*M
	Message
}](by []Role) speech {
	return speech{fresh: func() Message { return P(new(M)) }, by: by}
}

// inbound is every message that clients send.
var inbound = index([]speech{
	said[Hello](anyone), said[Ping](anyone),
	said[Open](teachers), said[Play](teachers), said[Pause](teachers), said[Seek](teachers), said[SetRate](teachers), said[Close](teachers),
	said[Attention](teachers), said[Lower](teachers), said[End](teachers),
	said[Draw](drawers), said[Rub](drawers), said[Point](drawers), said[Chalk](teachers),
	said[Ask](teachers), said[AskClose](teachers), said[AskEnd](teachers), said[AskShow](teachers), said[Answer](pupils),
	said[TimerStart](teachers), said[TimerStop](teachers), said[TimerPause](teachers), said[TimerGo](teachers),
	said[ShareAsk](teachers), said[Share](pupils),
	said[Invite](teachers), said[Leave](teachers),
	said[Hand](pupils), said[Ack](screens), said[Status](screens), said[Ready](boards),
})

// outbound is every message that the server sends.
var outbound = index([]speech{
	said[Welcome](nil), said[StageSet](nil), said[AttentionSet](nil), said[Ended](nil), said[Presence](nil), said[Count](nil),
	said[OK](nil), said[Failure](nil), said[Pong](nil),
	said[Mine](nil), said[Inked](nil), said[Rubbed](nil), said[Pointed](nil), said[ChalkSet](nil),
	said[QuestionSet](nil), said[Tally](nil), said[Answers](nil), said[TimerSet](nil), said[Teachers](nil),
})

func index(list []speech) map[Kind]speech {
	m := make(map[Kind]speech, len(list))
	for _, s := range list {
		m[KindOf(s.fresh())] = s
	}
	return m
}

// May reports whether a role may send a message.
func May(r Role, m Message) bool {
	s, ok := inbound[KindOf(m)]
	if !ok || reflect.TypeOf(s.fresh()) != reflect.TypeOf(m) {
		return false // of the server's
	}
	for _, by := range s.by {
		if by == r || by == "" {
			return true
		}
	}
	return false
}

// RefOf returns the reference a command is to be answered with, or "".
func RefOf(m Message) string {
	if c, ok := m.(interface{ ref() string }); ok {
		return c.ref()
	}
	if a, ok := m.(*Answer); ok { // a pupil's word that is answered like a command
		return a.Ref
	}
	return ""
}

// IsCommand reports whether a message is a command: it changes the room, and
// is answered by ok or error.
func IsCommand(m Message) bool {
	_, ok := m.(interface{ ref() string })
	return ok
}

// AimOf tells whose screens a command is for, and which pupils' only; all by
// default.
func AimOf(m Message) (to Target, only []string) {
	if a, ok := m.(interface{ aim() (Target, []string) }); ok {
		to, only = a.aim()
	}
	if to == "" {
		to = ToAll
	}
	return to, only
}
