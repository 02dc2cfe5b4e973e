// Package lesson is what a class in session is, without its lines: what is on
// the screens, who is here, what single pupils have, what is asked of them. It
// promises that a command either changes all it should or nothing, that what
// it returns says who has to be told, and that whoever asks for the levels
// since a version hears the newest of each. It refuses what makes no sense
// now: play on an empty screen, a share that nobody asked for. Who may say
// what was checked before.
//
// It has no lock, no clock and no disk: the room that owns it (edge/live)
// holds one, tells the time, publishes its events and stores its parts.
package lesson

import (
	"encoding/json"
	"fmt"

	"preau"
	"preau/edge/live/ink"
	"preau/edge/live/protocol"
	"preau/edge/live/question"
	"preau/edge/live/roll"
	"preau/edge/live/stage"
)

// Identity is who is at the other end, as the server found out.
type Identity struct {
	Role   protocol.Role
	Person string // local id of the person; of the board, for a board
	Name   string // as others may see it
	Group  string // a pupil's class
	Device string // what is counted at the door; empty is not counted
	Room   string // a board's room, when it is paired

	Session string // public name of the session; empty: none to end
}

// Item is what screens are told about an item besides its id.
type Item = stage.Item

// Lesson is one class in session.
type Lesson struct {
	State protocol.State // as it is stored: without ink
	Ink   ink.Sheet
	Own   stage.Own
	Roll  *roll.Roll
	Staff *roll.Staff

	version int64 // of what is told by level; grows with each change
	asides  map[string]*aside
	mineAt  int64
	quiz    *quiz // the question on the screens, or nil
	point   protocol.Pointed
	pointAt int64
}

// aside is what is kept of one person besides the roll.
type aside struct {
	version int64    // of its last change
	share   *sharing // the teacher's request under way
	lowered int64    // when a teacher put the hand down, in server ms
}

// New makes one with its teachers.
func New(teachers []string) *Lesson {
	return &Lesson{Own: stage.Own{}, Roll: roll.New(), Staff: roll.NewStaff(teachers), asides: map[string]*aside{}}
}

// Change is what was made of a lesson, for its owner to tell and to store.
type Change struct {
	Events []protocol.Message // to be numbered and published, in order
	Launch *protocol.Stage    // what was opened
	Parts  []string           // what is to be stored besides the state
	Mine   []string           // persons to be told what is their own
	Watch  bool               // teachers and boards are to be told who is here
	All    bool               // every screen is to be told

	Kept  []Kept // questions to be kept as they stand, in order
	Given *Given // an answer to be kept, then confirmed
}

// Kept is a question with its answers, as it is to be kept.
type Kept struct {
	question.Setting // whose lesson and class its owner knows
	*question.Sheet
	Ended bool // it left the screens: its answers are facts now
}

// Given is an answer to a question.
type Given struct {
	ID string // of the question
	question.Answer
}

// Empty reports whether there is nothing to tell nor to store.
func (ch *Change) Empty() bool {
	return len(ch.Events) == 0 && len(ch.Parts) == 0 && len(ch.Mine) == 0 && !ch.Watch && !ch.All && len(ch.Kept) == 0 && ch.Given == nil
}

// Moment is when a command comes, in server ms, and how much later films
// start.
type Moment struct{ Now, Lead int64 }

// Apply carries out a teacher's command; item is what the catalogue says of
// what it opens.
func (l *Lesson) Apply(cmd protocol.Message, item Item, by Identity, at Moment) (ch Change, err error) {
	switch m := cmd.(type) {
	case *protocol.Lower:
		ch.Watch = true
		if !l.Roll.Change(m.Person, l.tick(), func(p *protocol.Member) { p.Hand, p.Since = 0, at.Now }) {
			return ch, errNobody
		}
		l.mineChanged(&ch, m.Person).lowered = at.Now
		return ch, nil
	case *protocol.Attention:
		l.State.Attention = m.On
		ch.say(&protocol.AttentionSet{On: m.On, By: by.Name})
		return ch, nil
	case *protocol.Chalk:
		l.State.Chalk = m.On
		ch.say(&protocol.ChalkSet{On: m.On})
		return ch, nil
	case *protocol.TimerStart, *protocol.TimerStop, *protocol.TimerPause, *protocol.TimerGo:
		return ch, l.timed(&ch, cmd, at.Now)
	case *protocol.ShareAsk:
		return ch, l.askShare(&ch, m, by)
	case *protocol.Draw, *protocol.Rub:
		return ch, l.drawn(&ch, cmd, by)
	case *protocol.Ask, *protocol.AskClose, *protocol.AskEnd, *protocol.AskShow:
		return ch, l.asks(&ch, cmd, by, at.Now)
	case *protocol.Open:
		if ch.Launch, err = stage.Opened(m, item, by.Name, at.Now, at.Lead); err != nil {
			return ch, err
		}
	}
	return ch, l.staged(&ch, cmd, at)
}

var errNobody = preau.E(preau.NotFound, "nobody of that id is in this room", "", nil)

func (ch *Change) say(ev protocol.Message) { ch.Events = append(ch.Events, ev) }

// tick makes the next version.
func (l *Lesson) tick() int64 {
	l.version++
	return l.version
}

// timed carries out a timer's command.
func (l *Lesson) timed(ch *Change, cmd protocol.Message, now int64) error {
	t, err := stage.Timed(l.State.Timer, cmd, now)
	if err != nil {
		return err
	}
	l.State.Timer = t
	ch.say(&protocol.TimerSet{Timer: t})
	return nil
}

// Snapshot is all that is on the screens.
func (l *Lesson) Snapshot(now int64) protocol.State {
	st := l.State
	st.Timer = stage.Running(st.Timer, now)
	st.Ink = l.Ink.All()
	return st
}

// partOwn is the part that holds the pupils' own stages.
const partOwn = "own"

// Part is what is stored under a name that a Change gave.
func (l *Lesson) Part(name string) ([]byte, error) {
	if name != partOwn {
		return nil, fmt.Errorf("store part %q of a lesson: it has none", name)
	}
	out, err := json.Marshal(l.Own)
	if err != nil {
		return nil, fmt.Errorf("encode stages: %w", err)
	}
	return out, nil
}

// Restore takes in what was stored. Parts of later versions are left alone.
func (l *Lesson) Restore(state []byte, parts map[string][]byte) error {
	if err := json.Unmarshal(state, &l.State); err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	if b, p := l.State.Boards, l.State.Pupils; b != nil && p != nil && *b == *p {
		l.State.Pupils = b // one stage again, so that commands to all stay one event
	}
	if own := parts[partOwn]; own != nil {
		if err := json.Unmarshal(own, &l.Own); err != nil {
			return fmt.Errorf("read stages: %w", err)
		}
	}
	return nil
}
