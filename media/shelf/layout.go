package shelf

import (
	"context"
	"math"
	"slices"
	"time"

	"preau/media/blob"
	"preau/media/catalogue"
)

// layout says which blobs are worth their room.
type layout struct {
	marks   string // of the generations it is for
	made    time.Time
	rules   rules
	all     bool                 // everything is, and fits: nothing more is kept
	keep    map[blob.Digest]bool // what is to be here
	fetch   []want               // of it, what is not, in order
	evict   []want               // what may leave, in order; only as much as must
	leftOut Tally                // wanted, but there is no room
	skipped Tally                // not asked for
	bound   int64                // bytes for content
	free    int64
	held    Tally // of the catalogue
}

// want is a blob and the item that it is for.
type want struct {
	catalogue.Want
	item, pack string
}

// Tally counts files and their bytes.
type Tally struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

func (t *Tally) add(bytes int64) { t.Files++; t.Bytes += bytes }

// file is a blob that the catalogue knows.
type file struct {
	catalogue.Want
	here, keep, asked, old bool
	worst                  int // position of the least worthy candidate that wants it
}

// candidate is one version of an item and what is wanted of it.
type candidate struct {
	row      int64
	item     string
	pack     string
	tier     int
	at       int64 // when a class needs it
	priority int
	lately   int // how long ago it was used: 0 this week … 3 never
	here     bool
	size     int64
	partOf   string
	ordinal  int
	refs     []ref
}

type ref struct {
	file  int // of files
	rank  int
	spare bool // can be done without before the item is
}

// The tiers, the worthiest first.
const (
	tierPinned = iota // or open
	tierNeeded
	tierWished
)

// board is where a layout is made.
type board struct {
	l       *layout
	files   []file
	index   map[blob.Digest]int
	cands   []candidate
	lacking map[int64]bool
	levels  map[string]map[int64]bool // rows under the levels that are wished for
	needs   map[string]time.Time
	days    map[blob.Digest]int64
	today   int64
	total   int64
}

// layOut judges every blob of the catalogue, under rules that may be only
// supposed.
func (s *Shelf) layOut(ctx context.Context, r rules) (*layout, error) {
	l := &layout{rules: r, keep: map[blob.Digest]bool{}}
	b := &board{l: l, index: map[blob.Digest]int{}, lacking: map[int64]bool{}, levels: map[string]map[int64]bool{}, needs: map[string]time.Time{}, today: day(s.Clock.Now())}
	var err error
	if b.days, err = s.days(ctx); err != nil {
		return nil, err
	}
	for _, w := range r.wishes {
		if w.Scope == Level {
			if b.levels[w.Name], err = s.Items.Filed(ctx, w.Name); err != nil {
				return nil, err
			}
		}
	}
	if s.Needs != nil {
		needs, err := s.Needs(ctx)
		if err != nil {
			return nil, err
		}
		for _, n := range needs {
			if at, ok := b.needs[n.Item]; !ok || n.At.Before(at) {
				b.needs[n.Item] = n.At
			}
		}
	}
	var group []catalogue.Use
	err = s.Items.Uses(ctx, func(u catalogue.Use) {
		if len(group) > 0 && group[0].Row != u.Row {
			b.item(s, group)
			group = group[:0]
		}
		group = append(group, u)
	})
	if err != nil {
		return nil, err
	}
	if len(group) > 0 {
		b.item(s, group)
	}
	orphans, err := s.orphans(ctx)
	if err != nil {
		return nil, err
	}
	var waste int64
	for _, o := range orphans {
		waste += o.Size
	}
	if err := s.bound(l, waste); err != nil {
		return nil, err
	}
	b.admit()
	b.order(s, orphans, waste)
	s.Items.Lacking(b.lacking)
	return l, nil
}

// bound is how many bytes content may take: what it has, and what is free
// above the floor, but no more than the quota.
func (s *Shelf) bound(l *layout, waste int64) error {
	free, err := s.Free()
	if err != nil {
		return err
	}
	coming, err := s.Blobs.Arriving()
	if err != nil {
		return err
	}
	l.free = int64(min(free, math.MaxInt64))
	l.bound = l.held.Bytes + waste + coming + l.free - int64(s.Floor)
	if q := l.rules.quota; q > 0 {
		l.bound = min(l.bound, q)
	}
	return nil
}

