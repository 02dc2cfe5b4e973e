package shelf

import (
	"cmp"
	"context"
	"fmt"
	"preau"
	"slices"
)

// Plan says what would happen, before a byte is fetched.
type Plan struct {
	Fetch     Tally   `json:"fetch"`
	Packs     []Share `json:"packs,omitempty"` // of Fetch, the largest first
	Evict     Tally   `json:"evict"`
	Leaving   []Share `json:"leaving,omitempty"` // items of Evict, the largest first; at most 50
	LeftOut   Tally   `json:"left_out"`          // wanted, but there is no room
	NotAsked  Tally   `json:"not_asked"`
	Held      Tally   `json:"held"`
	Bound     int64   `json:"bound_bytes"`      // what content may take
	Free      int64   `json:"free_bytes"`       // of the disk, now
	FreeAfter int64   `json:"free_after_bytes"` // and then
	Floor     int64   `json:"floor_bytes"`      // left to the journal
	Quota     int64   `json:"quota_bytes"`      // 0: none
	All       bool    `json:"all"`              // everything is wanted, and fits
}

// Share is a part of a plan, by its pack or its item.
type Share struct {
	Name string `json:"name"`
	Tally
}

// Suppose changes the rules for one plan only.
type Suppose struct {
	Wishes []Wish `json:"wishes,omitempty"` // besides those in force
	Quota  *int64 `json:"quota_bytes,omitempty"`
}

const maxLeaving = 50

// Plan lays out what is wished for, and what is supposed besides.
func (s *Shelf) Plan(ctx context.Context, sup Suppose) (Plan, error) {
	r, err := s.rules(ctx)
	if err != nil {
		return Plan{}, err
	}
	for i := range sup.Wishes {
		w := &sup.Wishes[i]
		if err := s.check(ctx, w); err != nil {
			return Plan{}, err
		}
		r.wishes = slices.DeleteFunc(r.wishes, func(old Wish) bool { return old.Scope == w.Scope && old.Name == w.Name })
		r.wishes = append(r.wishes, *w)
	}
	if sup.Quota != nil {
		r.quota = max(0, *sup.Quota)
	}
	l, err := s.layOut(ctx, r)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{LeftOut: l.leftOut, NotAsked: l.skipped, Held: l.held, Bound: l.bound, Free: l.free, Floor: int64(s.Floor), Quota: r.quota, All: l.all}
	p.Fetch, p.Packs = shares(l.fetch, func(w want) string { return w.pack })
	p.Evict, p.Leaving = shares(l.evict, func(w want) string { return w.item })
	p.Leaving = p.Leaving[:min(len(p.Leaving), maxLeaving)]
	p.FreeAfter = l.free - p.Fetch.Bytes + p.Evict.Bytes
	return p, nil
}

func shares(list []want, name func(want) string) (all Tally, by []Share) {
	index := map[string]int{}
	for _, w := range list {
		all.add(w.Size)
		n, ok := index[name(w)]
		if !ok {
			n = len(by)
			index[name(w)] = n
			by = append(by, Share{Name: name(w)})
		}
		by[n].add(w.Size)
	}
	slices.SortStableFunc(by, func(a, b Share) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return all, by
}

// NoRoom is preau.Full while the disk has no room for what is wanted. Under a
// quota that is as somebody asked, and no error.
func (s *Shelf) NoRoom(ctx context.Context) error {
	l, err := s.current(ctx)
	if err != nil || l.leftOut.Files == 0 || l.rules.quota > 0 {
		return err
	}
	return preau.E(preau.Full, fmt.Sprintf("the disk has no room for more content: %d files, %d MB are left out", l.leftOut.Files, l.leftOut.Bytes/1e6),
		"Choose less (preau content want), or fit a larger disk; lessons and records go on.", nil)
}

// Status is what the box keeps and why.
type Status struct {
	Wishes  []Wish `json:"wishes,omitempty"`
	Pins    []Pin  `json:"pins,omitempty"`
	Quota   int64  `json:"quota_bytes"` // 0: none
	Floor   int64  `json:"floor_bytes"`
	Free    int64  `json:"free_bytes"`
	Held    Tally  `json:"held"`
	Missing Tally  `json:"missing"`  // wanted, not here yet
	LeftOut Tally  `json:"left_out"` // wanted, but there is no room
	Scrub   Scrub  `json:"scrub"`
}

// Status tells it.
func (s *Shelf) Status(ctx context.Context) (Status, error) {
	l, err := s.current(ctx)
	if err != nil {
		return Status{}, err
	}
	st := Status{Wishes: l.rules.wishes, Pins: l.rules.pins, Quota: l.rules.quota, Floor: int64(s.Floor), Free: l.free, Held: l.held, LeftOut: l.leftOut}
	for _, w := range l.fetch {
		if !s.Blobs.Has(w.Digest) {
			st.Missing.add(w.Size)
		}
	}
	st.Scrub, err = s.Scrub(ctx)
	return st, err
}
