package access

import "strings"

// words is the list passphrases are drawn from: common French words of four
// to nine letters, without accents, elisions or near twins. At least 512:
// five of them make 45 bits.
func words() []string { return strings.Fields(wordList) }

const wordList = `
abeille abricot accord acier acteur adieu affiche agneau aigle aiguille ailleurs aimant album algue aliment allumer
alpin amande ambre amical ampoule ananas ancre animal antenne antilope apporter arbuste arche ardoise argent argile
armoire arrosoir artiste asperge assiette atelier athlete atlas atome aube auberge audace automne avenir avion avocat
avoine avril badge bagage bague baignade balai balcon baleine ballade balle bambou banane bandeau banjo banquise
barque barrage basilic bassin bateau bavard beaute beignet belette berceau berger biche bidon bijou billet biscuit
bleuet blond bocal boisson bolide bonbon bonheur bonnet bordure bosquet botte bouchon boucle bougie boulon boussole
branche brebis brique brise brochet bronze brosse brouette bruine brume buffet bureau cabane cacao cactus cadeau
cadran cahier caillou calcul calme camion canal canard canoe canyon capuche carafe caramel cargo carotte carreau
cartable casque castor cascade cave ceinture cerf cerise chaise chalet chambre chameau champion chanson charbon
chariot chaton chemin chenille cheval chien chiffre chocolat chorale chouette cible cidre cigale cigogne cinema cirque
citron clairon clarte clavier cloche clou cobalt cocon coffre colibri colline colombe comete compas concert confetti
copain coquille corail corbeau corde cornet costume couleur coupole courge cousin couteau crabe crapaud cravate crayon
crevette cristal crocus cuillere cuisine cuivre culture curieux cycle cygne dauphin demain dentelle dessin devinette
diamant dictee dinde discours disque docteur domino donjon dortoir dossier doudou douzaine dragon drapeau dune duvet
eclair ecole ecorce ecran ecureuil effort eglise elan elastique elephant enclume energie enfance enigme entree envol
epaule epice epingle equipe erable escalier escargot espace essai estuaire etage etagere etang etoile evasion eveil
exemple exploit fable faisan falaise famille fanfare fantome farine faucon fauteuil fenetre fermier festival feuille
fiesta figue filet filou flacon flamant flamme fleche fleuve floraison flotte fluor flute fontaine foret forge fortune
fossile fougere foulard fourmi fraise framboise fresque friandise frisson fromage frontal fruit fumee fusain futur
galaxie galerie galet galop gamin garage gardien gaufre gazelle gazon geante genou gentil geranium gibier girafe givre
glacier gland globe gomme gondole gorille goudron gouffre goutte grain grange granit gravure grelot grenier griffe
grillon grimace grotte groupe guepard guirlande guitare habile hamster hangar haricot harmonie hasard herisson hermine
heron hibou hiver hockey homard horizon horloge hublot huile huitre humour hutte idole igloo image indice infini
insecte invite iris ivoire jaguar jambe jardin jaune javelot jazz jeton jongleur jonquille jouet joyeux jumelle jungle
jupe juste kayak kilo kimono kiosque kiwi koala labour lacet lagon laine laitue lampe langouste lanterne lapin lavande
lecture legende legume levier lezard liane liberte libraire licorne lierre lilas limace limpide linge lionceau liquide
litre logique loisir lotus loutre lucarne luciole lumiere lundi lunette lutin luzerne lyre macaron machine magie
magnolia maillot mairie maison malice mammouth manege mangue manteau marbre marelle marin marmite marron matelot
medaille melodie melon memoire menthe menuisier mercredi merisier message metal meteore metier meuble micro mikado
mimosa minuit miracle miroir mistral modele moineau moment monde monnaie montagne montre moquette morceau mosaique
moteur mouche moulin mousse mouton muguet mulot muraille muscade musee musique mystere nacelle nageur napperon
narcisse narval nature navette navire nectar neige neveu nickel noisette nomade nombre nordique notaire nougat nuage
numero oasis objet ocean octobre odeur oiseau olive ombrelle omelette opale opera orchestre oreille orgue orient
origan orme ortie oscar otarie ouragan ourson outil ouvrage oxygene paille palais palette palmier panda panier panneau
papaye papillon paquet parade parapluie parfum partage passage pastel patience patin peigne pelican pelouse pendule
perle perroquet persil petale peuplier phare phoque photo pianiste pigeon piment pinceau pingouin pioche pirate
piscine piste pivoine placard plage planete planche plateau plume plumier podium poele poignet poireau pollen polochon
pompier poncho poney portrait potager poterie potiron poudre poulain poupee prairie premier prince printemps prisme
profil projet promenade prune puits pull pyjama pyramide quartz question quille quinze racine radis rafale raisin
ramage rameau rapide raquette ravin recif recolte refrain regard regle reine relais remparts rendez repas requin
reseau ressort retour revue rideau rigolo rimes riviere robinet rocher rodeo roitelet roman rosee rossignol rotonde
rouage roulotte route royaume ruban rubis ruche rugby ruisseau rythme sabot sachet safari safran salade salon samedi
sandale sardine savane scarabee science scooter secret seigle semaine sentier serpent serrure signal silence sirene
sirop soeur soldat soleil sommet sorbet souhait soupe source sourire souris spatule sphere spirale stade statue store
studio sucre surprise symbole tableau tablette talent tambour tandem tango tapis tartine tasse taupe tempete tendre
tennis terrasse theatre thermos tigre tilleul timbre tipi tissu toboggan tomate tonnerre torche torrent tortue toucan
toupie tournesol tracteur traineau tramway trapeze travail trefle tremplin tresor triangle tribu tricot trompette
troupeau truffe truite tulipe tunnel turbine turquoise tuyau tympan univers usine utile vacances vaisseau valise
vallee vanille vapeur vautour vedette velours vendange vernis verre veste viaduc victoire vigne village violon virgule
visage vitrail vitrine voilier voisin volcan volley voyage voyelle xylophone yaourt yoyo zebre zenith zephyr zigzag
zinc`
