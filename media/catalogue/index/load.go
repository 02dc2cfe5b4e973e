package index

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"preau/internal/sqlite"
)

// Index answers for one generation at a time.
type Index struct {
	loading sync.Mutex // held by whoever reads a generation

	mu     sync.Mutex
	loaded []*shelves // the current generation's, and the next one's before it is switched to
}

// Read runs fn in a transaction of a reader. What takes long is read by many
// short ones: there are few readers.
type Read func(ctx context.Context, fn func(tx *sqlite.Tx) error) error

// within reads in a transaction that is open.
func within(tx *sqlite.Tx) Read {
	return func(_ context.Context, fn func(*sqlite.Tx) error) error { return fn(tx) }
}

// shelves are a generation in memory. Items are known by their place in ids.
type shelves struct {
	generation int64
	packs      []int64
	ids        []int64
	order      []int32 // places in the order of titles
	rank       []int32 // of each place in that order

	all, staff, here set
	kinds            map[string]set
	levels, domains  map[int64]set
	names            map[int64]string // URIs of these
	bands            []set
	access           []set
	dated            []dated
	mains            []byte // hashes of what opens first, one after the other
	ends             []uint32
	files            []bool // it has files besides what opens first

	mu    sync.Mutex
	day   string
	today set // valid on that day

	terms    *cache[*packed]
	answers  *cache[Result]
	learning sync.Mutex
	words    atomic.Pointer[vocabulary]
	warmed   atomic.Bool
}

// main is the hash of what opens first, nil when nothing does.
func (s *shelves) main(place int) []byte {
	from := uint32(0)
	if place > 0 {
		from = s.ends[place-1]
	}
	if from == s.ends[place] {
		return nil
	}
	return s.mains[from:s.ends[place]]
}

type dated struct {
	place    int
	from, to string
}

// Bands are the values of the facet of lengths, in minutes: from the first
// number to the second.
var Bands = []string{"0-3", "3-10", "10-30", "30-"}

func band(seconds int64) int {
	switch {
	case seconds <= 3*60:
		return 0
	case seconds <= 10*60:
		return 1
	case seconds <= 30*60:
		return 2
	}
	return 3
}

// Held says whether what opens first is on the box: main is its hash, files
// whether the item has more of them.
type Held func(tx *sqlite.Tx, item int64, main []byte, files bool) (bool, error)

// Drop forgets what is in memory: packs were indexed again.
func (x *Index) Drop() { x.Keep(-1) }

// Keep forgets all but one generation.
func (x *Index) Keep(generation int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.loaded = slices.DeleteFunc(slices.Clone(x.loaded), func(s *shelves) bool { return s.generation != generation })
}

