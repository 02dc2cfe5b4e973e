package party_test

import (
	"fmt"
	"testing"

	"preau/edge/directory/party"
)

// FuzzMatch: whatever two rosters hold, nobody is two people's match, no
// record is lost and the answer does not change.
func FuzzMatch(f *testing.F) {
	f.Add([]byte("aabbccdd"), []byte("abcdabcd"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []byte{9, 8, 7, 6, 5, 4, 3, 2, 1, 0})
	f.Fuzz(func(t *testing.T, had, comes []byte) {
		k := func() *party.Known {
			k := party.NewKnown()
			for i, b := range had {
				p := record(i, b)
				s := &party.Someone{PID: fmt.Sprint("pid", i), Source: "old", Key: p.Key, Given: p.Given, Family: p.Family, Birth: p.Birth, INE: p.INE, Roles: p.Roles, Closed: b&1 == 1}
				k.Add(s)
				if b&2 == 2 {
					k.ByKey[p.Key] = s
				}
			}
			return k
		}
		r := party.Roster{Source: "new", School: party.School{UAI: "9999991F", Name: "x"}, Settled: map[string]string{"new/1": party.New, "new/2": "key:3", "new/3": "pid0"}}
		for i, b := range comes {
			r.People = append(r.People, record(i, b))
		}
		m := party.Match(r, k())
		if again := party.Match(r, k()); outline(again) != outline(m) {
			t.Fatal("the same roster matches otherwise")
		}
		taken, doubted := map[string]string{}, map[string]bool{}
		for _, d := range m.Doubts {
			doubted[d.Key] = true
			if len(d.Candidates) == 0 {
				t.Fatalf("a doubt about nobody: %+v", d)
			}
		}
		for _, p := range r.People {
			s, who := m.Who[p.Key]
			other, alias := m.Alias[p.Key]
			if !who && !alias && !doubted["new/"+p.Key] {
				t.Fatalf("record %s is lost", p.Key)
			}
			if who && !alias && s != nil {
				if was := taken[s.PID]; was != "" {
					t.Fatalf("%s is both %s and %s", s.PID, was, p.Key)
				}
				taken[s.PID] = p.Key
			}
			if alias && other == p.Key {
				t.Fatalf("%s is itself", p.Key)
			}
		}
	})
}

// record makes a person of few names, so that many meet.
func record(i int, b byte) party.RosterPerson {
	p := party.RosterPerson{Key: fmt.Sprint(i), Given: string('A' + rune(b&3)), Family: string('A' + rune(b>>2&1)), Roles: []party.Role{party.Pupil}}
	switch b >> 3 & 3 {
	case 1:
		p.Birth = "2015-01-01"
	case 2:
		p.Birth = "2015-01-02"
	}
	switch b >> 5 {
	case 1:
		p.INE = "123456789AA"
	case 2:
		p.INE = "123456789BB"
	case 3:
		p.INE = "1234567890A"
	case 4:
		p.Roles = []party.Role{party.Teacher}
	case 5:
		p.Roles = []party.Role{party.Guardian}
	}
	return p
}

func outline(m party.Matches) string {
	who := map[string]string{}
	for k, s := range m.Who {
		if who[k] = ""; s != nil {
			who[k] = s.PID
		}
	}
	return fmt.Sprint(who, m.Alias, m.Doubts)
}
