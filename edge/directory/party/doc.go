// Package party is the vocabulary of people at school, and what can be said
// of them without a table: roles, rosters and whether one contradicts itself,
// who of the people known a record is, the order of names, and the words for
// what an import changed. It promises that nobody is taken for somebody else
// on a guess: what is not sure becomes a doubt for a human.
//
// It refuses a roster that contradicts itself, and has no state.
package party

import (
	"slices"
	"strings"

	"preau"
)

// Role is a person's function, by the code that the ministry's exchanges use.
type Role string

// The roles known here. Technician has no national code: he works for the
// authority, not for the school.
const (
	Pupil      Role = "National_elv"
	Guardian   Role = "National_tut" // responsible for a pupil
	Teacher    Role = "National_ens"
	Librarian  Role = "National_doc"
	Principal  Role = "National_dir"
	Supervisor Role = "National_evs" // vie scolaire: CPE, assistants d'éducation
	Office     Role = "National_eta" // other staff of the school
	Authority  Role = "National_col" // staff of the collectivité
	Technician Role = "preau_tech"
)

func (r Role) valid() bool {
	switch r {
	case Pupil, Guardian, Teacher, Librarian, Principal, Supervisor, Office, Authority, Technician:
		return true
	}
	return false
}

// RoleOf gives the role of a FONCTION, as STS and the academic directories
// code it. Who has another works at the school all the same.
func RoleOf(fonction string) Role {
	switch strings.ToUpper(strings.TrimSpace(fonction)) {
	case "ENS":
		return Teacher
	case "DOC":
		return Librarian
	case "DIR":
		return Principal
	case "EDU", "CPE", "SUR", "ASE", "AED":
		return Supervisor
	}
	return Office
}

// Side is the part of a roster that a person with these roles belongs to.
func Side(roles []Role) Coverage {
	switch {
	case slices.Contains(roles, Pupil):
		return Pupils
	case len(roles) == 1 && roles[0] == Guardian:
		return Guardians
	}
	return Staff
}

// School is the one establishment this box serves.
type School struct {
	UAI  preau.UAI
	Name string
	Year int // the school year's first, when a roster said it
}
