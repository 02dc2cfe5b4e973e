package index

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

	"preau/internal/sqlite"
)

// inherit takes over what an earlier generation has kept, when most packs are
// the same: its words, and its sets with the items that came since. What is
// gone may stay in the words: they only say what may be looked for.
func (s *shelves) inherit(ctx context.Context, read Read, before *shelves) error {
	old := before.words.Load()
	fresh := slices.DeleteFunc(slices.Clone(s.packs), func(pack int64) bool { return slices.Contains(before.packs, pack) })
	if old == nil || old.cut || !before.warmed.Load() || len(fresh) > max(1, len(s.packs)/8) {
		return nil
	}
	all := make(map[string]*known, len(old.stems))
	for i, stem := range old.stems {
		k := old.known[i]
		all[stem] = &k
	}
	v, err := learnt(ctx, read, fresh, all)
	if err != nil {
		return err
	}
	places, first := s.moved(before)
	for some := range slices.Chunk(before.terms.keys(), 50) {
		err := read(ctx, func(tx *sqlite.Tx) error {
			for _, match := range some {
				items, err := tx.Numbers("SELECT group_concat(rowid) FROM catalogue_find WHERE catalogue_find MATCH ? AND rowid >= ?", match, first)
				if err != nil {
					return fmt.Errorf("find %s: %w", match, err)
				}
				held, ok := before.terms.get(match)
				if !ok {
					continue // a search has just pushed it out
				}
				p := pack(carry(held.unpack(len(before.all)), places, s.placesOf(items)))
				s.terms.put(match, p, p.size())
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	s.words.Store(v)
	s.warmed.Store(true)
	return nil
}

// moved gives the place here of every place there, -1 for what is gone, and
// the first item that was not there.
func (s *shelves) moved(before *shelves) (places []int32, first int64) {
	places = make([]int32, len(before.ids))
	at := 0
	note := func(id int64) {
		if first == 0 {
			first = id
		}
	}
	for i, id := range before.ids {
		for at < len(s.ids) && s.ids[at] < id {
			note(s.ids[at])
			at++
		}
		places[i] = -1
		if at < len(s.ids) && s.ids[at] == id {
			places[i] = int32(at)
			at++
		}
	}
	if at < len(s.ids) {
		note(s.ids[at])
	}
	if first == 0 && len(s.ids) > 0 {
		first = s.ids[len(s.ids)-1] + 1 // nothing is new
	}
	return places, first
}

// carry puts what a set held into onto, at its new places.
func carry(old set, places []int32, onto set) set {
	for i := range old {
		for w := old[i]; w != 0; w &= w - 1 {
			if to := places[i*64+bits.TrailingZeros64(w)]; to >= 0 {
				onto.add(int(to))
			}
		}
	}
	return onto
}
