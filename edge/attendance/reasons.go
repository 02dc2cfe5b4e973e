package attendance

import "time"

// Reason is why a half-day was missed, by category: what a school may write
// down, and no more.
type Reason struct {
	Code string
	// Legitimate is one of article L131-8's own reasons; what is not, the
	// school has heard and does not accept.
	Legitimate bool
}

// Reasons is the list, the most frequent first. The legitimate ones are those
// of L131-8 of the code de l’éducation, and those that the school itself
// causes.
func Reasons() []Reason {
	return []Reason{
		{"maladie", true},         // of the child; no diagnosis is ever asked
		{"maladie-proche", true},  // contagious, in the family
		{"famille", true},         // a solemn family gathering
		{"transport", true},       // accidental difficulty of communications
		{"parents-absents", true}, // who take the child along
		{"etablissement", true},   // an outing, an activity of the school
		{"autorite", true},        // accepted by the school's head
		{"reveil", false},
		{"convenance", false}, // holidays, a purchase…
		{"sans-motif", false}, // asked, and none was given
	}
}

func reasonOf(code string) (Reason, bool) {
	for _, r := range Reasons() {
		if r.Code == code {
			return r, true
		}
	}
	return Reason{}, false
}

// Flags are what a kind of entry means for the school: the four questions
// that vie scolaire asks of it.
type Flags struct {
	NeedsReason bool // a responsible person must give one
	InSchool    bool // the pupil is under the school's responsibility all the same
	Breach      bool // of the duty to attend
	CountsLate  bool // on the report, as late
}

// Flags of a state.
func (s State) Flags() Flags {
	switch s {
	case Absent:
		return Flags{NeedsReason: true, Breach: true}
	case Late:
		return Flags{NeedsReason: true, InSchool: true, CountsLate: true}
	case Left:
		return Flags{NeedsReason: true, Breach: true}
	case Excluded, Infirmary, Exempted:
		return Flags{InSchool: true}
	}
	return Flags{InSchool: true}
}

// Thresholds of half-days without legitimate reason in a month: from four the
// head reports (R131-7); from ten the équipe éducative meets.
const (
	FirstAlert  = 4
	SecondAlert = 10
)

// Half names a half-day: its date at school, and which half.
type Half struct {
	Day       string // 2026-09-14
	Afternoon bool
}

func (h HalfDay) half() Half { return Half{h.Date.Format(time.DateOnly), h.Afternoon} }

func (h Half) index() int {
	if h.Afternoon {
		return 1
	}
	return 0
}
