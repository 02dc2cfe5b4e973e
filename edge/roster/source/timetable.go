package source

import "time"

// Timetable is a week of lessons as a file tells it, by the keys that the
// roster of the same source gives to people and classes.
type Timetable struct {
	Source      string // the source of the keys, as in directory.Roster
	Alternances []Alternance
	Slots       []Slot
	Events      []Event
}

// Alternance is the weeks in which some lessons are given: A and B weeks.
type Alternance struct {
	Code, Name string
	Weeks      []time.Time // Mondays, UTC midnight
}

// Slot is one weekly lesson.
type Slot struct {
	Day        time.Weekday
	Start      int // minutes since midnight
	Minutes    int
	Class      string   // key of a division or group
	Subject    string   // code of the matière
	Name       string   // what the file calls the matière, or nothing
	Teachers   []string // keys
	Room       string
	Alternance string // code; empty: every week
}

// Event is one dated lesson or meeting, as calendars tell them.
type Event struct {
	UID        string // stable across exports
	Recurrence string // which day of one that repeats; empty for one that does not
	Start, End time.Time
	Class      string // key, or empty
	Teachers   []string
	Name, Room string
	Cancelled  bool
}

// TimetableChange says what a timetable changed, or would change.
type TimetableChange struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
	Unknown int `json:"unknown"` // lessons of classes or people who are not known
}

// Empty reports that nothing changed.
func (c TimetableChange) Empty() bool { return c.Added+c.Changed+c.Removed == 0 }
