package invent

import (
	"fmt"
	"slices"
	"strings"
)

func collegeSubjects() []Subject {
	return []Subject{{"020700", "FRANC", "Français"}, {"061300", "MATHS", "Mathématiques"}, {"030201", "AGL1", "Anglais LV1"}, {"030602", "ESP2", "Espagnol LV2"},
		{"030102", "ALL2", "Allemand LV2"}, {"040600", "HIGEO", "Histoire-géographie"}, {"062900", "SVT", "Sciences de la vie et de la Terre"},
		{"063000", "PH-CH", "Physique-chimie"}, {"100100", "EPS", "Éducation physique et sportive"}, {"080200", "A-PLA", "Arts plastiques"},
		{"080300", "EDMUS", "Éducation musicale"}, {"070100", "TECHN", "Technologie"}}
}

// hours are what each class has a week, and how many of them one teacher
// gives: the parts of the year's service.
var hours = []struct {
	subject string
	weekly  int
}{{"020700", 4}, {"061300", 4}, {"030201", 3}, {"040600", 3}, {"100100", 3}, {"062900", 2}, {"063000", 1}, {"070100", 1}, {"080200", 1}, {"080300", 1}}

func (s *School) collegeStaff(divisions int) {
	add := func(function, subject string) int {
		title, given, family := s.adult()
		s.Staff = append(s.Staff, Staff{ID: 4000 + len(s.Staff), Title: title, Given: given, Family: family, Function: function, Subject: subject})
		return len(s.Staff) - 1
	}
	add("DIR", "")
	add("DIR", "")
	add("EDU", "")
	add("EDU", "")
	add("DOC", "")
	for _, h := range hours {
		for range max(1, (h.weekly*divisions+17)/18) {
			add("ENS", h.subject)
		}
	}
	for range max(1, divisions/8) {
		add("ENS", "030602")
		add("ENS", "030102")
	}
	main := 0
	for _, c := range s.Classes { // a professeur principal each
		for s.Staff[main].Function != "ENS" || s.Staff[main].Main != "" {
			main = (main + 1) % len(s.Staff)
		}
		s.Staff[main].Main = c.Code
		main = (main + 1) % len(s.Staff)
	}
}

func (s *School) teachers(subject string) (at []int) {
	for i, t := range s.Staff {
		if t.Subject == subject {
			at = append(at, i)
		}
	}
	return at
}

// languageGroups mixes two divisions of a level from the fifth on.
func (s *School) languageGroups() {
	byLevel := map[string][]string{}
	for _, c := range s.Classes {
		byLevel[c.Level] = append(byLevel[c.Level], c.Code)
	}
	esp, all, n := s.teachers("030602"), s.teachers("030102"), 0
	for _, level := range []string{"5", "4", "3"} {
		for pair := range slices.Chunk(byLevel[level], 2) {
			name := strings.Join(pair, "-")
			s.Groups = append(s.Groups,
				Group{Code: name + "ESP", Name: "Espagnol " + name, Of: pair, Subject: "030602", Teacher: esp[n%len(esp)]},
				Group{Code: name + "ALL", Name: "Allemand " + name, Of: pair, Subject: "030102", Teacher: all[n%len(all)]})
			n++
		}
	}
}

func (s *School) groupsOf(class string, id int) (codes []string) {
	for i, g := range s.Groups {
		if slices.Contains(g.Of, class) && i%2 == id%2 {
			codes = append(codes, g.Code)
		}
	}
	return codes
}

// lessons lays out a week in which nobody and no class is in two places.
func (s *School) lessons() {
	starts := []int{8 * 60, 9 * 60, 10*60 + 10, 11*60 + 10, 13*60 + 30, 14*60 + 30, 15*60 + 40}
	busy := map[string]bool{}
	place := func(keys []string, l Lesson) bool {
		for n := range 5 * len(starts) {
			n = (n*11 + len(s.Lessons)) % (5 * len(starts)) // spread over the week
			day, hour := n%5+1, n/5
			if day == 3 && hour > 3 {
				continue // Wednesday afternoon
			}
			at := fmt.Sprintf("%d-%d-", day, hour)
			if slices.ContainsFunc(keys, func(k string) bool { return busy[at+k] }) {
				continue
			}
			for _, k := range keys {
				busy[at+k] = true
			}
			l.Day, l.From, l.Minutes = day, starts[hour], 55
			s.Lessons = append(s.Lessons, l)
			return true
		}
		return false
	}
	for i, g := range s.Groups {
		if i%2 == 0 && i+1 < len(s.Groups) { // both languages at one hour
			other := s.Groups[i+1]
			keys := append(slices.Clone(g.Of), fmt.Sprint("t", g.Teacher), fmt.Sprint("t", other.Teacher))
			for range 2 {
				if place(keys, Lesson{Class: g.Code, Subject: g.Subject, Teacher: g.Teacher, Room: "L1" + fmt.Sprint(i)}) {
					twin := s.Lessons[len(s.Lessons)-1]
					twin.Class, twin.Subject, twin.Teacher, twin.Room = other.Code, other.Subject, other.Teacher, "L2"+fmt.Sprint(i)
					s.Lessons = append(s.Lessons, twin)
				}
			}
		}
	}
	for n, c := range s.Classes {
		for _, h := range hours {
			who := s.teachers(h.subject)
			t := who[n*len(who)/len(s.Classes)]
			for k := range h.weekly {
				l := Lesson{Class: c.Code, Subject: h.subject, Teacher: t, Room: fmt.Sprintf("%d%02d", n/10+1, n%10+1)}
				if h.weekly == 1 { // an hour every other week, twice: A and B
					l.Weeks = []string{"A", "B"}[(n+k)%2]
				}
				place([]string{c.Code, fmt.Sprint("t", t)}, l)
			}
		}
	}
}
