// Package invent makes up schools: a collège or an école of any size, as all
// the systems would export it, and the same school at mid-year with the exact
// difference that an import must find. It promises that the same seed gives
// the same bytes, that nobody in it exists (the UAI is the ministry's own for
// tests, the numbers have no valid key), and that its files hold what real
// ones do: accents, homonyms, brothers and sisters, two-week rhythms.
//
// It refuses to look real enough to be taken for it: streets and mails are
// not invented.
package invent

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"preau"
)

// UAI is the one that the ministry keeps for tests.
const UAI preau.UAI = "9999991F"

// School is an invented school.
type School struct {
	Name     string
	Primary  bool
	Year     int
	Pupils   []Pupil
	Adults   []Adult
	Staff    []Staff
	Classes  []Class
	Groups   []Group
	Subjects []Subject
	Lessons  []Lesson

	seed uint64
	r    *rand.Rand
	used map[string]bool // names of pupils
	next int             // number of the next pupil
}

// Pupil is one of them; Class and Groups are codes.
type Pupil struct {
	ID            int
	Given, Family string
	Birth         string // 2015-03-14, or nothing
	INE           string
	Girl          bool
	Class         string
	Groups        []string
	Adults        []int // indexes, the legal ones first
}

// Adult answers for pupils.
type Adult struct {
	ID            int
	Title         string
	Given, Family string
	Phone         string
}

// Staff works at the school.
type Staff struct {
	ID            int
	Title         string
	Given, Family string
	Function      string // ENS, DIR, DOC, EDU
	Subject       string // of a teacher
	Main          string // the class of a professeur principal or of a maître
}

// Class is a division.
type Class struct{ Code, Name, Level, MEF, LevelName string }

// Group is a teaching group of some divisions.
type Group struct {
	Code, Name string
	Of         []string
	Subject    string
	Teacher    int
}

// Subject is a matière.
type Subject struct{ Code, Short, Name string }

// Lesson is given every week, or every other.
type Lesson struct {
	Class, Subject string
	Teacher        int // index in Staff
	Day            int // 1 Monday
	From, Minutes  int
	Room           string
	Weeks          string // "", A or B
}

// fewest pupils make a school in which something can happen at mid-year.
const fewest = 30

// College invents a collège of the second degree.
func College(seed uint64, pupils int) *School {
	pupils = max(pupils, fewest)
	s := begin(seed, "Collège Inventé")
	divisions := max(8, (pupils+24)/25) // two of a level, between which somebody may move
	levels := []struct{ digit, name, mef string }{{"6", "6EME", "10010012110"}, {"5", "5EME", "10110013110"}, {"4", "4EME", "10210013110"}, {"3", "3EME", "10310019110"}}
	for i := range divisions {
		l := levels[i*4/divisions]
		n := 0
		for _, c := range s.Classes {
			if c.LevelName == l.name {
				n++
			}
		}
		code := l.digit + string(rune('A'+n))
		s.Classes = append(s.Classes, Class{Code: code, Name: l.name + " " + string(rune('A'+n)), Level: l.digit, MEF: l.mef, LevelName: l.name})
	}
	s.Subjects = collegeSubjects()
	s.collegeStaff(divisions)
	s.languageGroups()
	for i := range pupils {
		s.join(s.Classes[i*divisions/pupils])
	}
	s.homonyms()
	s.lessons()
	return s
}

// Ecole invents a school of the first degree.
func Ecole(seed uint64, pupils int) *School {
	pupils = max(pupils, fewest)
	s := begin(seed, "École Inventée")
	s.Primary = true
	divisions := max(2, (pupils+23)/24)
	levels := []string{"CP", "CE1", "CE2", "CM1", "CM2"}
	s.Subjects = []Subject{{"PE", "PE", "Polyvalent"}}
	for i := range divisions {
		title, given, family := s.adult()
		function := "ENS"
		if i == 0 {
			function = "DIR"
		}
		level := levels[i*len(levels)/divisions]
		code := fmt.Sprintf("%s de %s %s", level, title, upper(family))
		s.Staff = append(s.Staff, Staff{ID: 500 + i, Title: title, Given: given, Family: family, Function: function, Main: code})
		s.Classes = append(s.Classes, Class{Code: code, Name: code, LevelName: level})
	}
	for i := range pupils {
		s.join(s.Classes[i*divisions/pupils])
	}
	s.homonyms()
	return s
}

func begin(seed uint64, name string) *School {
	return &School{Name: name, Year: 2026, seed: seed, r: rand.New(rand.NewPCG(seed, 0x5eed)), used: map[string]bool{}, next: 1001}
}

func (s *School) class(code string) Class {
	return s.Classes[slices.IndexFunc(s.Classes, func(c Class) bool { return c.Code == code })]
}

// join adds a pupil, and those who answer for them: a fourth of the pupils
// are brothers and sisters.
func (s *School) join(c Class) *Pupil {
	p := Pupil{ID: s.next, Class: c.Code, Girl: s.r.IntN(2) == 0}
	s.next++
	if n := len(s.Pupils); n > 0 && s.r.IntN(4) == 0 && len(s.Pupils[n-1].Adults) > 0 {
		p.Family, p.Adults = s.Pupils[n-1].Family, slices.Clone(s.Pupils[n-1].Adults)
	} else {
		p.Family = pick(s.r, families)
	}
	for p.Given == "" || s.used[p.Given+" "+p.Family] {
		p.Given = pick(s.r, givens)
		if s.used[p.Given+" "+p.Family] {
			p.Family, p.Adults = pick(s.r, families), nil
		}
	}
	s.used[p.Given+" "+p.Family] = true
	p.Birth = s.birth(c)
	p.INE = INEOf(p.ID)
	if len(p.Adults) == 0 {
		p.Adults = s.family(p.Family)
	}
	p.Groups = s.groupsOf(c.Code, p.ID)
	s.Pupils = append(s.Pupils, p)
	return &s.Pupils[len(s.Pupils)-1]
}

func (s *School) birth(c Class) string {
	age := map[string]int{"6EME": 11, "5EME": 12, "4EME": 13, "3EME": 14, "CP": 6, "CE1": 7, "CE2": 8, "CM1": 9, "CM2": 10}[c.LevelName]
	return fmt.Sprintf("%d-%02d-%02d", s.Year-age, 1+s.r.IntN(12), 1+s.r.IntN(28))
}

// family invents one or two who answer for a pupil.
func (s *School) family(name string) (at []int) {
	for i := range 1 + min(1, s.r.IntN(5)) {
		a := Adult{ID: 7001 + len(s.Adults), Given: pick(s.r, givens), Family: name, Phone: fmt.Sprintf("+336%08d", len(s.Adults)+1)}
		a.Title = []string{"Mme", "M."}[i]
		if s.r.IntN(3) == 0 {
			a.Family = pick(s.r, families)
		}
		at = append(at, len(s.Adults))
		s.Adults = append(s.Adults, a)
	}
	return at
}

// homonyms makes two pupils of different classes share a name, as they do;
// birth date and number tell them apart.
func (s *School) homonyms() {
	n := len(s.Pupils)
	s.Pupils[7].Adults = nil // a ward of the State: nobody answers for them here
	a, b := &s.Pupils[3], &s.Pupils[n-4]
	delete(s.used, b.Given+" "+b.Family)
	b.Given, b.Family = a.Given, a.Family
}

func (s *School) adult() (title, given, family string) {
	return []string{"Mme", "M."}[s.r.IntN(2)], pick(s.r, givens), pick(s.r, families)
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }
