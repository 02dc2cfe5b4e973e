package web

import (
	"strconv"
	"time"
)

// LongDate writes a day as people say it: « lundi 23 novembre ».
func LongDate(lang string, t time.Time) string {
	if lang != "fr" {
		return t.Format("Monday 2 January")
	}
	days := [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = "1er"
	}
	return days[t.Weekday()] + " " + day + " " + months[t.Month()-1]
}
