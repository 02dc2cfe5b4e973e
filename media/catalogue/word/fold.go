// Package word is how the catalogue's search sees text: in words without case,
// accents, ligatures, elisions and the commonest inflexions of French. It
// promises that two spellings which a pupil takes for one word are one stem,
// on a list that its tests hold; and that nothing but letters and digits comes
// out, so that what people type has no meaning to a query language. It refuses
// linguistics: where a rule could join words of different sense it does less.
package word

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

// Plain is text in lower case and without accents, composed or not.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, foldRunes.Replace(strings.ToLower(text)))
}

// Split is text as its words, in lower case with their accents: what Plain and
// Stem are for. An apostrophe ends a word, so that l'adjectif is adjectif.
func Split(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
	})
}

// Stems are the stems of text's words, in their order.
func Stems(text string) []string {
	list := strings.FieldsFunc(Plain(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range list {
		list[i] = Stem(w)
	}
	return list
}

// empty words say nothing in a search of several; they are plain.
var empty = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`l d c j m n s t qu y le la les un une des de du et a au aux en ou par pour dans sur avec est
		ce ces cet cette son sa ses qui que ne pas plus se il elle on nous vous ils elles je tu the of and to in`) {
		m[w] = true
	}
	return m
}()

// Empty reports whether a plain word, or a stem, says nothing beside others.
func Empty(w string) bool { return empty[w] }
