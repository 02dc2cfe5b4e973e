package ink

import (
	"cmp"
	"slices"

	"preau"
	"preau/edge/live/protocol"
)

// Layers is the ink of a room. The zero value holds none.
type Layers struct {
	layers map[Key]*layer
	bytes  int
	count  int64         // strokes ever added: their order
	dirty  map[mark]bool // changed since the last Take
	left   []Change      // the same, of layers forgotten since
}

type layer struct {
	order []*stroke
	byID  map[string]*stroke
	bytes int
}

type stroke struct {
	protocol.Stroke
	owner string
	item  string
	n     int64
}

type mark struct {
	key Key
	id  string
}

// Draw adds strokes, all or none: whole ones, which replace what had their id,
// or with more the next pieces of strokes that are there. It returns what was
// added as screens are to be told.
func (l *Layers) Draw(k Key, owner, item string, strokes []protocol.Stroke, more bool) ([]protocol.Stroke, error) {
	have := l.layers[k]
	if have == nil {
		have = &layer{byID: map[string]*stroke{}}
	}
	if err := have.fits(strokes, more, MaxRoom-l.bytes); err != nil {
		return nil, err
	}
	if l.layers == nil {
		l.layers, l.dirty = map[Key]*layer{}, map[mark]bool{}
	}
	l.layers[k] = have
	out := make([]protocol.Stroke, len(strokes))
	for i, s := range strokes {
		s.Points = snap(s.Points)
		if more {
			s.Tool, s.Color, s.Width = "", "", 0
		}
		out[i] = s
		l.add(k, have, &stroke{Stroke: s, owner: owner, item: item}, more)
	}
	return out, nil
}

// fits refuses strokes that are not as they must be, or for which there is no
// room: left is what the other layers leave.
func (have *layer) fits(strokes []protocol.Stroke, more bool, left int) error {
	met := map[string]bool{}
	added, bytes := 0, 0
	for _, s := range strokes {
		if err := Check(s, more); err != nil {
			return err
		}
		if met[s.ID] {
			return invalid("a stroke comes once in a message")
		}
		met[s.ID] = true
		old := have.byID[s.ID]
		switch {
		case more && old == nil:
			return preau.E(preau.Conflict, "this stroke was rubbed out", "Draw it again.", nil)
		case more:
			if len(old.Points)+len(s.Points) > 3*MaxPoints {
				return tooLong()
			}
			bytes += 7 * len(s.Points)
		case old != nil:
			bytes += cost(s) - cost(old.Stroke)
		default:
			bytes += cost(s)
			added++
		}
	}
	if len(have.order)+added > MaxStrokes || have.bytes+bytes > MaxBytes || bytes > left {
		return preau.E(preau.Conflict, "there is no room for more ink here", "Rub some of it out, or clear all.", nil)
	}
	return nil
}

// add puts one stroke, or its next piece, into a layer.
func (l *Layers) add(k Key, to *layer, s *stroke, more bool) {
	old := to.byID[s.ID]
	before := 0
	switch {
	case old == nil:
		l.count++
		s.n = l.count
		to.byID[s.ID] = s
		to.order = append(to.order, s)
		old = s
	case more:
		before = cost(old.Stroke)
		old.Points = append(old.Points, s.Points...)
	default:
		before = cost(old.Stroke)
		old.Stroke = s.Stroke
	}
	n := cost(old.Stroke) - before
	to.bytes += n
	l.bytes += n
	l.dirty[mark{k, s.ID}] = true
}

// Rub takes strokes away from every target of a page; no ids means all. It
// reports whether anything was there.
func (l *Layers) Rub(launch string, page int, ids []string) (found bool) {
	for k, have := range l.layers {
		if k.Launch != launch || k.Page != page {
			continue
		}
		gone := func(s *stroke) bool { return ids == nil || slices.Contains(ids, s.ID) }
		have.order = slices.DeleteFunc(have.order, func(s *stroke) bool {
			if !gone(s) {
				return false
			}
			found = true
			delete(have.byID, s.ID)
			n := cost(s.Stroke)
			have.bytes -= n
			l.bytes -= n
			l.dirty[mark{k, s.ID}] = true
			return true
		})
		if len(have.order) == 0 {
			delete(l.layers, k)
		}
	}
	return found
}

// Keep forgets the layers of launches that are on no screen any more. What
// was drawn on them stays in the store.
func (l *Layers) Keep(launches ...string) {
	for k, have := range l.layers {
		if !slices.Contains(launches, k.Launch) {
			for _, s := range have.order {
				if m := (mark{k, s.ID}); l.dirty[m] {
					l.left = append(l.left, s.change(k))
					delete(l.dirty, m)
				}
			}
			l.bytes -= have.bytes
			delete(l.layers, k)
		}
	}
}

func (s *stroke) change(k Key) Change {
	return Change{Key: k, N: s.n, Owner: s.owner, Item: s.item, Stroke: s.Stroke}
}

// All is every layer, in a steady order. The caller may keep it: points are
// only ever appended.
func (l *Layers) All() []protocol.Layer {
	var out []protocol.Layer
	for k, have := range l.layers {
		strokes := make([]protocol.Stroke, len(have.order))
		for i, s := range have.order {
			strokes[i] = s.Stroke
		}
		out = append(out, protocol.Layer{Launch: k.Launch, To: k.To, Page: k.Page, Strokes: strokes})
	}
	slices.SortFunc(out, func(a, b protocol.Layer) int {
		return cmp.Or(cmp.Compare(a.Launch, b.Launch), cmp.Compare(a.Page, b.Page), cmp.Compare(a.To, b.To))
	})
	return out
}

// Change is one stroke as it stands; without points it is gone.
type Change struct {
	Key    Key
	N      int64 // its place in the order of drawing
	Owner  string
	Item   string
	Stroke protocol.Stroke
}

// Take returns what changed since the last Take, to be kept.
func (l *Layers) Take() []Change {
	out := l.left
	l.left = nil
	for m := range l.dirty {
		if have := l.layers[m.key]; have != nil && have.byID[m.id] != nil {
			out = append(out, have.byID[m.id].change(m.key))
		} else {
			out = append(out, Change{Key: m.key, Stroke: protocol.Stroke{ID: m.id}})
		}
	}
	clear(l.dirty)
	slices.SortFunc(out, func(a, b Change) int { return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.Stroke.ID, b.Stroke.ID)) })
	return out
}

// Untake gives back changes that could not be kept, for the next Take.
func (l *Layers) Untake(changes []Change) {
	for _, c := range changes {
		switch have := l.layers[c.Key]; {
		case have != nil, len(c.Stroke.Points) == 0:
			if l.dirty == nil {
				l.dirty = map[mark]bool{}
			}
			l.dirty[mark{c.Key, c.Stroke.ID}] = true
		default:
			l.left = append(l.left, c)
		}
	}
}

// Restore puts back what a store kept, in its order.
func (l *Layers) Restore(changes []Change) {
	if l.layers == nil {
		l.layers, l.dirty = map[Key]*layer{}, map[mark]bool{}
	}
	for _, c := range changes {
		if l.layers[c.Key] == nil {
			l.layers[c.Key] = &layer{byID: map[string]*stroke{}}
		}
		l.count = max(l.count, c.N-1)
		l.add(c.Key, l.layers[c.Key], &stroke{Stroke: c.Stroke, owner: c.Owner, item: c.Item}, false)
		delete(l.dirty, mark{c.Key, c.Stroke.ID})
	}
}
