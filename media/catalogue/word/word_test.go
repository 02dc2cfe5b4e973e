package word_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"preau/media/catalogue/word"
)

// TestStem_OneWordInItsForms: the words of a line are one to a pupil.
func TestStem_OneWordInItsForms(t *testing.T) {
	for line := range strings.Lines(`cheval chevaux Cheval CHEVAUX
		adjectif adjectifs adjective adjectives
		château châteaux Chateau
		journal journaux
		travail travaux
		œil yeux oeil
		ciel cieux
		cœur coeur cœurs
		œuvre oeuvres
		national nationale nationaux nationales
		actif active actifs actives
		premier première premiers premières
		nombreux nombreuse nombreuses
		danseur danseuse danseurs danseuses
		instituteur institutrice instituteurs
		naturel naturelle naturels naturelles
		nouveau nouveaux nouvelle nouvelles nouvel
		beau belle beaux belles bel
		européen européenne européens européennes
		grand grande grands grandes
		vert verte verts vertes
		petit petite petits petites
		coloré colorée colorés colorées
		bon bonne bons bonnes
		fraction fractions
		géométrie geometrie géométries
		mathématique mathématiques
		noyau noyaux
		bijou bijoux
		prix
		roman romans
		long longue longues
		public publique publics publiques
		décimal décimale décimaux décimales
		égal égale égaux égales
		volcan volcans
		tableau tableaux
		animal animaux
		histoire histoires
		élève élèves
		leçon leçons lecon`) {
		forms := strings.Fields(line)
		for _, form := range forms[1:] {
			if a, b := word.Stem(word.Plain(forms[0])), word.Stem(word.Plain(form)); a != b {
				t.Errorf("%s is %q, %s is %q", forms[0], a, form, b)
			}
		}
	}
}

// TestStem_OthersStayApart: a rule that joins these does too much.
func TestStem_OthersStayApart(t *testing.T) {
	for line := range strings.Lines(`porte port
		carte car
		peur peu
		monde mon
		conte contre
		masse mas
		plan plante
		poids pois
		cheval cheveu
		temps tente
		corps cor
		mer mère
		terre ter
		pomme pompe
		fraction friction`) {
		pair := strings.Fields(line)
		if a, b := word.Stem(word.Plain(pair[0])), word.Stem(word.Plain(pair[1])); a == b {
			t.Errorf("%s and %s are both %q", pair[0], pair[1], a)
		}
	}
}

func TestStems_ElisionsAndSigns(t *testing.T) {
	for text, want := range map[string]string{
		"L'adjectif":             "l adjectif",
		"l’histoire de France":   "l histoir de franc",
		"cœur, ŒUVRE":            "coeur oeuvr",
		"aujourd'hui":            "aujourd hui",
		"e\u0301pithe\u0300te":   "epithet",
		"(a OR b) NEAR* \"c\"":   "a or b near c",
		"2 + 2 = 4":              "2 2 4",
		"\x00\xff — \u202e":      "",
		"Qu'est-ce que l'accord": "qu est ce que l accord",
	} {
		if got := strings.Join(word.Stems(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := word.Split("L'Été à Œuilly"); !slices.Equal(got, []string{"l", "été", "à", "œuilly"}) {
		t.Errorf("words as written: %q", got)
	}
}

// FuzzStems: whatever is typed, words of letters and digits come out.
func FuzzStems(f *testing.F) {
	f.Add("L'adjectif NEAR(\"x\") -y* {a b} : (")
	f.Add("\xff\x00İıﬁ")
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range word.Stems(text) {
			if w == "" || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				t.Fatalf("%q gives %q", text, w)
			}
		}
	})
}
