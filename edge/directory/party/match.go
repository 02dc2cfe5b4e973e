package party

import (
	"slices"
	"strings"
)

// Someone is a person as the tables hold them.
type Someone struct {
	PID, Source, Key     string
	Title, Given, Family string
	Legal, Birth, INE    string
	MEF, Phone           string
	Roles                []Role // sorted
	Closed               bool
	Classes              []string // folded names of the open divisions
	Class                string   // one of them, as it is shown
	Children             []string // pids
	Keys                 []string // by which the roster's source has called them
	Claimed              string   // the key of the record that is them
}

// Name is how lists call the person.
func (s *Someone) Name() string { return s.Given + " " + s.Family }

// Known is everybody, as an import sees them.
type Known struct {
	All    []*Someone
	ByPID  map[string]*Someone
	ByKey  map[string]*Someone // of the roster's source
	byName map[string][]*Someone
	byINE  map[string][]*Someone
}

// NewKnown knows nobody yet.
func NewKnown() *Known {
	return &Known{ByPID: map[string]*Someone{}, ByKey: map[string]*Someone{}, byName: map[string][]*Someone{}, byINE: map[string][]*Someone{}}
}

// Add makes somebody known.
func (k *Known) Add(s *Someone) {
	k.All, k.ByPID[s.PID] = append(k.All, s), s
	for _, key := range nameKeys(Side(s.Roles), s.Given, s.Family, s.Legal) {
		k.byName[key] = append(k.byName[key], s)
	}
	if s.INE != "" {
		k.byINE[s.INE] = append(k.byINE[s.INE], s)
	}
}

// Matches says who the records of a roster are. One that is in neither Who
// nor Alias is in doubt.
type Matches struct {
	Who    map[string]*Someone // by key; nil: somebody new
	Alias  map[string]string   // a record that is another record of the roster
	Doubts []Doubt
}

// matcher finds who each record of a roster is.
type matcher struct {
	Matches
	r     Roster
	known *Known
	class map[string][]string // folded names of a record's divisions, by key
	shown map[string]string
	named map[string]int // how many records have a name, by side and name
	fresh map[string]string
	child map[string][]string // guardian's key to children's keys
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
	return nameKeys(Side(p.Roles), p.Given, p.Family, p.LegalFamily)
}

