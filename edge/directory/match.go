package directory

import (
	"slices"
	"strings"
)

// someone is a person as the tables hold them.
type someone struct {
	pid, source, key     string
	title, given, family string
	legal, birth, ine    string
	mef, phone           string
	roles                []Role // sorted
	closed               bool
	classes              []string // folded names of the open divisions
	class                string   // one of them, as it is shown
	children             []string // pids
	keys                 []string // by which the roster's source has called them
	claimed              string   // the key of this roster that is them
}

func (s *someone) name() string { return s.given + " " + s.family }

// known is everybody, as an import sees them.
type known struct {
	all    []*someone
	byPID  map[string]*someone
	byKey  map[string]*someone // of the roster's source
	byName map[string][]*someone
	byINE  map[string][]*someone
}

// matcher finds who each record of a roster is.
type matcher struct {
	r       Roster
	known   *known
	who     map[string]*someone // by key; nil: somebody new
	alias   map[string]string   // key of a record that is another record
	class   map[string][]string // folded names of a record's divisions, by key
	shown   map[string]string
	named   map[string]int // how many records have a name, by side and name
	fresh   map[string]string
	child   map[string][]string // guardian's key to children's keys
	doubted []Doubt
}

// nameKeys are the ways to look for somebody by name.
func nameKeys(on Coverage, given, family, legal string) []string {
	g := Fold(given)
	keys := []string{string('0'+rune(on)) + g + "\x00" + Fold(family)}
	if other := Fold(legal); other != "" && other != Fold(family) {
		keys = append(keys, string('0'+rune(on))+g+"\x00"+other)
	}
	return keys
}

func (p RosterPerson) nameKeys() []string {
	return nameKeys(side(p.Roles), p.Given, p.Family, p.LegalFamily)
}

