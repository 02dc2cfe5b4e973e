package source

import (
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Clean trims a cell and folds what is not a plain space into one; what a
// screen cannot show is dropped.
func Clean(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// Date reads a day as exports write it and gives it as 2006-01-02; empty
// when it is none.
func Date(s string) string {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"02/01/2006", "2006-01-02", "2006-01-02T15:04:05", time.RFC3339, "02/01/06"} {
		if day, err := time.Parse(layout, s); err == nil && day.Year() > 1900 {
			return day.Format(time.DateOnly)
		}
	}
	return ""
}

// ine has the three forms of the national pupil number: RNIE since 2018, BEA
// before, apprentices'. The algorithm of the key is not public.
var ine = regexp.MustCompile(`^(\d{9}[A-Z]{2}|\d{10}[A-Z]|\d{4}A\d{5}[A-Z])$`)

// INE gives the first of the cells that has the form of a national pupil
// number, or nothing.
func INE(cells ...string) string {
	for _, cell := range cells {
		if cell = strings.ToUpper(strings.TrimSpace(cell)); ine.MatchString(cell) {
			return cell
		}
	}
	return ""
}

// levels are the concepts of ScoLOMFR vocabulary 022, by how the names of
// MEFs and of ONDE's levels begin once folded.
var levels = []struct{ begins, concept string }{
	{"6e", "018"}, {"sixieme", "018"}, {"5e", "020"}, {"cinquieme", "020"},
	{"4e", "021"}, {"quatrieme", "021"}, {"3e", "023"}, {"troisieme", "023"},
	{"tps", "004"}, {"toutepetitesection", "004"}, {"ps", "005"}, {"petitesection", "005"},
	{"ms", "006"}, {"moyennesection", "006"}, {"gs", "007"}, {"grandesection", "007"},
	{"cp", "010"}, {"courspreparatoire", "010"}, {"ce1", "011"}, {"courselementaire1", "011"}, {"ce2", "013"}, {"courselementaire2", "013"},
	{"cm1", "014"}, {"coursmoyen1", "014"}, {"cm2", "015"}, {"coursmoyen2", "015"},
}

const levelPrefix = "http://data.education.fr/voc/scolomfr/concept/scolomfr-voc-022-num-"

// Level gives the concept URI of a level's name, such as « 6EME » or « CM1 »,
// or nothing when it is not one of a school's.
func Level(name string) string {
	folded := Fold(name)
	for _, l := range levels {
		if rest, ok := strings.CutPrefix(folded, l.begins); ok && (rest == "" || len(l.begins) > 2 || unicode.IsDigit(rune(l.begins[0]))) {
			return levelPrefix + l.concept
		}
	}
	return ""
}

// LevelOfDivision guesses a collège's level from a division's code, such as
// « 6A » or « 502 », or nothing.
func LevelOfDivision(code string) string {
	if folded := Fold(code); folded != "" && folded[0] >= '3' && folded[0] <= '6' {
		return Level(folded[:1] + "e")
	}
	return ""
}
