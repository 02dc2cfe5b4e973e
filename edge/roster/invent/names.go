package invent

import "strings"

// The names are common ones, put together by chance.
var givens = strings.Fields(`Adam Adèle Agathe Aïcha Alix Ambre Amir Anaïs Andréa Anouk Antonin Apolline Axel Basile Bérénice Camille Célestin Chloé Clémence
	Corentin Cyprien Dalila Daphné Éden Élise Éloïse Émile Enzo Esteban Eugénie Fanny Fatou Félix Flora Gaëlle Gaspard Giulia Gwenaël Hanaé Héloïse Hugo
	Ibrahim Inès Ismaël Jade Jean-Baptiste Jeanne Joséphine Jules Kenza Kylian Léa Léonie Lilou Loïc Lou-Anne Lucas Maël Maëlys Malo Manon Marceau
	Marie-Lou Mathéo Mélissa Mila Mohamed Naël Naïma Nina Noé Océane Octave Orphée Oscar Pénélope Prune Quentin Rachel Rayan Romane Roxane Sacha Salomé
	Samuel Sarah Siméon Solène Soraya Tess Théo Timothée Ulysse Valentin Victoire Wassim Yanis Yasmine Zélie Zoé`)

var families = strings.Fields(`Abadie Aubry Bailly Barbier Benali Benoît Berthelot Blanchard Boisseau Bonnefoy Bouchet Bréhier Brossard Cadiou Caillaud Carpentier
	Chauvin Chevallier Clément Collet Corre Coudert Coulibaly Cuvelier D'Amico Da-Silva Dabo Daumas Delahaye Delmas Descœurs Diallo Dieudonné Dos-Santos Drouet
	Dubœuf Duquesne Étienne Faivre Fauré Féret Fontaine Fournier Gallois Garnier Géraud Gillet Godefroy Grandjean Guérin Guillou Haddad Hamon Hébert Henriet
	Hervé Huguenin Imbert Jacquet Joly Jouan Kaci Keller Kerbrat L'Hostis Labbé Lacœuille Lagrange Lambert Langlois Laurent Le-Bihan Le-Goff Lebœuf Leconte
	Lefèvre Lemaître Lesœur Letellier Loiseau Maillard Mallet Marchal Marin Martel Masson Ménard Merle Michel Monnier Moreau Morvan Moulin N'Diaye Nguyen
	Noël Odin Ollivier Pasquier Pélissier Perrin Picard Poirier Prévost Quéméner Quentin Rémy Renaud Ribeiro Rivière Roche Roussel Royer Salaün Sauvage
	Séguin Sœur Tanguy Tessier Thévenin Traoré Vaillant Vasseur Verdier Vidal Voisin Weber Zimmermann`)

// upper writes a name as the administration does.
func upper(s string) string { return strings.ToUpper(s) }
