package demo

var givens = []string{
	"Adèle", "Aïcha", "Alban", "Alya", "Amadou", "Anaïs", "Antonin", "Basile", "Bintou", "Camille",
	"Célestin", "Chloé", "Clémence", "Côme", "Dalia", "Driss", "Éléonore", "Élias", "Emma", "Erwan",
	"Eulalie", "Fatou", "Félix", "Gaëlle", "Gaspard", "Hélène", "Hugo", "Ilyès", "Inès", "Jade",
	"Joachim", "Kenza", "Léo", "Lila", "Linh", "Loïc", "Lou", "Lucie", "Maëlys", "Maël",
	"Malik", "Margaux", "Mathis", "Mélina", "Milo", "Nahia", "Nathan", "Noé", "Nour", "Océane",
	"Oscar", "Paloma", "Raphaël", "Romane", "Sacha", "Salomé", "Samba", "Siméon", "Sohan", "Tao",
	"Thaïs", "Timéo", "Ulysse", "Violette", "Wassim", "Yaël", "Youna", "Zacharie", "Zélie", "Zoé",
}

var families = []string{
	"Abadie", "Achour", "Amsellem", "Arnoux", "Baldé", "Barthès", "Bellec", "Benali", "Bérard", "Besson",
	"Boisseau", "Bouvier", "Camara", "Carvalho", "Cazenave", "Chauvet", "Cissé", "Cordier", "Da Costa", "Delorme",
	"Diallo", "Ducasse", "El Amrani", "Étienne", "Faure", "Ferrand", "Fofana", "Galibert", "Gauthier", "Guéguen",
	"Haddad", "Hoareau", "Huguet", "Jaouen", "Jourdan", "Keïta", "Lacombe", "Lambert", "Le Goff", "L’Hostis",
	"Lemoine", "Lopez", "Mahé", "Mariani", "Mbaye", "Mercier", "Moreau", "Nguyen", "Œuvrard", "Ollivier",
	"Özdemir", "Payet", "Pelletier", "Perrin", "Quéméner", "Rahmani", "Rivière", "Rossi", "Saïdi", "Salvat",
	"Sène", "Tavernier", "Thévenin", "Touré", "Tran", "Vasseur", "Vidal", "Weber", "Yilmaz", "Zerbib",
}