// match runs through the ways of recognising somebody, surest first: the key,
// a human's answer, the national number, name and birth date, and the name
// alone where nothing speaks against it.
func (m *matcher) match() {
	var open []RosterPerson
	for _, p := range m.r.People {
		for _, k := range p.nameKeys() {
			m.named[k]++
		}
		if s := m.known.byKey[p.Key]; s != nil {
			m.claim(p, s)
		} else {
			open = append(open, p)
		}
	}
	var left []RosterPerson
	for _, p := range open { // answers before guesses: they may claim somebody
		if !m.answered(p) {
			left = append(left, p)
		}
	}
	slices.SortStableFunc(left, func(a, b RosterPerson) int { // the surest first, and children before parents
		return boolOrder(a.INE == "", b.INE == "")*4 + boolOrder(a.Birth == "", b.Birth == "")*2 + boolOrder(side(a.Roles) == Guardians, side(b.Roles) == Guardians)*8
	})
	for _, p := range left {
		m.recognise(p)
	}
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// claim says that record p is s. The record under which s is filed speaks
// for them; any further one is the same person twice in the source.
func (m *matcher) claim(p RosterPerson, s *someone) {
	m.who[p.Key] = s
	switch {
	case s.claimed == "":
		s.claimed = p.Key
	case s.source == m.r.Source && s.key == p.Key:
		m.alias[s.claimed] = p.Key
		s.claimed = p.Key
	default:
		m.alias[p.Key] = s.claimed
	}
}

func (m *matcher) answered(p RosterPerson) bool {
	answer, ok := m.r.Settled[m.r.Source+"/"+p.Key]
	if !ok {
		return false
	}
	if answer == New {
		m.add(p)
		return true
	}
	if key, ok := strings.CutPrefix(answer, "key:"); ok {
		if key == p.Key || m.alias[key] != "" || !slices.ContainsFunc(m.r.People, func(o RosterPerson) bool { return o.Key == key }) {
			return false
		}
		m.alias[p.Key] = key
		return true
	}
	if s := m.known.byPID[answer]; s != nil && side(s.roles) == side(p.Roles) {
		m.claim(p, s)
		return true
	}
	return false
}

// add makes p somebody new.
func (m *matcher) add(p RosterPerson) {
	m.who[p.Key] = nil
	for _, k := range p.nameKeys() {
		if m.fresh[k] == "" {
			m.fresh[k] = p.Key
		}
	}
}

func (m *matcher) recognise(p RosterPerson) {
	if same := m.known.byINE[p.INE]; p.INE != "" && len(same) > 0 {
		if s := same[0]; len(same) == 1 && s.claimed == "" && (s.birth == p.Birth || m.sameName(p, s)) {
			m.claim(p, s)
		} else {
			m.doubt(p, "same-number", same)
		}
		return
	}
	var certain, perhaps []*someone
	for _, s := range m.candidates(p) {
		switch {
		case numbersDiffer(p.INE, s.ine), p.Birth != "" && s.birth != "" && p.Birth != s.birth:
		case p.Birth != "" && s.birth != "":
			certain = append(certain, s)
		case s.claimed == "":
			perhaps = append(perhaps, s)
		}
	}
	switch {
	case len(certain) == 1 && certain[0].claimed == "":
		m.claim(p, certain[0])
	case len(certain) > 0:
		m.doubt(p, "same-name-and-birth", certain)
	case len(perhaps) > 0:
		m.byNameAlone(p, perhaps)
	default:
		m.twin(p)
	}
}

// byNameAlone decides where a birth date is missing. Parents of one name are
// common, so they are told by their children.
func (m *matcher) byNameAlone(p RosterPerson, perhaps []*someone) {
	one := perhaps[0]
	alone := len(perhaps) == 1 && !one.closed && m.named[p.nameKeys()[0]] == 1
	switch side(p.Roles) {
	case Guardians:
		for _, s := range perhaps {
			if m.sharesChild(p.Key, s) {
				m.claim(p, s)
				return
			}
		}
		m.add(p)
	case Pupils:
		if alone && slices.ContainsFunc(m.class[p.Key], func(c string) bool { return slices.Contains(one.classes, c) }) {
			m.claim(p, one)
			return
		}
		m.doubt(p, "same-name", perhaps)
	default:
		if alone {
			m.claim(p, one)
			return
		}
		m.doubt(p, "same-name", perhaps)
	}
}

// twin looks among the roster's own new records: a source may hold a pupil
// twice.
func (m *matcher) twin(p RosterPerson) {
	for _, k := range p.nameKeys() {
		other := m.fresh[k]
		if other == "" || p.Birth == "" {
			continue
		}
		i := slices.IndexFunc(m.r.People, func(o RosterPerson) bool { return o.Key == other })
		o := m.r.People[i]
		if o.Birth != p.Birth || numbersDiffer(o.INE, p.INE) {
			continue
		}
		d := m.newDoubt(p, "same-name-and-birth")
		d.Candidates = []Candidate{{ID: "key:" + o.Key, Name: o.Given + " " + o.Family, Birth: o.Birth, Class: m.shown[o.Key]}}
		m.doubted = append(m.doubted, d)
		return
	}
	m.add(p)
}

func (m *matcher) newDoubt(p RosterPerson, why string) Doubt {
	return Doubt{Key: m.r.Source + "/" + p.Key, Name: p.Given + " " + p.Family, Birth: p.Birth, Class: m.shown[p.Key], Why: why}
}

func (m *matcher) doubt(p RosterPerson, why string, among []*someone) {
	d := m.newDoubt(p, why)
	for _, s := range among {
		d.Candidates = append(d.Candidates, Candidate{ID: s.pid, Name: s.name(), Birth: s.birth, Class: s.class, Left: s.closed})
	}
	m.doubted = append(m.doubted, d)
}

// candidates are the people of the same side and name.
func (m *matcher) candidates(p RosterPerson) (found []*someone) {
	for _, k := range p.nameKeys() {
		for _, s := range m.known.byName[k] {
			if !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	return found
}

func (m *matcher) sameName(p RosterPerson, s *someone) bool {
	return slices.Contains(m.candidates(p), s)
}

func (m *matcher) sharesChild(key string, s *someone) bool {
	return slices.ContainsFunc(m.child[key], func(child string) bool {
		c := m.who[child]
		return c != nil && slices.Contains(s.children, c.pid)
	})
}

// numbersDiffer reports that two national numbers of one form are not the
// same. A pupil who had a BEA number now has a RNIE one: those say nothing of
// each other.
func numbersDiffer(a, b string) bool {
	return a != "" && b != "" && a != b && lastIsLetter(a, 9) == lastIsLetter(b, 9)
}

func lastIsLetter(s string, i int) bool { return len(s) > i && s[i] >= 'A' }
