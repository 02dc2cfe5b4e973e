package directory

import (
	"cmp"
	"slices"
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

func (d *Diff) person(what, name string, roles []Role) {
	d.People = append(d.People, Change{What: what, Name: name, Role: roles[0]})
	d.name(what, name)
}

func (d *Diff) class(what, name string) {
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

// join adds what another roster of the same import did.
func (d *Diff) join(o Diff) {
	d.Added, d.Changed = append(d.Added, o.Added...), append(d.Changed, o.Changed...)
	d.Closed, d.Reopened = append(d.Closed, o.Closed...), append(d.Reopened, o.Reopened...)
	d.People, d.Classes = append(d.People, o.People...), append(d.Classes, o.Classes...)
	d.Moved, d.Doubts = append(d.Moved, o.Moved...), append(d.Doubts, o.Doubts...)
	d.Enrolled, d.Withdrawn, d.Links = d.Enrolled+o.Enrolled, d.Withdrawn+o.Withdrawn, d.Links+o.Links
}

// order makes the same roster give the same diff.
func (d *Diff) order() {
	byName := func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(Fold(a.Name), Fold(b.Name)), cmp.Compare(a.Name, b.Name))
	}
	slices.SortStableFunc(d.People, byName)
	slices.SortStableFunc(d.Classes, byName)
	slices.SortStableFunc(d.Moved, func(a, b Move) int { return cmp.Compare(Fold(a.Name), Fold(b.Name)) })
	slices.Sort(d.Closed)
}
