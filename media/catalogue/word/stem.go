package word

import "strings"

// irregular forms, plain, to the stem of their singular.
var irregular = map[string]string{
	"travaux": "travail", "vitraux": "vitrail", "coraux": "corail", "emaux": "email", "baux": "bail", "soupiraux": "soupirail",
	"yeux": "oeil", "cieux": "ciel", "aieux": "aieul", "nouveau": "nouvel", "nouveaux": "nouvel", "nouvelle": "nouvel", "nouvelles": "nouvel",
	"beau": "bel", "beaux": "bel", "belle": "bel", "belles": "bel", "vieux": "vieil", "vieille": "vieil", "vieilles": "vieil",
	"folle": "fou", "folles": "fou", "fous": "fou", "blanche": "blanc", "blanches": "blanc", "seche": "sec", "seches": "sec",
	"douce": "dou", "douces": "dou", "doux": "dou", "longue": "long", "longues": "long", "publique": "public", "publiques": "public",
	"grecque": "grec", "grecques": "grec", "verte": "vert", "vertes": "vert", "haute": "haut", "hautes": "haut", "forte": "fort", "fortes": "fort",
	"noire": "noir", "noires": "noir", "brune": "brun", "brunes": "brun", "lente": "lent", "lentes": "lent", "seule": "seul", "seules": "seul",
	"egale": "egal", "egales": "egal", "ovale": "oval", "ovales": "oval",
}

// endings are tried in their order on a word of at least min letters, already
// without its plural's s or x.
var endings = []struct {
	min      int
	from, to string
}{
	{7, "trice", "teu"}, // institutrice, instituteur
	{6, "euse", "eu"},   // nombreuse, nombreux; danseuse, danseur
	{6, "eur", "eu"},    // danseur: not peur and heure, which are too short
	{6, "elle", "el"},   // naturelle, naturel
	{6, "enne", "en"},   // européenne, européen
	{5, "onne", "on"},   // bonne, bon
	{7, "ette", "et"},   // muette, muet
	{5, "ive", "if"},    // active, actif
	{6, "ere", "er"},    // première, premier
	{6, "ee", ""},       // colorée, coloré
	{6, "e", ""},        // grande, grand; short ones stay: porte is not port
}

// Stem forgives the commonest French plurals and feminines of a plain word. It
// need not be a word, only the same for what is indexed and what is asked:
// corps loses its s on both sides.
func Stem(w string) string {
	if s, ok := irregular[w]; ok {
		return s
	}
	switch {
	case len(w) >= 5 && (strings.HasSuffix(w, "eaux") || strings.HasSuffix(w, "yaux")):
		return w[:len(w)-1] // châteaux, tuyaux
	case len(w) >= 5 && strings.HasSuffix(w, "aux"):
		return w[:len(w)-2] + "l" // chevaux
	case len(w) >= 4 && (strings.HasSuffix(w, "s") || strings.HasSuffix(w, "x")) && !strings.HasSuffix(w, "ss"):
		w = w[:len(w)-1]
	}
	for _, e := range endings {
		if len(w) >= e.min && strings.HasSuffix(w, e.from) {
			return w[:len(w)-len(e.from)] + e.to
		}
	}
	return w
}
