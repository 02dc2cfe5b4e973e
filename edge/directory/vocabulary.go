package directory

import "preau/edge/directory/party"

// The vocabulary is party's; these names save its users an import.
type (
	Role         = party.Role
	School       = party.School
	Coverage     = party.Coverage
	Roster       = party.Roster
	RosterPerson = party.RosterPerson
	RosterClass  = party.RosterClass
	Enrolment    = party.Enrolment
	Service      = party.Service
	Relation     = party.Relation
	Subject      = party.Subject
	MEF          = party.MEF
	Delta        = party.Delta
	Diff         = party.Diff
	Change       = party.Change
	Move         = party.Move
	Doubt        = party.Doubt
	Candidate    = party.Candidate
)

// See party.
const (
	Pupil      = party.Pupil
	Guardian   = party.Guardian
	Teacher    = party.Teacher
	Librarian  = party.Librarian
	Principal  = party.Principal
	Supervisor = party.Supervisor
	Office     = party.Office
	Authority  = party.Authority
	Technician = party.Technician

	Pupils     = party.Pupils
	Staff      = party.Staff
	Guardians  = party.Guardians
	Structures = party.Structures
	Nothing    = party.Nothing

	Joined     = party.Joined
	Left       = party.Left
	Returned   = party.Returned
	Corrected  = party.Corrected
	Recognised = party.Recognised

	New = party.New
)

// RoleOf gives the role of a FONCTION, as STS and the directories code it.
func RoleOf(fonction string) Role { return party.RoleOf(fonction) }

// Fold reduces a name to what a person types when looking for it.
func Fold(s string) string { return party.Fold(s) }