// item takes one version of an item in.
func (b *board) item(s *Shelf, uses []catalogue.Use) {
	u := uses[0]
	shown := u.Live || u.Staged || u.Open
	tier, parts, priority, asked := b.judge(u)
	taken := make([]bool, len(uses))
	if shown && asked {
		taken = parts.choose(uses)
	}
	c := candidate{row: u.Row, item: u.Item, pack: u.Pack, tier: tier, priority: priority, partOf: u.PartOf, ordinal: u.Ordinal, here: true, lately: 3}
	if tier == tierNeeded {
		c.at = b.needed(u).Unix()
	}
	smallest := -1
	for i, u := range uses {
		if taken[i] && isPicture(u) && (smallest < 0 || u.Height < uses[smallest].Height) {
			smallest = i
		}
	}
	for i, u := range uses {
		n := b.file(s, u)
		f := &b.files[n]
		f.old = f.old && !shown
		if !f.here { // of versions that are not shown too: a switch shows them before the next layout
			b.lacking[u.Row] = true
		}
		if !taken[i] {
			continue
		}
		f.asked = true
		c.here = c.here && f.here
		c.size += u.Size
		c.lately = min(c.lately, b.since(u.Digest))
		spare := u.Rank > 2 && !isPicture(u) || isPicture(u) && i != smallest
		c.refs = append(c.refs, ref{n, u.Rank, spare})
	}
	if len(c.refs) > 0 {
		b.cands = append(b.cands, c)
	}
}

// file finds or adds a blob.
func (b *board) file(s *Shelf, u catalogue.Use) int {
	n, ok := b.index[u.Digest]
	if !ok {
		n = len(b.files)
		b.index[u.Digest] = n
		f := file{Want: catalogue.Want{Digest: u.Digest, Size: u.Size}, here: s.Blobs.Has(u.Digest), old: true}
		if f.here {
			b.l.held.add(u.Size)
		}
		b.files = append(b.files, f)
	}
	return n
}

// judge says how much an item is wanted, by the most specific wish.
func (b *board) judge(u catalogue.Use) (tier int, parts Parts, priority int, asked bool) {
	tier, asked = tierWished, len(b.l.rules.wishes) == 0
	best := 0
	for _, w := range b.l.rules.wishes {
		if n := specific[w.Scope]; n > best && b.meets(w, u) || n == best && w.Priority > priority && b.meets(w, u) {
			best, parts, priority, asked = n, w.Parts, w.Priority, true
		}
	}
	switch {
	case u.Open || slices.ContainsFunc(b.l.rules.pins, func(p Pin) bool { return b.meets(Wish{Scope: p.Scope, Name: p.Name}, u) }):
		return tierPinned, parts, priority, true
	case !b.needed(u).IsZero():
		return tierNeeded, parts, priority, true
	}
	return tier, parts, priority, asked
}

func (b *board) meets(w Wish, u catalogue.Use) bool {
	switch w.Scope {
	case All:
		return true
	case Kind:
		return u.Kind == w.Name
	case Level:
		return b.levels[w.Name][u.Row]
	case Service:
		return u.Service == w.Name
	case Pack:
		return u.Pack == w.Name
	case Item:
		return u.Item == w.Name || u.PartOf == w.Name && w.Name != ""
	}
	return false
}

// needed is when a class opens an item, or the collection it belongs to.
func (b *board) needed(u catalogue.Use) time.Time {
	at := b.needs[u.Item]
	if whole, ok := b.needs[u.PartOf]; ok && u.PartOf != "" && (at.IsZero() || whole.Before(at)) {
		at = whole
	}
	return at
}

// since is how long ago a blob was used: 0 this week, 1 this month, 2 this
// term, 3 before that or never.
func (b *board) since(d blob.Digest) int {
	last, ok := b.days[d]
	switch ago := b.today - last; {
	case !ok || ago > 120:
		return 3
	case ago > 31:
		return 2
	case ago > 7:
		return 1
	}
	return 0
}
