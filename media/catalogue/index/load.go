package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"preau/internal/sqlite"
)

// Index answers for one generation at a time.
type Index struct {
	mu     sync.Mutex
	loaded *shelves
}

// shelves are a generation in memory. Items are known by their place in ids.
type shelves struct {
	generation int64
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
	mains            [][]byte
	files            []bool // it has files besides what opens first

	mu    sync.Mutex
	day   string
	today set            // valid on that day
	terms map[string]set // of common words
	words *vocabulary
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

// Held says whether what opens first is on the box, for every item of a
// generation: main is its hash, files whether it has more of them.
type Held func(item int64, main []byte, files bool) (bool, error)

// Drop forgets what is in memory: packs were indexed again.
func (x *Index) Drop() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.loaded = nil
}

// Load reads a generation and its commonest words, unless they are loaded, and
// looks at what is held.
func (x *Index) Load(ctx context.Context, tx *sqlite.Tx, generation int64, held Held) error {
	s, err := x.at(tx, generation)
	if err != nil {
		return err
	}
	here := newSet(len(s.ids))
	for place, id := range s.ids {
		if place%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		ok, err := held(id, s.mains[place], s.files[place])
		if err != nil {
			return err
		}
		if ok {
			here.add(place)
		}
	}
	s.mu.Lock()
	s.here = here
	s.mu.Unlock()
	v, err := s.vocabulary(tx)
	if err != nil {
		return err
	}
	return s.warm(ctx, tx, v)
}

// at returns the shelves of a generation. Until Load has looked, all of it
// passes for held.
func (x *Index) at(tx *sqlite.Tx, generation int64) (*shelves, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.loaded != nil && x.loaded.generation == generation {
		return x.loaded, nil
	}
	s, err := load(tx, generation)
	if err != nil {
		return nil, err
	}
	x.loaded = s
	return s, nil
}

const packsOf = "SELECT pack FROM catalogue_generation_pack WHERE generation = ?"

func load(tx *sqlite.Tx, generation int64) (*shelves, error) {
	s := &shelves{generation: generation, terms: map[string]set{}, kinds: map[string]set{}, levels: map[int64]set{}, domains: map[int64]set{}}
	var items []entry
	rs, err := tx.Query("SELECT items FROM catalogue_shelf WHERE version = ? AND pack IN ("+packsOf+")", version, generation)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	for rs.Next() {
		var b []byte
		if err := rs.Scan(&b); err != nil {
			return nil, fmt.Errorf("read a shelf: %w", err)
		}
		if items, err = entries(items, b); err != nil {
			return nil, err
		}
	}
	if err := rs.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(items, func(a, b entry) int { return cmp.Compare(a.id, b.id) })
	s.arrange(items)
	order, err := numbers(tx, "SELECT group_concat(id) FROM (SELECT id FROM catalogue_item WHERE live = 1 ORDER BY sort, id)")
	if err != nil {
		return nil, err
	}
	if err := s.name(tx); err != nil {
		return nil, err
	}
	s.rank = make([]int32, len(s.ids))
	for i := range s.rank {
		s.rank[i] = int32(len(s.ids)) // not live any more: last
	}
	for _, id := range order {
		if place, ok := slices.BinarySearch(s.ids, id); ok {
			s.rank[place] = int32(len(s.order))
			s.order = append(s.order, int32(place))
		}
	}
	return s, nil
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

func entries(list []entry, b []byte) ([]entry, error) {
	r := &reader{b: b}
	id := int64(0)
	for len(r.b) > 0 && r.err == nil {
		id += r.number()
		e := entry{id: id, kind: string(r.text()), flags: r.number(), seconds: r.number(), from: string(r.text()), to: string(r.text()),
			levels: r.list(), domains: r.list(), files: r.number(), main: r.text()}
		if r.err == nil {
			list = append(list, e)
		}
	}
	return list, r.err
}

// arrange makes a set of every value that items have.
func (s *shelves) arrange(items []entry) {
	n := len(items)
	s.all, s.staff, s.here = newSet(n).fill(n), newSet(n), newSet(n).fill(n)
	s.ids, s.mains, s.files = make([]int64, n), make([][]byte, n), make([]bool, n)
	for range Bands {
		s.bands = append(s.bands, newSet(n))
	}
	for range AccessNames {
		s.access = append(s.access, newSet(n))
	}
	for place, e := range items {
		s.ids[place], s.mains[place], s.files[place] = e.id, e.main, e.files > 0
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

// numbers reads a query of one text of numbers: one row costs less than many.
func numbers(tx *sqlite.Tx, query string, args ...any) ([]int64, error) {
	var text *string
	if err := tx.QueryRow(query, args...).Scan(&text); err != nil {
		return nil, fmt.Errorf("read numbers: %w", err)
	}
	if text == nil {
		return nil, nil
	}
	list := make([]int64, 0, len(*text)/6+1)
	for field := range strings.SplitSeq(*text, ",") {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read numbers: %w", err)
		}
		list = append(list, n)
	}
	return list, nil
}
