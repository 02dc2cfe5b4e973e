package onde

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"preau/edge/directory"
	"preau/edge/roster/source"
)

// called gives the name in use and the other one.
func called(usage, family string) (name, legal string) {
	usage, family = source.Clean(usage), source.Clean(family)
	if usage == "" || usage == family {
		return family, ""
	}
	return usage, family
}

func (e *export) bounded() error {
	if len(e.r.People) >= maxPeople || len(e.classes) > 1000 {
		return source.Refuse("the file holds more people or classes than any school", "Check that it is the export of one school.", nil)
	}
	return nil
}

func (e *export) pupil(row source.Row) error {
	family, legal := called(row.Get("nomdusageeleve", "nomusageeleve"), row.Get("nomeleve"))
	given := source.Clean(row.Get("prenomeleve"))
	if family == "" {
		e.nameless++
		return e.bounded()
	}
	if state := source.Fold(row.Get("etat")); strings.HasPrefix(state, "radie") || strings.HasPrefix(state, "parti") {
		e.left++
		return e.bounded()
	}
	given = cmp.Or(given, "–")
	birth := source.Date(row.Get("datenaissance", "datedenaissance"))
	first := cmp.Or(legal, family) // the name of civil status changes least
	k := e.key("ele", directory.Fold(first), directory.Fold(given), birth)
	e.r.People = append(e.r.People, directory.RosterPerson{Key: k, Given: given, Family: family, LegalFamily: legal, Birth: birth,
		INE: source.INE(row.Get("ine")), Roles: []directory.Role{directory.Pupil}})
	name := source.Clean(row.Get("libelleclasse", "classe"))
	if name == "" {
		e.unplaced++
	} else {
		c := e.class(name, false)
		c.levels[source.Level(row.Get("niveau"))]++
		e.r.Enrolments = append(e.r.Enrolments, directory.Enrolment{Person: k, Class: name, Role: directory.Pupil})
	}
	for _, group := range split(row.Get("regroupements", "regroupement")) {
		if gk := "grp-" + group; len(gk) <= 120 && !slices.Contains(e.r.Enrolments, directory.Enrolment{Person: k, Class: gk, Role: directory.Pupil}) {
			e.class(gk, true)
			e.r.Enrolments = append(e.r.Enrolments, directory.Enrolment{Person: k, Class: gk, Role: directory.Pupil})
		}
	}
	for _, f := range []string{family, legal} {
		if f != "" {
			at := directory.Fold(f) + "\x00" + directory.Fold(given)
			e.pupils[at] = append(e.pupils[at], k)
		}
	}
	return e.bounded()
}

func (e *export) class(key string, group bool) *class {
	if e.classes[key] == nil {
		e.classes[key] = &class{name: strings.TrimPrefix(key, "grp-"), group: group, levels: map[string]int{}}
	}
	return e.classes[key]
}

// teacher adds who teaches; one with several classes has several rows.
func (e *export) teacher(row source.Row) error {
	family, legal := called(row.Get("nomusage", "nomdusage"), row.Get("nom"))
	given := cmp.Or(source.Clean(row.Get("prenom")), "–")
	if family == "" {
		e.nameless++
		return e.bounded()
	}
	id := directory.Fold(cmp.Or(legal, family)) + "\x00" + directory.Fold(given)
	at, known := e.people["ens"+id]
	if !known {
		at = len(e.r.People)
		e.people["ens"+id] = at
		e.r.People = append(e.r.People, directory.RosterPerson{Key: e.key("ens", id), Title: title(row.Get("civilite")), Given: given, Family: family,
			LegalFamily: legal, Roles: []directory.Role{directory.Teacher}})
	}
	p := &e.r.People[at]
	if yes(row.Get("directeur")) && !slices.Contains(p.Roles, directory.Principal) {
		p.Roles = append([]directory.Role{directory.Principal}, p.Roles...)
	}
	for _, name := range split(row.Get("classe", "libelleclasse", "classes")) {
		e.class(name, false)
		link := directory.Enrolment{Person: p.Key, Class: name, Role: directory.Teacher}
		if !slices.Contains(e.r.Enrolments, link) {
			e.r.Enrolments = append(e.r.Enrolments, link)
		}
	}
	return e.bounded()
}

// responsible adds who answers for the children that the row repeats.
func (e *export) responsible(row source.Row) error {
	family, legal := called(row.Get("nomusageresponsable", "nomdusageresponsable"), row.Get("nomresponsable"))
	given := cmp.Or(source.Clean(row.Get("prenomresponsable")), "–")
	if family == "" {
		e.nameless++
		return e.bounded()
	}
	phone := telephone(row.Get("telephoneportable"), row.Get("telephonedomicile"), row.Get("telephonetravail"))
	var children []string
	names, families, givens := row.All("nomdusageenfant"), row.All("nomdefamilleenfant"), row.All("prenomenfant")
	for i := range givens {
		child := e.child(cell(families, i), givens[i], cell(names, i))
		if child == "" && source.Clean(givens[i]) != "" {
			e.strangers++
		} else if child != "" && !slices.Contains(children, child) {
			children = append(children, child)
		}
	}
	if len(children) == 0 {
		return e.bounded()
	}
	// Parents have no birth date here: their children tell namesakes apart.
	slices.Sort(children)
	k := e.key("resp", directory.Fold(cmp.Or(legal, family)), directory.Fold(given), children[0])
	e.r.People = append(e.r.People, directory.RosterPerson{Key: k, Title: title(row.Get("civiliteresponsable")), Given: given, Family: family,
		LegalFamily: legal, Phone: phone, Roles: []directory.Role{directory.Guardian}})
	for _, child := range children {
		e.r.Relations = append(e.r.Relations, directory.Relation{Guardian: k, Child: child, Legal: 1})
	}
	return e.bounded()
}

// child finds the one pupil of that name; of two, neither.
func (e *export) child(family, given, usage string) string {
	for _, f := range []string{usage, family} {
		if found := e.pupils[directory.Fold(f)+"\x00"+directory.Fold(given)]; len(found) == 1 {
			return found[0]
		}
	}
	return ""
}

func cell(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}

func telephone(numbers ...string) string {
	for _, n := range numbers {
		kept := strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' || c == '+' {
				return c
			}
			return -1
		}, n)
		if len(kept) >= 6 && len(kept) <= 20 {
			return kept
		}
	}
	return ""
}

// finish lists the classes, each at the level of most of its pupils.
func (e *export) finish() {
	for _, key := range slices.Sorted(maps.Keys(e.classes)) {
		c := e.classes[key]
		level := ""
		for _, l := range slices.Sorted(maps.Keys(c.levels)) {
			if l != "" && c.levels[l] > c.levels[level] || level == "" {
				level = l
			}
		}
		e.r.Classes = append(e.r.Classes, directory.RosterClass{Key: key, Name: c.name, Level: level, Group: c.group})
	}
	e.extra.Note("unchecked", 1, "ONDE's exports do not say for which school and year they are: check it")
	e.extra.Note("left", e.left, "pupils who have left the school are not imported")
	e.extra.Note("nameless", e.nameless, "records without a name are not imported")
	e.extra.Note("unplaced", e.unplaced, "pupils have no class yet")
	e.extra.Note("child-unknown", e.strangers, "children of responsible persons are not in the pupils' file, or two have their name")
}
