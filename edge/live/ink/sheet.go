package ink

import (
	"context"
	"slices"
	"sync"
	"time"

	"preau"
	"preau/edge/live/protocol"
)

// Sheet is the ink of a room at work. Whoever owns the room locks it around
// every method but Keep, which takes the lock by itself.
type Sheet struct {
	Layers
	keeping sync.Mutex // held while changes are on their way to the disk; taken before the room's lock
	kept    time.Time  // when they last were, guarded by keeping
}

// Is tells ink from all else that is said.
func Is(m protocol.Message) bool {
	switch m.(type) {
	case *protocol.Draw, *protocol.Rub, *protocol.Inked, *protocol.Rubbed:
		return true
	}
	return false
}

// May refuses a board that its teacher keeps the chalk from.
func May(by protocol.Role, st protocol.State) error {
	if by == protocol.RoleBoard && !st.Chalk {
		return preau.E(preau.Forbidden, "this board may not be written on now", "The teacher allows it on the remote.", nil)
	}
	return nil
}

// Carry carries out ink or rub for an owner, given what is on screen, and
// returns the event that screens are told; nil when nothing changed.
func (s *Sheet) Carry(cmd protocol.Message, by protocol.Role, owner string, st protocol.State) (protocol.Message, error) {
	if err := May(by, st); err != nil {
		return nil, err
	}
	switch m := cmd.(type) {
	case *protocol.Draw:
		to, _ := protocol.AimOf(m)
		stage := shown(st, m.Launch)
		if stage == nil {
			return nil, preau.E(preau.Conflict, "what this is drawn on is not on screen any more", "Draw on what is shown now.", nil)
		}
		if stage.Pages > 0 && m.Page > stage.Pages {
			return nil, preau.E(preau.Invalid, "what this is drawn on has no such page", "Draw on the page that is shown.", nil)
		}
		added, err := s.Draw(Key{m.Launch, to, m.Page}, owner, stage.Item, m.Strokes, m.More)
		if err != nil {
			return nil, err
		}
		return &protocol.Inked{To: to, Launch: m.Launch, Page: m.Page, Strokes: added, More: m.More}, nil
	case *protocol.Rub:
		if m.IDs == nil && by == protocol.RoleBoard {
			return nil, preau.E(preau.Forbidden, "a board rubs out strokes, never a whole page", "Name the strokes.", nil)
		}
		if s.Rub(m.Launch, m.Page, m.IDs) {
			return &protocol.Rubbed{Launch: m.Launch, Page: m.Page, IDs: m.IDs}, nil
		}
	}
	return nil, nil
}

func shown(st protocol.State, launch string) *protocol.Stage {
	for _, s := range []*protocol.Stage{st.Boards, st.Pupils} {
		if s != nil && s.Launch == launch {
			return s
		}
	}
	return nil
}

// Follow forgets the layers of what is on no screen any more.
func (s *Sheet) Follow(st protocol.State) { s.Layers.Keep(launches(st)...) }

func launches(st protocol.State) (all []string) {
	for _, s := range []*protocol.Stage{st.Boards, st.Pupils} {
		if s != nil && !slices.Contains(all, s.Launch) {
			all = append(all, s.Launch)
		}
	}
	return all
}

// Keep returns once all that was drawn before is in the store; unless it must
// be now, it does nothing within a while of the last time. One save runs at a
// time and covers what changed before it began.
func (s *Sheet) Keep(ctx context.Context, to *Store, room sync.Locker, now bool, while time.Duration) error {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	if !now && time.Since(s.kept) < while {
		return nil
	}
	s.kept = time.Now()
	room.Lock()
	changes := s.Take()
	room.Unlock()
	err := to.Put(ctx, changes)
	if err != nil {
		room.Lock()
		s.Untake(changes)
		room.Unlock()
	}
	return err
}

// Dirty reports whether something is not on its way to the store yet.
func (s *Sheet) Dirty() bool { return len(s.dirty)+len(s.left) > 0 }

// Recall takes in what the store has of what is on screen.
func (s *Sheet) Recall(ctx context.Context, from *Store, st protocol.State) error {
	found, err := from.Of(ctx, launches(st)...)
	if err != nil {
		return err
	}
	s.Restore(found)
	return nil
}
