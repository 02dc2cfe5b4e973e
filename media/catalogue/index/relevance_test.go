package index_test

import (
	"testing"

	"preau/media/catalogue/index"
)

// shelf is a small catalogue of a collège, as teachers name things.
var shelf = []index.Doc{
	{Title: "L'adjectif qualificatif", Head: []string{"Accorder l'adjectif avec le nom", "étude de la langue"}},
	{Title: "L'adjectif épithète et l'attribut", Head: []string{"français"}},
	{Title: "Le pluriel des noms en -al", Head: []string{"Un cheval, des chevaux ; un journal, des journaux"}},
	{Title: "Chevaux et châteaux au Moyen Âge", Head: []string{"histoire", "La vie des seigneurs"}},
	{Title: "La Révolution française", Head: []string{"histoire", "1789, la prise de la Bastille"}, Text: "roi louis xvi assemblee tiers etat"},
	{Title: "L'Empire romain", Head: []string{"histoire"}, Text: "cesar auguste legion"},
	{Title: "Les fractions : partager une unité", Head: []string{"mathématiques", "Comparer deux fractions"}},
	{Title: "Additionner des nombres décimaux", Head: []string{"mathématiques"}},
	{Title: "Le théorème de Pythagore", Head: []string{"géométrie", "triangle rectangle, hypoténuse"}},
	{Title: "Aire et périmètre du carré", Head: []string{"géométrie", "mesures"}},
	{Title: "Les volcans", Head: []string{"sciences de la vie et de la Terre"}, Text: "magma lave eruption cratere"},
	{Title: "Séismes et tectonique des plaques", Head: []string{"sciences de la vie et de la Terre"}},
	{Title: "La cellule, unité du vivant", Head: []string{"sciences"}, Text: "noyau membrane cytoplasme"},
	{Title: "La photosynthèse", Head: []string{"Les plantes vertes et la lumière"}},
	{Title: "Le cœur et la circulation du sang", Head: []string{"corps humain"}},
	{Title: "Lire une œuvre : Le Petit Prince", Head: []string{"français", "Saint-Exupéry"}},
	{Title: "Écrire une poésie", Head: []string{"rimes et vers"}},
	{Title: "Le théâtre de Molière", Head: []string{"comédie"}, Text: "harpagon avare scapin fourberies"},
	{Title: "Lire l'heure en anglais", Head: []string{"langues vivantes"}},
	{Title: "Présenter sa famille en espagnol", Head: []string{"langues vivantes"}},
	{Title: "Climat et météo", Head: []string{"géographie"}, Text: "pluie vent temperature anticyclone"},
	{Title: "Les fleuves de France", Head: []string{"géographie", "Loire, Seine, Rhône, Garonne"}},
	{Title: "Sujet de brevet : mathématiques", Kind: "subject"},
	{Title: "Sujet de brevet : français", Kind: "subject"},
	{Title: "L'énergie électrique", Head: []string{"circuit, pile, lampe"}},
	{Title: "Programmer avec des blocs", Head: []string{"algorithme, boucle, variable"}},
	{Title: "Le système solaire", Head: []string{"planètes, étoiles"}},
	{Title: "Se servir d'un dictionnaire", Head: []string{"ordre alphabétique"}},
	{Title: "Vitesse, distance, durée", Head: []string{"proportionnalité"}},
	{Title: "Symétrie axiale", Head: []string{"géométrie"}},
}

// TestRelevance_TheFirstResultIsTheOneMeant: what people type, and the title
// that must come first.
func TestRelevance_TheFirstResultIsTheOneMeant(t *testing.T) {
	w := open(t, shelf...)
	for _, c := range []struct{ q, first string }{
		{"adjectif", "L'adjectif qualificatif"},
		{"les adjectifs qualificatifs", "L'adjectif qualificatif"},
		{"l'adjectif épithète", "L'adjectif épithète et l'attribut"},
		{"accord de l'adjectif", "L'adjectif qualificatif"},
		{"adjectif attribut", "L'adjectif épithète et l'attribut"},
		{"cheval", "Chevaux et châteaux au Moyen Âge"},
		{"pluriel cheval", "Le pluriel des noms en -al"},
		{"château", "Chevaux et châteaux au Moyen Âge"},
		{"moyen age", "Chevaux et châteaux au Moyen Âge"},
		{"revolution", "La Révolution française"},
		{"révolution francaise", "La Révolution française"},
		{"1789", "La Révolution française"},
		{"louis XVI", "La Révolution française"},
		{"empire", "L'Empire romain"},
		{"romaine", "L'Empire romain"},
		{"fraction", "Les fractions : partager une unité"},
		{"fracsion", "Les fractions : partager une unité"},
		{"nombre décimal", "Additionner des nombres décimaux"},
		{"pythagore", "Le théorème de Pythagore"},
		{"pytagore", "Le théorème de Pythagore"},
		{"hypotenuse", "Le théorème de Pythagore"},
		{"perimetre du carre", "Aire et périmètre du carré"},
		{"volcan", "Les volcans"},
		{"volcna", "Les volcans"},
		{"lave", "Les volcans"},
		{"seisme", "Séismes et tectonique des plaques"},
		{"tectonnique", "Séismes et tectonique des plaques"},
		{"cellules", "La cellule, unité du vivant"},
		{"photosinthese", "La photosynthèse"},
		{"plante verte", "La photosynthèse"},
		{"coeur", "Le cœur et la circulation du sang"},
		{"oeuvre", "Lire une œuvre : Le Petit Prince"},
		{"petit prince", "Lire une œuvre : Le Petit Prince"},
		{"saint exupery", "Lire une œuvre : Le Petit Prince"},
		{"poesies", "Écrire une poésie"},
		{"moliere", "Le théâtre de Molière"},
		{"harpagon", "Le théâtre de Molière"},
		{"météo", "Climat et météo"},
		{"anglai", "Lire l'heure en anglais"},
		{"brevet maths", "Sujet de brevet : mathématiques"}, // nearly the beginning of a word
		{"brevet mathématiques", "Sujet de brevet : mathématiques"},
		{"la loire", "Les fleuves de France"},
		{"algoritme", "Programmer avec des blocs"},
		{"planète", "Le système solaire"},
		{"dico", ""},
		{"dictionaire", "Se servir d'un dictionnaire"},
		{"symetri", "Symétrie axiale"},
		{"vitesses", "Vitesse, distance, durée"},
		{"famille", "Présenter sa famille en espagnol"},
	} {
		titles, r := w.ask(t, index.Query{Q: c.q})
		first := ""
		if len(titles) > 0 {
			first = titles[0]
		}
		if first != c.first {
			t.Errorf("%q: first %q of %q (meant %q), want %q", c.q, first, titles, r.Meant, c.first)
		}
	}
}
