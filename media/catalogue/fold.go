package catalogue

import (
	"strings"
	"unicode"
)

// foldRunes takes accents and ligatures away. It covers French and its
// neighbours; other letters pass as they are.
var foldRunes = strings.NewReplacer(
	"à", "a", "â", "a", "ä", "a", "á", "a", "ã", "a", "å", "a", "ç", "c",
	"é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i", "í", "i",
	"ñ", "n", "ô", "o", "ö", "o", "ó", "o", "õ", "o", "ù", "u", "û", "u",
	"ü", "u", "ú", "u", "ÿ", "y", "œ", "oe", "æ", "ae", "ß", "ss",
)

// plain is text in lower case and without accents, composed or not.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, foldRunes.Replace(strings.ToLower(text)))
}

// words splits text into folded words: lower case, no accent, singular.
func words(text string) []string {
	text = plain(text)
	list := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range list {
		list[i] = singular(w)
	}
	return list
}

// singular forgives the commonest French plurals. It need not be right, only
// the same for what is indexed and what is asked: travaux and travail stay
// apart, corps loses its s on both sides.
func singular(w string) string {
	switch {
	case len(w) >= 5 && strings.HasSuffix(w, "eaux"):
		return w[:len(w)-1]
	case len(w) >= 5 && strings.HasSuffix(w, "aux"):
		return w[:len(w)-2] + "l"
	case len(w) >= 4 && (strings.HasSuffix(w, "s") || strings.HasSuffix(w, "x")):
		return w[:len(w)-1]
	}
	return w
}

// stopWords say nothing in a search of several words.
var stopWords = map[string]bool{"l": true, "d": true, "le": true, "la": true, "les": true, "un": true, "une": true, "des": true,
	"de": true, "du": true, "et": true, "a": true, "au": true, "aux": true, "en": true, "the": true, "of": true, "and": true}

const maxWords = 12

// queryWords are the words of a search that count.
func queryWords(q string) []string {
	all := words(q)
	var kept []string
	for _, w := range all {
		if !stopWords[w] {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		kept = all
	}
	return kept[:min(len(kept), maxWords)]
}

// folded is text as words with single spaces.
func folded(text string) string { return strings.Join(words(text), " ") }

// phrase is a title as a search of its own words would ask for it.
func phrase(title string) string { return strings.Join(queryWords(title), " ") }

const maxSort = 48

// articles open a title without ordering it.
var articles = map[string]bool{"l": true, "le": true, "la": true, "les": true, "un": true, "une": true, "des": true, "the": true}

// sortKey orders titles as a library does: without accents, case and opening
// article, and 2 before 10.
func sortKey(title string) string {
	var b strings.Builder
	text := plain(title)
	digits := 0
	for i, r := range text {
		if unicode.IsDigit(r) {
			if digits == 0 {
				run := len(text[i:]) - len(strings.TrimLeftFunc(text[i:], unicode.IsDigit))
				b.WriteString(strings.Repeat("0", max(0, 6-run)))
			}
			digits++
			b.WriteRune(r)
			continue
		}
		digits = 0
		if unicode.IsLetter(r) {
			b.WriteRune(r)
		} else {
			b.WriteByte(' ')
		}
	}
	fields := strings.Fields(b.String())
	if len(fields) > 1 && articles[fields[0]] {
		fields = fields[1:]
	}
	key := strings.Join(fields, " ")
	for i := range key {
		if i > maxSort {
			return key[:i]
		}
	}
	return key
}
