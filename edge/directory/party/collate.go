package party

import (
	"strings"
	"unicode"
)

// folds maps the letters of French and of most European names to their base.
// A full Unicode collation would cost a megabyte of tables for one list.
var folds = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ā", "a", "ă", "a", "ą", "a",
	"ç", "c", "ć", "c", "č", "c", "ď", "d", "đ", "d",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ē", "e", "ė", "e", "ę", "e", "ě", "e",
	"ğ", "g", "ì", "i", "í", "i", "î", "i", "ï", "i", "ī", "i", "ı", "i",
	"ł", "l", "ľ", "l", "ñ", "n", "ń", "n", "ň", "n",
	"ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "ō", "o", "ő", "o",
	"ř", "r", "ś", "s", "š", "s", "ş", "s", "ș", "s", "ţ", "t", "ț", "t", "ť", "t",
	"ù", "u", "ú", "u", "û", "u", "ü", "u", "ū", "u", "ů", "u", "ű", "u",
	"ý", "y", "ÿ", "y", "ź", "z", "ż", "z", "ž", "z",
	"œ", "oe", "æ", "ae", "ß", "ss",
)

// Fold reduces a name to lower-case base letters and digits: what a person
// types when looking for « Élodie D'Œuvre ».
func Fold(s string) string {
	var b strings.Builder
	for _, r := range folds.Replace(strings.ToLower(s)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// NameKey orders people as a French class list does: family then given name,
// letters first; accents, hyphens and case decide only between equals.
func NameKey(family, given string) string {
	return Fold(family) + "\x00" + Fold(given) + "\x00" + family + "\x00" + given
}

// ClassKey puts the youngest first, as schools do: 6e, 5e, 4e, 3e.
func ClassKey(name string) string {
	folded := Fold(name)
	if folded != "" && folded[0] >= '3' && folded[0] <= '6' {
		return string('0'+('9'-folded[0])) + folded
	}
	return "9" + folded
}
