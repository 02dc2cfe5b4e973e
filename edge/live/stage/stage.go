// Package stage is what a command does to what is on screens: the state of a
// room before, the command, the state and the events after. It promises to be
// pure: no clock, no lock, no memory of its own; a stage is never altered, a
// new one takes its place, so that snapshots may share it.
package stage

import (
	"preau"
	"preau/edge/live/protocol"
)

// document is the kind of item whose position is a page.
const document = "document"

// Item is what screens are told of an item besides its id. Pages is how many
// pages it has, when the box knows: no command leads to another.
type Item struct {
	Kind, Title string
	Pages       int
}

// Where tells a stage's position at server time now, in ms.
func Where(s *protocol.Stage, now int64) float64 {
	if !s.Playing || now <= s.At {
		return s.Position
	}
	return s.Position + float64(now-s.At)/1000*s.Rate
}

// change applies one command to one stage and returns the new one; nil means
// nothing is shown.
func change(old *protocol.Stage, cmd protocol.Message, now, lead int64) *protocol.Stage {
	s := *old
	switch m := cmd.(type) {
	case *protocol.Close:
		return nil
	case *protocol.Play:
		s.Position, s.At = at(m.Position, old, now), now+lead
		s.Playing = true
	case *protocol.Pause:
		s.Position, s.At = at(m.Position, old, now), now
		s.Playing = false
	case *protocol.Seek:
		s.Position, s.At = m.Position, now
		if s.Playing {
			s.At += lead
		}
		if s.Page != 0 || s.Kind == document {
			s.Page = max(1, int(m.Position))
		}
		if s.Pages > 1 {
			s.Position = float64(s.Page) // whatever a client made of it
		}
	case *protocol.SetRate:
		s.Position, s.At = Where(old, now), now
		s.Rate = m.Rate
	}
	return &s
}

func at(asked *float64, s *protocol.Stage, now int64) float64 {
	if asked != nil {
		return *asked
	}
	return Where(s, now)
}

// Opened makes the stage of an open command. Films start lead ms from now
// unless the command says when.
func Opened(m *protocol.Open, item Item, by string, now, lead int64) (*protocol.Stage, error) {
	s := &protocol.Stage{Launch: preau.NewID().String(), Item: m.Item, Kind: item.Kind, Title: item.Title, Asset: m.Asset, Position: m.Position,
		Playing: m.Playing, Rate: m.Rate, At: m.At, By: by, Page: m.Page, Pages: item.Pages, Plan: m.Plan, Step: m.Step, Of: m.Of}
	if s.Rate == 0 {
		s.Rate = 1
	}
	if s.Pages > 1 {
		if s.Page == 0 {
			s.Page = max(1, int(m.Position))
		}
		s.Position = float64(s.Page)
	}
	switch {
	case s.Pages > 0 && s.Page > s.Pages:
		return nil, errNoPage
	case s.Page > 0 && s.Position == 0:
		s.Position = float64(s.Page)
	case s.Page == 0 && s.Kind == document && s.Position >= 1:
		s.Page = int(s.Position)
	}
	if s.At == 0 {
		s.At = now + lead
	}
	if s.At < now-10_000 || s.At > now+10_000 {
		return nil, preau.E(preau.Invalid, "the time asked for is not within 10 s of the box's", "Measure the clock with ping, or leave out \"at\".", nil)
	}
	return s, nil
}

// errNoPage refuses a page of a pack that is none of its own.
var errNoPage = preau.E(preau.Invalid, "this resource has no such page", "Choose one of its pages.", nil)

// leaves reports whether a command leads out of the pages of what is shown.
func leaves(cmd protocol.Message, s *protocol.Stage) bool {
	seek, ok := cmd.(*protocol.Seek)
	return ok && s != nil && s.Pages > 0 && int(seek.Position) > s.Pages
}

// errNothingOpen refuses a command on an empty screen.
var errNothingOpen = preau.E(preau.Conflict, "nothing is open on these screens", "Open an item first.", nil)

// Apply works out the events of a stage command, and the state after them:
// one event when both kinds of screen show the same, else one each. For open,
// fresh is the stage Opened made; else it is nil.
func Apply(st protocol.State, cmd protocol.Message, fresh *protocol.Stage, now, lead int64) (protocol.State, []*protocol.StageSet, error) {
	to, _ := protocol.AimOf(cmd)
	why := protocol.KindOf(cmd)
	if fresh != nil {
		if to.Boards() {
			st.Boards = fresh
		}
		if to.Pupils() {
			st.Pupils = fresh
		}
		return st, []*protocol.StageSet{{Why: why, To: to, Stage: fresh}}, nil
	}
	boards, pupils := to.Boards() && st.Boards != nil, to.Pupils() && st.Pupils != nil
	switch {
	case boards && leaves(cmd, st.Boards), pupils && leaves(cmd, st.Pupils):
		return st, nil, errNoPage
	case !boards && !pupils:
		return st, nil, errNothingOpen
	case boards && pupils && st.Boards == st.Pupils:
		s := change(st.Boards, cmd, now, lead)
		st.Boards, st.Pupils = s, s
		return st, []*protocol.StageSet{{Why: why, To: protocol.ToAll, Stage: s}}, nil
	}
	var events []*protocol.StageSet
	if boards {
		st.Boards = change(st.Boards, cmd, now, lead)
		events = append(events, &protocol.StageSet{Why: why, To: protocol.ToBoards, Stage: st.Boards})
	}
	if pupils {
		st.Pupils = change(st.Pupils, cmd, now, lead)
		events = append(events, &protocol.StageSet{Why: why, To: protocol.ToPupils, Stage: st.Pupils})
	}
	return st, events, nil
}
