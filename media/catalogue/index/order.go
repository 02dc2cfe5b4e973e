package index

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"preau/internal/sqlite"
)

// sort reads the order of titles. The current generation's comes out of an
// index of the tables; what a generation that is not shown yet has besides is
// put between.
func (s *shelves) sort(tx *sqlite.Tx) error {
	live, err := tx.Numbers("SELECT group_concat(id) FROM (SELECT id FROM catalogue_item WHERE live = 1 ORDER BY sort, id)")
	if err != nil {
		return err
	}
	s.order = make([]int32, 0, len(s.ids))
	known := newSet(len(s.ids))
	for _, id := range live {
		if place, ok := slices.BinarySearch(s.ids, id); ok {
			s.order = append(s.order, int32(place))
			known.add(place)
		}
	}
	if len(s.order) < len(s.ids) {
		if err := s.merge(tx, known); err != nil {
			return err
		}
	}
	s.rank = make([]int32, len(s.ids))
	for i := range s.rank {
		s.rank[i] = int32(len(s.ids))
	}
	for n, place := range s.order {
		s.rank[place] = int32(n)
	}
	return nil
}

// titled is an item and what orders it.
type titled struct {
	sort  string
	place int32
}

func (s *shelves) merge(tx *sqlite.Tx, known set) error {
	var list []titled
	add := func(query string, args ...any) error {
		rs, err := tx.Query(query, args...)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var id int64
			var key string
			if err := rs.Scan(&id, &key); err != nil {
				return fmt.Errorf("read a title: %w", err)
			}
			if place, ok := slices.BinarySearch(s.ids, id); ok {
				list = append(list, titled{key, int32(place)})
			}
		}
		return rs.Err()
	}
	var others []int64
	for place, id := range s.ids {
		if !known.has(place) {
			others = append(others, id)
		}
	}
	if err := add("SELECT id, sort FROM catalogue_item WHERE live = 1 ORDER BY sort, id"); err != nil {
		return err
	}
	for some := range slices.Chunk(others, 1000) {
		ids, err := json.Marshal(some)
		if err != nil {
			return fmt.Errorf("encode numbers: %w", err)
		}
		if err := add("SELECT id, sort FROM catalogue_item WHERE id IN (SELECT value FROM json_each(?))", string(ids)); err != nil {
			return err
		}
	}
	slices.SortFunc(list, func(a, b titled) int { return cmp.Or(cmp.Compare(a.sort, b.sort), cmp.Compare(a.place, b.place)) })
	s.order = s.order[:0]
	for _, t := range list {
		s.order = append(s.order, t.place)
	}
	return nil
}
