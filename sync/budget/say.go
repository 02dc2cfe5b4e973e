package budget

import (
	"fmt"
	"strings"
	"time"
)

// Why is the reason of a state.
type Why string

// The reasons.
const (
	Free   Why = "free"   // nothing is against it
	Hours  Why = "hours"  // lessons, or not night yet
	Spent  Why = "month"  // the month's allowance is used
	Class  Why = "class"  // a class uses the box
	First  Why = "first"  // the box is empty
	Asked  Why = "now"    // a technician wants it now
	Unsure Why = "unsure" // the clock is not, so hours mean nothing
)

// State is whether the background may use the line, and why.
type State struct {
	Open    bool      `json:"open"`
	Why     Why       `json:"why"`
	Rate    int64     `json:"rate,omitempty"`   // bytes a second at most
	Until   time.Time `json:"until,omitzero"`   // when that changes, if the calendar tells
	Lessons time.Time `json:"lessons,omitzero"` // end of today's lessons
	Month   int64     `json:"month,omitempty"`  // bytes allowed
	Used    int64     `json:"used"`             // bytes of the line this month
}

// Wait is why a background transfer was stopped: no failure.
type Wait struct{ State }

// Error implements error.
func (w *Wait) Error() string { return w.Sentence("en", time.Now(), time.Local) }

func (s State) wait() error { return &Wait{s} }

// Sentence says it to people.
func (s State) Sentence(lang string, now time.Time, zone *time.Location) string {
	say := func(fr, en string) string {
		if lang == "en" {
			return en
		}
		return fr
	}
	until := moment(s.Until.In(zone), now.In(zone), say)
	switch s.Why {
	case Hours:
		text := say("attend ", "waits for ") + until
		if s.Until.IsZero() {
			text = say("attend une heure sans cours", "waits for an hour without lessons")
		}
		if !s.Lessons.IsZero() {
			text += say(" : cours jusqu’à ", ": lessons until ") + s.Lessons.In(zone).Format("15:04")
		}
		return text
	case Spent:
		return say("attend ", "waits for ") + until + say(" : les ", ": the month’s ") + Size(s.Month, lang) + say(" du mois sont utilisés", " are used")
	case Class:
		if !s.Open {
			return say("laisse la ligne à la classe et reprendra seule", "leaves the line to the class and goes on by itself")
		}
		return say("laisse la ligne à la classe : au plus ", "gives way to the class: at most ") + Rate(s.Rate)
	}
	text := map[Why]string{
		Free:  say("peut recevoir", "may fetch"),
		First: say("reçoit tout de suite : la borne est encore vide", "fetches at once: the box is still empty"),
		Asked: say("reçoit tout de suite, comme demandé", "fetches now, as asked"),
		Unsure: say("peut recevoir : l’heure n’est pas sûre, les heures de cours ne peuvent être suivies",
			"may fetch: the clock is not sure, so the school’s hours cannot be kept"),
	}[s.Why]
	if s.Why == Free && !s.Until.IsZero() {
		text += say(" jusqu’à ", " until ") + strings.TrimPrefix(until, "à ")
	}
	if s.Rate > 0 {
		text += say(", au plus ", ", at most ") + Rate(s.Rate)
	}
	return text
}

var days = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}

// moment is a time as one says it: tonight, tomorrow, Monday.
func moment(t, now time.Time, say func(fr, en string) string) string {
	date := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	hour := t.Format("15:04")
	switch n := int(date(t).Sub(date(now)) / (24 * time.Hour)); {
	case n == 0 && t.Hour() >= 18:
		return say("ce soir ", "tonight ") + hour
	case n == 0:
		return hour
	case n == 1:
		return say("demain ", "tomorrow ") + hour
	case n < 7:
		return say(days[t.Weekday()], t.Weekday().String()) + " " + hour
	}
	return say("le "+t.Format("02/01/2006"), t.Format("2 January 2006"))
}

// Rate writes bytes a second as lines are sold.
func Rate(bytes int64) string {
	if bits := bytes * 8; bits < 1_000_000 {
		return fmt.Sprintf("%d kbit/s", bits/1000)
	}
	v, unit := float64(bytes)*8/1e6, " Mbit/s"
	if v >= 1000 {
		v, unit = v/1000, " Gbit/s"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + unit
}

// Size writes bytes as allowances are sold.
func Size(n int64, lang string) string {
	unit := map[bool]string{true: "B", false: "o"}[lang == "en"]
	v, prefix := float64(n)/1e6, "M"
	if v >= 1000 {
		v, prefix = v/1000, "G"
	}
	text := strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	if lang != "en" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text + " " + prefix + unit
}
