package live

import (
	"preau"
	"preau/edge/live/protocol"
)

// asked is a teacher's request to show a pupil's page.
type asked struct {
	id string
	by Identity
}

// askShare puts a request on a pupil's tablet. The caller holds mu.
func (r *room) askShare(m *protocol.ShareAsk, by Identity) error {
	p, ok := r.roll.Of(m.Person)
	if !ok || p.Role != protocol.RolePupil {
		return preau.E(preau.NotFound, "nobody of that id is in this room", "", nil)
	}
	if !p.Online {
		return preau.E(preau.Conflict, "this tablet is not connected", "Ask again when it is back.", nil)
	}
	r.mineChanged(m.Person).share = &asked{id: preau.NewID().String(), by: by}
	r.sharing(m.Person, "asked")
	return nil
}

func (r *room) sharing(person, how string) {
	r.roll.Change(person, r.tick(), func(m *protocol.Member) { m.Share = how })
	r.watched()
}

// share carries out what a pupil says of showing its page: no, an offer, or
// yes to a request. For yes it returns what is to be opened, and for whom.
func (r *room) share(who Identity, m *protocol.Share, now int64) (*protocol.Open, Identity, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.roll.Of(who.Person)
	if !ok {
		return nil, who, errNoRoom
	}
	what := protocol.Offer{Item: m.Item, Position: m.Position, Page: m.Page}
	if what.Item == "" {
		what = protocol.Offer{Item: p.Item, Position: p.Position}
	}
	if m.Yes && what.Item == "" {
		return nil, who, preau.E(preau.Conflict, "nothing is open on this tablet", "Open a resource first.", nil)
	}
	if m.ID == "" {
		offer := &what
		if !m.Yes {
			offer = nil
		}
		r.roll.Change(who.Person, r.tick(), func(p *protocol.Member) { p.Offer = offer })
		r.watched()
		return nil, who, nil
	}
	a := r.asides[who.Person]
	if a == nil || a.share == nil || a.share.id != m.ID {
		return nil, who, preau.E(preau.Expired, "the teacher no longer asks for this", "", nil)
	}
	by := a.share.by
	r.mineChanged(who.Person).share = nil
	if !m.Yes {
		r.sharing(who.Person, "no")
		return nil, who, nil
	}
	r.sharing(who.Person, "yes")
	return &protocol.Open{To: protocol.ToBoards, Item: what.Item, Position: what.Position, Page: what.Page}, by, nil
}

// share is room.share for a connection, and opens on the boards what the
// pupil agreed to show.
func (h *Hub) share(r *room, who Identity, m *protocol.Share) error {
	open, by, err := r.share(who, m, h.now())
	if err != nil || open == nil {
		return err
	}
	_, err = h.command(r, by, open)
	return err
}