// Load reads a generation and its commonest words, unless they are loaded, and
// looks at what is held. Searches go on meanwhile, of another generation too.
func (x *Index) Load(ctx context.Context, read Read, generation int64, held Held) error {
	s, err := x.at(ctx, read, generation)
	if err != nil {
		return err
	}
	here := newSet(len(s.ids))
	for from := 0; from < len(s.ids); from += 1000 {
		err := read(ctx, func(tx *sqlite.Tx) error {
			for place := from; place < min(from+1000, len(s.ids)); place++ {
				ok, err := held(tx, s.ids[place], s.main(place), s.files[place])
				if err != nil {
					return err
				}
				if ok {
					here.add(place)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.here = here
	s.mu.Unlock()
	s.answers.drop()
	if s.warmed.Load() {
		return nil
	}
	v, err := s.vocabulary(ctx, read)
	if err != nil {
		return err
	}
	if err := s.warm(ctx, read, v); err != nil {
		return err
	}
	s.warmed.Store(true)
	return nil
}

// at returns the shelves of a generation. Until Load has looked, all of it
// passes for held.
func (x *Index) at(ctx context.Context, read Read, generation int64) (*shelves, error) {
	find := func() *shelves {
		x.mu.Lock()
		defer x.mu.Unlock()
		if i := slices.IndexFunc(x.loaded, func(s *shelves) bool { return s.generation == generation }); i >= 0 {
			return x.loaded[i]
		}
		return nil
	}
	if s := find(); s != nil {
		return s, nil
	}
	x.loading.Lock()
	defer x.loading.Unlock()
	if s := find(); s != nil { // another was at it
		return s, nil
	}
	s, err := load(ctx, read, generation)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	before := slices.Clone(x.loaded)
	x.mu.Unlock()
	if len(before) > 0 {
		if err := s.inherit(ctx, read, before[0]); err != nil {
			return nil, err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.loaded = append([]*shelves{s}, x.loaded[:min(len(x.loaded), 1)]...)
	return s, nil
}

// eachShelf reads a column of the shelves of packs, a few at a time.
func eachShelf(ctx context.Context, read Read, packs []int64, column string, fn func(b []byte) error) (err error) {
	for some := range slices.Chunk(packs, 16) {
		if err != nil {
			return err
		}
		err = read(ctx, func(tx *sqlite.Tx) error {
			for _, pack := range some {
				var b []byte
				err := tx.QueryRow("SELECT "+column+" FROM catalogue_shelf WHERE version = ? AND pack = ?", version, pack).Scan(&b)
				if errors.Is(err, sql.ErrNoRows) {
					continue // it is indexed later
				}
				if err != nil {
					return fmt.Errorf("read a shelf: %w", err)
				}
				if err := fn(b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

func load(ctx context.Context, read Read, generation int64) (*shelves, error) {
	s := &shelves{generation: generation, terms: newCache[*packed](keptBytes), answers: newCache[Result](maxAnswers),
		kinds: map[string]set{}, levels: map[int64]set{}, domains: map[int64]set{}}
	err := read(ctx, func(tx *sqlite.Tx) (err error) {
		s.packs, err = tx.Numbers("SELECT group_concat(pack) FROM catalogue_generation_pack WHERE generation = ?", generation)
		return err
	})
	if err != nil {
		return nil, err
	}
	var list [][]byte
	err = eachShelf(ctx, read, s.packs, "items", func(b []byte) error {
		list = append(list, b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.arrange(list); err != nil {
		return nil, err
	}
	if err := read(ctx, s.sort); err != nil {
		return nil, err
	}
	return s, read(ctx, s.name)
}

// name reads what the concepts of facets are called.
func (s *shelves) name(tx *sqlite.Tx) error {
	s.names = map[int64]string{}
	rs, err := tx.Query("SELECT id, uri FROM catalogue_concept")
	if err != nil {
		return err
	}
	defer rs.Close()
	for rs.Next() {
		var id int64
		var uri string
		if err := rs.Scan(&id, &uri); err != nil {
			return fmt.Errorf("read a concept: %w", err)
		}
		if s.levels[id] != nil || s.domains[id] != nil {
			s.names[id] = uri
		}
	}
	return rs.Err()
}

// entry is an item on a shelf.
type entry struct {
	id, flags, seconds, files int64
	kind, from, to            string
	levels, domains           []int64
	main                      []byte
}

// entries takes a shelf apart.
func entries(b []byte, fn func(e entry)) error {
	r := &reader{b: b}
	var e entry
	for len(r.b) > 0 && r.err == nil {
		e = entry{id: e.id + r.number(), kind: string(r.text()), flags: r.number(), seconds: r.number(), from: string(r.text()), to: string(r.text()),
			levels: r.list(), domains: r.list(), files: r.number(), main: r.text()}
		if r.err == nil {
			fn(e)
		}
	}
	return r.err
}

// arrange makes a set of every value that items have. Those of a pack have
// neighbouring numbers, so that packs in the order of their first ones have
// all in order.
func (s *shelves) arrange(list [][]byte) error {
	slices.SortFunc(list, func(a, b []byte) int {
		return cmp.Compare((&reader{b: a}).number(), (&reader{b: b}).number())
	})
	last := int64(0)
	for _, b := range list {
		err := entries(b, func(e entry) {
			s.ids = append(s.ids, e.id)
		})
		if err != nil {
			return err
		}
	}
	for _, id := range s.ids {
		if id <= last {
			return errShelf
		}
		last = id
	}
	n := len(s.ids)
	s.ids = slices.Clip(s.ids)
	s.all, s.staff, s.here = newSet(n).fill(n), newSet(n), newSet(n).fill(n)
	s.ends, s.files = make([]uint32, 0, n), make([]bool, n)
	for range Bands {
		s.bands = append(s.bands, newSet(n))
	}
	for range AccessNames {
		s.access = append(s.access, newSet(n))
	}
	place := 0
	for _, b := range list {
		err := entries(b, func(e entry) {
			s.put(place, e)
			place++
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *shelves) put(place int, e entry) {
	n := len(s.ids)
	s.mains = append(s.mains, e.main...)
	s.ends, s.files[place] = append(s.ends, uint32(len(s.mains))), e.files > 0
	of(s.kinds, e.kind, n).add(place)
	for _, id := range e.levels {
		of(s.levels, id, n).add(place)
	}
	for _, id := range e.domains {
		of(s.domains, id, n).add(place)
	}
	if e.seconds > 0 {
		s.bands[band(e.seconds)].add(place)
	}
	if e.flags&1 != 0 {
		s.staff.add(place)
	}
	for i := range s.access {
		if e.flags>>1&(1<<i) != 0 {
			s.access[i].add(place)
		}
	}
	if e.from != "" || e.to != "" {
		s.dated = append(s.dated, dated{place, e.from, e.to})
	}
}

func of[K comparable](m map[K]set, key K, n int) set {
	if m[key] == nil {
		m[key] = newSet(n)
	}
	return m[key]
}

// visible are the items that a reader may see on a day.
func (s *shelves) visible(day string, staff bool) set {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.today == nil || s.day != day {
		s.day, s.today = day, s.all.clone()
		for _, d := range s.dated {
			if (d.from != "" && day < d.from) || (d.to != "" && day > d.to) {
				s.today[d.place/64] &^= 1 << (d.place % 64)
			}
		}
	}
	if staff {
		return s.today.clone()
	}
	return s.today.clone().without(s.staff)
}
