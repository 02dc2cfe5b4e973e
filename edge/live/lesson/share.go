package lesson

import (
	"preau"
	"preau/edge/live/protocol"
)

// sharing is a teacher's request to show a pupil's page.
type sharing struct {
	id string
	by Identity
}

// askShare puts a request on a pupil's tablet.
func (l *Lesson) askShare(ch *Change, m *protocol.ShareAsk, by Identity) error {
	p, ok := l.Roll.Of(m.Person)
	if !ok || p.Role != protocol.RolePupil {
		return errNobody
	}
	if !p.Online {
		return preau.E(preau.Conflict, "this tablet is not connected", "Ask again when it is back.", nil)
	}
	l.mineChanged(ch, m.Person).share = &sharing{id: preau.NewID().String(), by: by}
	l.shared(ch, m.Person, "asked")
	return nil
}

func (l *Lesson) shared(ch *Change, person, how string) {
	l.Roll.Change(person, l.tick(), func(m *protocol.Member) { m.Share = how })
	ch.Watch = true
}

// Share carries out what a pupil says of showing its page: no, an offer, or
// yes to a request. For yes it returns what is to be opened, and for whom.
func (l *Lesson) Share(who Identity, m *protocol.Share) (ch Change, open *protocol.Open, by Identity, err error) {
	p, ok := l.Roll.Of(who.Person)
	if !ok {
		return ch, nil, by, errNobody
	}
	what := protocol.Offer{Item: m.Item, Position: m.Position, Page: m.Page}
	if what.Item == "" {
		what = protocol.Offer{Item: p.Item, Position: p.Position}
	}
	if m.Yes && what.Item == "" {
		return ch, nil, by, preau.E(preau.Conflict, "nothing is open on this tablet", "Open a resource first.", nil)
	}
	if m.ID == "" {
		offer := &what
		if !m.Yes {
			offer = nil
		}
		l.Roll.Change(who.Person, l.tick(), func(p *protocol.Member) { p.Offer = offer })
		ch.Watch = true
		return ch, nil, by, nil
	}
	a := l.asides[who.Person]
	if a == nil || a.share == nil || a.share.id != m.ID {
		return ch, nil, by, preau.E(preau.Expired, "the teacher no longer asks for this", "", nil)
	}
	by = a.share.by
	l.mineChanged(&ch, who.Person).share = nil
	if !m.Yes {
		l.shared(&ch, who.Person, "no")
		return ch, nil, by, nil
	}
	l.shared(&ch, who.Person, "yes")
	return ch, &protocol.Open{To: protocol.ToBoards, Item: what.Item, Position: what.Position, Page: what.Page}, by, nil
}
