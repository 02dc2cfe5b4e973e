package invent

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// Expected is what an import of the mid-year files must find, no more and no
// less.
type Expected struct {
	Join        []string `json:"join"` // pupils
	Leave       []string `json:"leave"`
	Move        []Move   `json:"move"`
	Double      string   `json:"double"` // the record that a human must settle
	AdultsJoin  int      `json:"adults_join"`
	AdultsLeave int      `json:"adults_leave"`
}

// Move is a change of division.
type Move struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Changes are the same by index, for the formats that tell only changes.
type Changes struct {
	Joined, Moved []int   // in the new school's Pupils
	Before        []Pupil // who moved, as they were
	Left          []Pupil
	Double        int // in the new school's Pupils; Old is who it may be
	Old           Pupil
	AdultsJoined  []int
	AdultsLeft    []int
}

// MidYear is the school some months later: twelve pupils joined, three left,
// two changed class, and one came back under a new number, without birth
// date, into another class: the same person or not, nobody can say.
func (s *School) MidYear() (*School, Expected, Changes) {
	n := *s
	n.r = rand.New(rand.NewPCG(s.seed, 0x31d)) // the same changes each time
	n.Pupils, n.Adults, n.used = slices.Clone(s.Pupils), slices.Clone(s.Adults), maps.Clone(s.used)
	var e Expected
	var c Changes
	shared := map[int]int{}
	for _, p := range s.Pupils {
		for _, a := range p.Adults {
			shared[a]++
		}
	}
	alone := func(p Pupil) bool {
		return len(p.Adults) > 0 && !slices.ContainsFunc(p.Adults, func(a int) bool { return shared[a] > 1 })
	}
	for i := 10; len(c.Left) < 3 && i < 7*len(s.Pupils); i += 7 {
		i := i % len(n.Pupils)
		p := n.Pupils[i]
		if !alone(p) || n.reserved(i) {
			continue
		}
		n.Pupils = slices.Delete(n.Pupils, i, i+1)
		c.Left, e.Leave = append(c.Left, p), append(e.Leave, p.name())
		c.AdultsLeft = append(c.AdultsLeft, p.Adults...)
	}
	for i := 40; len(c.Moved) < 2; i += 5 {
		i := i % len(n.Pupils)
		p := &n.Pupils[i]
		if n.reserved(i) || slices.Contains(c.Moved, i) {
			continue
		}
		same := slices.IndexFunc(n.Classes, func(o Class) bool { return o.Code != p.Class && o.Level == n.class(p.Class).Level })
		e.Move = append(e.Move, Move{Name: p.name(), From: p.Class, To: n.Classes[same].Code})
		c.Before = append(c.Before, *p)
		p.Class = n.Classes[same].Code
		p.Groups = n.groupsOf(p.Class, p.ID)
		c.Moved = append(c.Moved, i)
	}
	n.double(&e, &c)
	first := len(n.Adults)
	for range 12 {
		p := n.join(n.Classes[n.r.IntN(len(n.Classes))])
		c.Joined, e.Join = append(c.Joined, len(n.Pupils)-1), append(e.Join, p.name())
	}
	for i := first; i < len(n.Adults); i++ {
		c.AdultsJoined = append(c.AdultsJoined, i)
	}
	e.AdultsJoin, e.AdultsLeave = len(c.AdultsJoined), len(c.AdultsLeft)
	slices.SortFunc(e.Move, func(a, b Move) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(e.Join)
	slices.Sort(e.Leave)
	return &n, e, c
}

// reserved are the homonyms, and who will be the double.
func (s *School) reserved(i int) bool { return i == 3 || i == 7 || i >= len(s.Pupils)-4 }

// double takes a pupil for whom nobody answers, and brings them back under
// another number.
func (s *School) double(e *Expected, c *Changes) {
	i := slices.IndexFunc(s.Pupils, func(p Pupil) bool { return len(p.Adults) == 0 })
	p := s.Pupils[i]
	c.Old, c.Double = p, i
	p.ID, p.INE, p.Birth = s.next, "", ""
	s.next++
	other := slices.IndexFunc(s.Classes, func(o Class) bool { return o.Code != p.Class })
	p.Class = s.Classes[other].Code
	p.Groups = s.groupsOf(p.Class, p.ID)
	s.Pupils[i] = p
	e.Double = p.name()
}

func (p Pupil) name() string { return p.Given + " " + upper(p.Family) }

// INEOf is a number in the form of the national one; ZZ is no key.
func INEOf(id int) string { return fmt.Sprintf("%09dZZ", id) }
