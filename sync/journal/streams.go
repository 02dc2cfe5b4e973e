package journal

import (
	"time"

	"preau"
)

// StreamPolicy is one row of the register of processing: the same table
// drives delivery, purge and the page that anyone at school can read.
type StreamPolicy struct {
	Stream   preau.Stream
	Purpose  string    // finalité, in French, as the register prints it
	Keep     Retention // on the box
	Upstream string    // what may leave, and in which form
	Priority int       // 1 leaves first
}

// Retention is how long a statement stays on the box: to the end of its
// school year (31 August), plus months, or a number of days.
type Retention struct {
	SchoolYear bool
	Months     int
	Days       int
}

// Cutoff is the moment before which a stored statement may go, seen from now.
func (r Retention) Cutoff(now time.Time) time.Time {
	if !r.SchoolYear {
		return now.AddDate(0, 0, -r.Days)
	}
	end := time.Date(now.Year(), time.September, 1, 0, 0, 0, 0, now.Location())
	for end.AddDate(0, r.Months, 0).After(now) {
		end = end.AddDate(-1, 0, 0)
	}
	return end
}

// period numbers the stretches of time that end their retention together, as
// nearly as a block must: school years, or days.
func (r Retention) period(t time.Time) int {
	if r.SchoolYear {
		return t.AddDate(0, -8, 0).Year() // September is the ninth month
	}
	return t.Year()*366 + t.YearDay()
}

// Streams returns the register, in order of priority.
func Streams() []StreamPolicy {
	return []StreamPolicy{
		{preau.StreamAttendance, "Suivi de l’assiduité (code de l’éducation, R131-5)", Retention{SchoolYear: true},
			"faits pseudonymisés et décomptes ; nominatif seulement chiffré à son destinataire", 1},
		{preau.StreamCase, "Instruction des démarches", Retention{SchoolYear: true, Months: 12},
			"chiffré au destinataire", 2},
		{preau.StreamMessage, "Échanges entre l’élève, la famille et les adultes qui le suivent", Retention{SchoolYear: true},
			"chiffré au destinataire", 2},
		{preau.StreamLearning, "Suivi pédagogique", Retention{SchoolYear: true, Months: 3},
			"pseudonymisé par année scolaire", 3},
		{preau.StreamContent, "Sélections, partages et annotations", Retention{SchoolYear: true, Months: 3},
			"seulement ce qui est publié", 4},
		{preau.StreamTelemetry, "Exploitation de la borne", Retention{Days: 90},
			"aucune personne n’y figure", 5},
	}
}

// Policy finds a stream's row.
func Policy(s preau.Stream) (StreamPolicy, bool) {
	for _, p := range Streams() {
		if p.Stream == s {
			return p, true
		}
	}
	return StreamPolicy{}, false
}
