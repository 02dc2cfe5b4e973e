package shelf

import (
	"cmp"
	"math/bits"
	"slices"

	"preau/media/catalogue"
)

// admit gives room to candidates, the worthiest first, and small texts of all
// before the films of any: pages are read then. What does not fit whole may
// come without what it can spare.
func (b *board) admit() {
	var asked int64
	for i := range b.files {
		if b.files[i].asked {
			asked += b.files[i].Size
		}
	}
	scarce := asked > b.l.bound
	slices.SortFunc(b.cands, func(a, c candidate) int { return compare(&a, &c, scarce) })
	for i := range b.cands {
		if c := &b.cands[i]; c.tier < tierWished {
			b.place(i, func(ref) bool { return true })
		}
	}
	for i := range b.cands {
		b.place(i, func(r ref) bool { return r.rank == 0 })
	}
	for i := range b.cands {
		b.place(i, func(ref) bool { return true })
	}
	// What the generation before had stays while nothing else wants the room.
	for i := range b.files {
		if f := &b.files[i]; f.old && f.here && b.total+f.Size <= b.l.bound {
			f.keep = true
			b.total += f.Size
		}
	}
}

// place keeps the chosen refs of a candidate if they fit together, or else
// those it cannot spare. What is pinned and here stays whatever the bound.
func (b *board) place(i int, chosen func(ref) bool) {
	c := &b.cands[i]
	fits := func(chosen func(ref) bool) bool {
		var size int64
		for _, r := range c.refs {
			if f := &b.files[r.file]; chosen(r) && !f.keep && !(c.tier == tierPinned && f.here) {
				size += f.Size
			}
		}
		return size == 0 || b.total+size <= b.l.bound
	}
	if !fits(chosen) {
		whole := chosen
		if chosen = func(r ref) bool { return whole(r) && !r.spare }; !fits(chosen) {
			return
		}
	}
	for _, r := range c.refs {
		f := &b.files[r.file]
		if !chosen(r) {
			continue
		}
		f.worst = max(f.worst, i)
		if !f.keep {
			f.keep = true
			b.total += f.Size
		}
	}
}

// compare orders candidates, the worthiest first. While there is room for all
// the order is only that of fetching; else what is used and what is here goes
// before what is not, and the small before the large: a shelf that is full
// does not churn.
func compare(a, c *candidate, scarce bool) int {
	order := cmp.Or(cmp.Compare(a.tier, c.tier), cmp.Compare(a.at, c.at), cmp.Compare(c.priority, a.priority))
	if order == 0 && scarce {
		here := func(x *candidate) int {
			if x.here {
				return 0
			}
			return 1
		}
		order = cmp.Or(cmp.Compare(a.lately, c.lately), cmp.Compare(here(a), here(c)), cmp.Compare(bits.Len64(uint64(a.size)), bits.Len64(uint64(c.size))))
	}
	return cmp.Or(order, cmp.Compare(a.partOf, c.partOf), cmp.Compare(a.ordinal, c.ordinal), cmp.Compare(a.row, c.row))
}

// order writes down what to fetch and what may leave.
func (b *board) order(s *Shelf, orphans []catalogue.Want, waste int64) {
	l := b.l
	var missing int64
	type placed struct {
		want
		tier, cand, rank int
		at               int64
		priority         int
	}
	var fetch []placed
	seen := make([]bool, len(b.files))
	for i := range b.cands {
		c := &b.cands[i]
		for _, r := range c.refs {
			f := &b.files[r.file]
			if f.keep && !f.here && !seen[r.file] {
				seen[r.file] = true
				missing += f.Size
				fetch = append(fetch, placed{want{f.Want, c.item, c.pack}, c.tier, i, r.rank, c.at, c.priority})
			}
		}
	}
	slices.SortStableFunc(fetch, func(a, c placed) int {
		return cmp.Or(cmp.Compare(a.tier, c.tier), cmp.Compare(a.at, c.at), cmp.Compare(c.priority, a.priority), cmp.Compare(a.rank, c.rank), cmp.Compare(a.cand, c.cand))
	})
	for _, p := range fetch {
		l.fetch = append(l.fetch, p.want)
	}
	for i := range b.files {
		switch f := &b.files[i]; {
		case f.keep:
			l.keep[f.Digest] = true
		case f.asked:
			l.leftOut.add(f.Size)
		case !f.old:
			l.skipped.add(f.Size)
		}
	}
	l.all = l.leftOut.Files == 0 && l.skipped.Files == 0
	over := l.held.Bytes + waste + missing - l.bound
	for _, w := range b.leaving(s, orphans) {
		if over <= 0 {
			break
		}
		l.evict = append(l.evict, w)
		over -= w.Size
	}
}

// leaving lists what is here and was given no room, what is least worth first:
// what nothing uses, what nobody asked for, then from the worst candidate up.
func (b *board) leaving(s *Shelf, orphans []catalogue.Want) (list []want) {
	for _, o := range orphans {
		list = append(list, want{Want: o})
	}
	type out struct {
		want
		class, cand int
	}
	var outs []out
	seen := map[int]bool{}
	for i := range b.cands {
		for _, r := range b.cands[i].refs {
			if f := &b.files[r.file]; f.here && !f.keep && !seen[r.file] {
				seen[r.file] = true
				outs = append(outs, out{want{f.Want, b.cands[i].item, b.cands[i].pack}, 1, -i})
			}
		}
	}
	for i := range b.files {
		if f := &b.files[i]; f.here && !f.keep && !seen[i] {
			outs = append(outs, out{want{Want: f.Want}, 0, int(-f.Size >> 10)})
		}
	}
	slices.SortStableFunc(outs, func(a, c out) int { return cmp.Or(cmp.Compare(a.class, c.class), cmp.Compare(a.cand, c.cand)) })
	for _, o := range outs {
		if !s.isOpen(o.Digest) {
			list = append(list, o.want)
		}
	}
	return list
}
