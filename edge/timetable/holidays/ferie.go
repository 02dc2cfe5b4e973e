package holidays

import "time"

// Easter is Easter Sunday of a year in the Gregorian calendar (the anonymous
// algorithm, as Meeus prints it), at UTC midnight.
func Easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	month, day := (h+l-7*m+114)/31, (h+l-7*m+114)%31+1
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// legal names the jour férié that a day is (code du travail L3133-1), or
// nothing.
func legal(day time.Time, moselle bool) string {
	switch day.Format("01-02") {
	case "01-01":
		return "Jour de l’an"
	case "05-01":
		return "Fête du travail"
	case "05-08":
		return "Victoire 1945"
	case "07-14":
		return "Fête nationale"
	case "08-15":
		return "Assomption"
	case "11-01":
		return "Toussaint"
	case "11-11":
		return "Armistice 1918"
	case "12-25":
		return "Noël"
	case "12-26":
		if moselle {
			return "Saint-Étienne"
		}
	}
	switch date(day).Sub(Easter(day.Year())) / (24 * time.Hour) {
	case 1:
		return "Lundi de Pâques"
	case 39:
		return "Ascension"
	case 50:
		return "Lundi de Pentecôte"
	case -2:
		if moselle {
			return "Vendredi saint"
		}
	}
	return ""
}

// date is the day that t shows on the wall, as UTC midnight: days subtract
// without minding the summer hour.
func date(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