// Match says who the records of r are, of the people known.
func Match(r Roster, k *Known) Matches {
	m := &matcher{Matches: Matches{Who: map[string]*Someone{}, Alias: map[string]string{}}, r: r, known: k,
		class: map[string][]string{}, shown: map[string]string{}, named: map[string]int{}, fresh: map[string]string{}, child: map[string][]string{}}
	names := map[string]string{}
	for _, c := range r.Classes {
		if !c.Group {
			names[c.Key] = c.Name
		}
	}
	for _, e := range r.Enrolments {
		if name := names[e.Class]; name != "" && e.Role == Pupil {
			m.class[e.Person], m.shown[e.Person] = append(m.class[e.Person], Fold(name)), name
		}
	}
	for _, l := range r.Relations {
		m.child[l.Guardian] = append(m.child[l.Guardian], l.Child)
		if s := k.ByKey[l.Child]; s != nil && m.Who[l.Child] == nil {
			m.Who[l.Child] = s // a pupil of an earlier file
		}
	}
	m.match()
	return m.Matches
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
		if s := m.known.ByKey[p.Key]; s != nil {
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
		return boolOrder(a.INE == "", b.INE == "")*4 + boolOrder(a.Birth == "", b.Birth == "")*2 + boolOrder(Side(a.Roles) == Guardians, Side(b.Roles) == Guardians)*8
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
func (m *matcher) claim(p RosterPerson, s *Someone) {
	m.Who[p.Key] = s
	switch {
	case s.Claimed == "":
		s.Claimed = p.Key
	case s.Source == m.r.Source && s.Key == p.Key:
		m.Alias[s.Claimed] = p.Key
		s.Claimed = p.Key
	default:
		m.Alias[p.Key] = s.Claimed
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
		if key == p.Key || m.Alias[key] != "" || !slices.ContainsFunc(m.r.People, func(o RosterPerson) bool { return o.Key == key }) {
			return false
		}
		m.Alias[p.Key] = key
		return true
	}
	if s := m.known.ByPID[answer]; s != nil && Side(s.Roles) == Side(p.Roles) {
		m.claim(p, s)
		return true
	}
	return false
}

// add makes p somebody new.
func (m *matcher) add(p RosterPerson) {
	m.Who[p.Key] = nil
	for _, k := range p.nameKeys() {
		if m.fresh[k] == "" {
			m.fresh[k] = p.Key
		}
	}
}

func (m *matcher) recognise(p RosterPerson) {
	if same := m.known.byINE[p.INE]; p.INE != "" && len(same) > 0 {
		if s := same[0]; len(same) == 1 && s.Claimed == "" && (s.Birth == p.Birth || m.sameName(p, s)) {
			m.claim(p, s)
		} else {
			m.doubt(p, "same-number", same)
		}
		return
	}
	var certain, perhaps []*Someone
	for _, s := range m.candidates(p) {
		switch {
		case numbersDiffer(p.INE, s.INE), p.Birth != "" && s.Birth != "" && p.Birth != s.Birth:
		case p.Birth != "" && s.Birth != "":
			certain = append(certain, s)
		case s.Claimed == "":
			perhaps = append(perhaps, s)
		}
	}
	switch {
	case len(certain) == 1 && certain[0].Claimed == "":
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
func (m *matcher) byNameAlone(p RosterPerson, perhaps []*Someone) {
	one := perhaps[0]
	alone := len(perhaps) == 1 && !one.Closed && m.named[p.nameKeys()[0]] == 1
	switch Side(p.Roles) {
	case Guardians:
		for _, s := range perhaps {
			if m.sharesChild(p.Key, s) {
				m.claim(p, s)
				return
			}
		}
		m.add(p)
	case Pupils:
		if alone && slices.ContainsFunc(m.class[p.Key], func(c string) bool { return slices.Contains(one.Classes, c) }) {
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
		m.Doubts = append(m.Doubts, d)
		return
	}
	m.add(p)
}

func (m *matcher) newDoubt(p RosterPerson, why string) Doubt {
	return Doubt{Key: m.r.Source + "/" + p.Key, Name: p.Given + " " + p.Family, Birth: p.Birth, Class: m.shown[p.Key], Why: why}
}

func (m *matcher) doubt(p RosterPerson, why string, among []*Someone) {
	d := m.newDoubt(p, why)
	for _, s := range among {
		d.Candidates = append(d.Candidates, Candidate{ID: s.PID, Name: s.Name(), Birth: s.Birth, Class: s.Class, Left: s.Closed})
	}
	m.Doubts = append(m.Doubts, d)
}

// candidates are the people of the same side and name.
func (m *matcher) candidates(p RosterPerson) (found []*Someone) {
	for _, k := range p.nameKeys() {
		for _, s := range m.known.byName[k] {
			if !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	return found
}

func (m *matcher) sameName(p RosterPerson, s *Someone) bool {
	return slices.Contains(m.candidates(p), s)
}

func (m *matcher) sharesChild(key string, s *Someone) bool {
	return slices.ContainsFunc(m.child[key], func(child string) bool {
		c := m.Who[child]
		return c != nil && slices.Contains(s.Children, c.PID)
	})
}

// numbersDiffer reports that two national numbers of one form are not the
// same. A pupil who had a BEA number now has a RNIE one: those say nothing of
// each other.
func numbersDiffer(a, b string) bool {
	return a != "" && b != "" && a != b && lastIsLetter(a, 9) == lastIsLetter(b, 9)
}

func lastIsLetter(s string, i int) bool { return len(s) > i && s[i] >= 'A' }

// Label is all that a change of would count.
func (s *Someone) Label() string {
	return strings.Join([]string{s.Title, s.Given, s.Family, s.Legal, s.Birth, s.INE, s.MEF, s.Phone, join(s.Roles)}, "\x00")
}

func join(roles []Role) string {
	parts := make([]string, len(roles))
	for i, r := range roles {
		parts[i] = string(r)
	}
	return strings.Join(parts, ",")
}
