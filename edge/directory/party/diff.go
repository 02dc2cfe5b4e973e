package party

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Diff says what a roster changed, or would change.
type Diff struct {
	Added, Changed, Closed, Reopened []string // names of people and classes
	Enrolled, Withdrawn              int      // enrolments

	People  []Change // everybody that Added … Reopened name, and who was recognised
	Classes []Change
	Moved   []Move  // pupils who stay and change division
	Doubts  []Doubt // settle them before applying
	Links   int     // services, relations, nomenclature entries made or gone
}

// What happened to somebody.
const (
	Joined     = "join"
	Left       = "leave"
	Returned   = "return"
	Corrected  = "correct"
	Recognised = "recognise" // known already, under another source or key
)

// Change is what happened to one person or class.
type Change struct {
	What string `json:"what"`
	Name string `json:"name"`
	Role Role   `json:"role,omitempty"` // the first one; empty for classes
}

// Move is a pupil's change of division.
type Move struct {
	Person string `json:"person"` // pid
	Name   string `json:"name"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// Doubt is a record that may be somebody already known; a human says.
type Doubt struct {
	Key        string      `json:"key"` // source/key, as Roster.Settled takes it
	Name       string      `json:"name"`
	Birth      string      `json:"birth,omitempty"`
	Class      string      `json:"class,omitempty"`
	Why        string      `json:"why"` // same-number, same-name, same-name-and-birth
	Candidates []Candidate `json:"candidates"`
}

// Candidate is who a record may be.
type Candidate struct {
	ID    string `json:"id"` // pid, or key:KEY for a record of the same roster
	Name  string `json:"name"`
	Birth string `json:"birth,omitempty"`
	Class string `json:"class,omitempty"`
	Left  bool   `json:"left,omitempty"`
}

// Empty reports that nothing changed.
func (d *Diff) Empty() bool {
	return len(d.People)+len(d.Classes)+len(d.Moved)+len(d.Doubts)+d.Enrolled+d.Withdrawn+d.Links == 0
}

// Count counts the people to whom something happened, by role; no role counts
// all.
func (d *Diff) Count(what string, roles ...Role) (n int) {
	for _, c := range d.People {
		if c.What == what && (len(roles) == 0 || slices.Contains(roles, c.Role)) {
			n++
		}
	}
	return n
}

// Person notes what happened to somebody.
func (d *Diff) Person(what, name string, roles []Role) {
	d.People = append(d.People, Change{What: what, Name: name, Role: roles[0]})
	d.name(what, name)
}

// Class notes what happened to a class.
func (d *Diff) Class(what, name string) {
	d.Classes = append(d.Classes, Change{What: what, Name: name})
	d.name(what, name)
}

func (d *Diff) name(what, name string) {
	switch what {
	case Joined:
		d.Added = append(d.Added, name)
	case Left:
		d.Closed = append(d.Closed, name)
	case Returned:
		d.Reopened = append(d.Reopened, name)
	case Corrected:
		d.Changed = append(d.Changed, name)
	}
}

// Join adds what another roster of the same import did.
func (d *Diff) Join(o Diff) {
	d.Added, d.Changed = append(d.Added, o.Added...), append(d.Changed, o.Changed...)
	d.Closed, d.Reopened = append(d.Closed, o.Closed...), append(d.Reopened, o.Reopened...)
	d.People, d.Classes = append(d.People, o.People...), append(d.Classes, o.Classes...)
	d.Moved, d.Doubts = append(d.Moved, o.Moved...), append(d.Doubts, o.Doubts...)
	d.Enrolled, d.Withdrawn, d.Links = d.Enrolled+o.Enrolled, d.Withdrawn+o.Withdrawn, d.Links+o.Links
}

// Order makes the same roster give the same diff.
func (d *Diff) Order() {
	byName := func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(Fold(a.Name), Fold(b.Name)), cmp.Compare(a.Name, b.Name))
	}
	slices.SortStableFunc(d.People, byName)
	slices.SortStableFunc(d.Classes, byName)
	slices.SortStableFunc(d.Moved, func(a, b Move) int { return cmp.Compare(Fold(a.Name), Fold(b.Name)) })
	slices.Sort(d.Closed)
}

// Summary is the diff on one line: « 12 join, 3 leave, 2 change class ».
func (d *Diff) Summary() string {
	var parts []string
	say := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	say(d.Count(Joined), "joins", "join")
	say(d.Count(Returned), "returns", "return")
	say(d.Count(Left), "leaves", "leave")
	say(len(d.Moved), "changes class", "change class")
	say(d.Count(Corrected), "is corrected", "are corrected")
	say(d.Count(Recognised), "is recognised from another source", "are recognised from another source")
	say(len(d.Doubts), "possible duplicate to settle", "possible duplicates to settle")
	if len(parts) == 0 && d.Empty() {
		return "no change"
	}
	if len(parts) == 0 {
		return "nobody joins or leaves; classes and links change"
	}
	return strings.Join(parts, ", ")
}
