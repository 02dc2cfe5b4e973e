package box

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"preau"
	"preau/edge/access"
	"preau/edge/content"
	"preau/edge/live"
	"preau/edge/live/pairing"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// openLive opens the rooms in session and the boards.
func (b *Box) openLive(ctx context.Context) (err error) {
	b.hub, err = live.Open(ctx, live.Options{
		DB: b.db, Clock: b.clock, Log: b.opts.Log, Authorise: b.authorise, Items: b.liveItem, Events: roomEvents{b.journal, b.content, b.lessonOver},
	})
	if err != nil {
		return err
	}
	b.pairing, err = pairing.Open(ctx, pairing.Options{
		DB: b.db, Clock: b.clock, Rooms: b.hub, Teacher: b.claimer, ClaimPath: "/prof/tableau",
	})
	return err
}

// inSession reports whether a class is, with screens.
func (b *Box) inSession() bool {
	s := b.hub.Stats()
	return s.Rooms > 0 && s.Conns > 0
}

// authorise says who is at a websocket's other end: a session first, then a
// board by its own cookie.
func (b *Box) authorise(r *http.Request) (live.Identity, error) {
	if s, ok := b.access.Session(r); ok {
		id := live.Identity{Person: s.Person, Name: s.Name, Group: s.Group, Device: s.Device}
		switch s.Role {
		case access.Teacher, access.Principal:
			id.Role = protocol.RoleTeacher
			return id, nil
		case access.Pupil:
			id.Role = protocol.RolePupil
			return id, nil
		}
	}
	board, ok, err := b.pairing.Board(r)
	if err != nil {
		return live.Identity{}, err
	}
	if ok {
		return live.Identity{Role: protocol.RoleBoard, Person: board.ID, Name: board.Place, Device: board.ID, Room: board.Room}, nil
	}
	return live.Identity{}, preau.E(preau.Unauthorized, "nobody is signed in on this device", "Sign in, or open the board's page.", nil)
}

func (b *Box) claimer(r *http.Request) (pairing.Teacher, error) {
	s, ok := b.access.Session(r)
	switch {
	case !ok:
		return pairing.Teacher{}, preau.E(preau.Unauthorized, "nobody is signed in", "Sign in first.", nil)
	case s.Role != access.Teacher && s.Role != access.Principal:
		return pairing.Teacher{}, preau.E(preau.Forbidden, "only a teacher pairs a board", "", nil)
	}
	return pairing.Teacher{Person: s.Person, Device: s.Device}, nil
}

func (b *Box) liveItem(ctx context.Context, id string) (live.Item, error) {
	it, err := b.items.Item(ctx, id, true)
	if err != nil {
		return live.Item{}, err
	}
	if !it.Available {
		return live.Item{}, preau.E(preau.Unavailable, "this item is not on the box yet", "Choose another; this one arrives with the next refresh.", nil)
	}
	return live.Item{Kind: it.Kind, Title: it.Title}, nil
}

// roomEvents writes what happens in rooms into the journal, in the room's own
// transaction.
type roomEvents struct {
	journal *journal.Journal
	content *content.Content
	over    chan<- struct{}
}

func (e roomEvents) Opened(tx *sqlite.Tx, l live.Launch) error {
	st, err := statement(l.ID, l.By.Person, journal.VerbOpened, l.Item, "item", map[string]any{"screens": l.Screens},
		map[string]any{"group": l.Group, "session": l.Room, "to": l.To})
	if err != nil {
		return err
	}
	st.Timestamp = l.At
	return errors.Join(e.content.Opened(tx, l), e.journal.Append(tx, st))
}

func (e roomEvents) Ended(tx *sqlite.Tx, r live.Room, by live.Identity) error {
	st, err := statement(preau.NewID(), by.Person, journal.VerbTerminated, r.ID, "lesson", nil, map[string]any{"group": r.Group})
	if err != nil {
		return err
	}
	if err := errors.Join(e.content.Ended(tx, r.ID), e.journal.Append(tx, st)); err != nil {
		return err
	}
	select {
	case e.over <- struct{}{}:
	default: // a delivery is due already
	}
	return nil
}

// statement makes one of the learning stream.
func statement(id preau.ID, actor, verb, object, kind string, result, context map[string]any) (*preau.Statement, error) {
	st := &preau.Statement{ID: id, Stream: preau.StreamLearning, Actor: actor, Verb: verb, Object: object, ObjectKind: kind}
	for _, part := range []struct {
		from map[string]any
		to   *json.RawMessage
	}{{result, &st.Result}, {context, &st.Context}} {
		if part.from == nil {
			continue
		}
		raw, err := json.Marshal(part.from)
		if err != nil {
			return nil, fmt.Errorf("encode statement: %w", err)
		}
		*part.to = raw
	}
	return st, nil
}
