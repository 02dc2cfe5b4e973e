// Package classroom is what the class, live, needs of the rest of the box: who
// is at the other end of a line, which colleague may be invited, what the
// catalogue says of an item, what the journal keeps of a lesson. It promises
// that what is recorded is recorded in the room's own transaction, in the
// learning stream, which purge and erasure reach. It refuses whoever is
// neither signed in nor a paired board, items that are not on the box, and
// invitations of anyone who is neither a teacher nor the head, or who left.
package classroom

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"preau"
	"preau/edge/access"
	"preau/edge/directory"
	"preau/edge/live"
	"preau/edge/live/pairing"
	"preau/edge/live/protocol"
	"preau/internal/sqlite"
	"preau/media/catalogue"
	"preau/sync/journal"
)

// Holder keeps what a lesson opened from being put out while it lasts.
type Holder interface {
	Opened(tx *sqlite.Tx, l live.Launch) error
	Ended(tx *sqlite.Tx, room string) error
}

// Questions keeps what is asked, and ends what a lesson left open.
type Questions interface {
	live.Questions
	EndLost(ctx context.Context, inSession func(lesson string) bool) error
}

// Deps are what a classroom needs.
type Deps struct {
	DB        *sqlite.DB
	Clock     preau.Clock
	Log       *slog.Logger
	Access    *access.Access
	Directory *directory.Directory
	Journal   *journal.Journal
	Content   Holder
	Items     *catalogue.Catalogue
	Questions Questions
	Over      chan<- struct{} // told when a lesson is over; never waited for
}

// Classroom is the rooms in session and the boards, wired.
type Classroom struct {
	Hub     *live.Hub
	Pairing *pairing.Pairing
	d       Deps
}

// Open opens the rooms in session and the boards.
func Open(ctx context.Context, d Deps) (*Classroom, error) {
	c := &Classroom{d: d}
	var err error
	c.Hub, err = live.Open(ctx, live.Options{DB: d.DB, Clock: d.Clock, Log: d.Log, Authorise: c.authorise, Sessions: d.Access.Alive, Items: c.item,
		Events: events{d}, Questions: d.Questions, Colleague: c.colleague})
	if err != nil {
		return nil, err
	}
	d.Access.OnEnded(c.Hub.Recheck)
	if err := d.Questions.EndLost(ctx, c.Hub.InSession); err != nil {
		d.Log.Warn("questions of lessons that are over stay open", "err", err) // a page says so; classes can go on
	}
	c.Pairing, err = pairing.Open(ctx, pairing.Options{DB: d.DB, Clock: d.Clock, Rooms: c.Hub, Teacher: c.claimer, ClaimPath: "/prof/tableau"})
	return c, err
}

// InSession reports whether a class is, with screens.
func (c *Classroom) InSession() bool {
	s := c.Hub.Stats()
	return s.Rooms > 0 && s.Conns > 0
}

// authorise says who is at a websocket's other end: a session first, then a
// board by its own cookie. The board's page asks to be the board (as=board),
// whoever signed in on its machine.
func (c *Classroom) authorise(r *http.Request) (live.Identity, error) {
	if s, ok := c.d.Access.Session(r); ok && r.URL.Query().Get("as") != "board" {
		id := live.Identity{Person: s.Person, Name: s.Name, Group: s.Group, Device: s.Device, Session: s.ID}
		switch s.Role {
		case access.Teacher, access.Principal:
			id.Role = protocol.RoleTeacher
			return id, nil
		case access.Pupil:
			id.Role = protocol.RolePupil
			return id, nil
		}
	}
	board, ok, err := c.Pairing.Board(r)
	if err != nil {
		return live.Identity{}, err
	}
	if ok {
		return live.Identity{Role: protocol.RoleBoard, Person: board.ID, Name: board.Place, Device: board.ID, Room: board.Room}, nil
	}
	return live.Identity{}, preau.E(preau.Unauthorized, "nobody is signed in on this device", "Sign in, or open the board's page.", nil)
}

func (c *Classroom) claimer(r *http.Request) (pairing.Teacher, error) {
	s, ok := c.d.Access.Session(r)
	switch {
	case !ok:
		return pairing.Teacher{}, preau.E(preau.Unauthorized, "nobody is signed in", "Sign in first.", nil)
	case s.Role != access.Teacher && s.Role != access.Principal:
		return pairing.Teacher{}, preau.E(preau.Forbidden, "only a teacher pairs a board", "", nil)
	}
	return pairing.Teacher{Person: s.Person, Device: s.Device}, nil
}

func (c *Classroom) item(ctx context.Context, id string, staff bool) (live.Item, error) {
	it, err := c.d.Items.Item(ctx, id, staff)
	if err != nil {
		return live.Item{}, fmt.Errorf("find item for a lesson: %w", err)
	}
	if !it.Available {
		return live.Item{}, preau.E(preau.Unavailable, "this item is not on the box yet", "Choose another; this one arrives with the next refresh.", nil)
	}
	pages, err := c.d.Items.HTMLPages(ctx, &it)
	if err != nil {
		return live.Item{}, err
	}
	return live.Item{Kind: it.Kind, Title: it.Title, Pages: len(pages)}, nil
}

// colleague finds the name of one who may teach here.
func (c *Classroom) colleague(ctx context.Context, person string) (string, error) {
	p, err := c.d.Directory.Person(ctx, person)
	if err != nil {
		return "", fmt.Errorf("find colleague: %w", err)
	}
	switch { // as authorise has it: nobody else could enter
	case !p.Closed.IsZero():
		return "", preau.E(preau.Forbidden, "this person has left the school", "Choose a colleague.", nil)
	case !p.Is(directory.Teacher) && !p.Is(directory.Principal):
		return "", preau.E(preau.Forbidden, "only a teacher or the head can be invited into a lesson", "Choose a colleague.", nil)
	}
	return p.Formal(), nil
}
