package eleve

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"preau/media/catalogue"
)

// domaine is a subject as pages show it: a colour and a glyph by Class, and
// its name.
type domaine struct {
	Class string // d-… and domaine-…
	URI   string
	Label string
}

// looks gives a domaine its look by what its French label begins with or
// holds. The vocabulary has hundreds of broadest concepts; pupils know twelve.
var looks = []struct{ class, marks string }{
	{"histoire", "histoire,antiquité,civilisation"}, {"geographie", "géographie"},
	{"musique", "musique,musicale,chant"}, {"arts", "arts,artistique,plastique,cinéma,théâtre,danse,design"},
	{"langues", "langues vivantes,langues étrangères,langue étrangère,anglais,allemand,espagnol,italien,arabe,chinois,portugais,japonais"},
	{"maths", "mathématique,calcul,géométrie,nombres"},
	{"eps", "sportive,sport"},
	{"sciences", "sciences,physique,chimie,biologie,vivant,terre,énergie,santé,environnement,développement durable"},
	{"citoyen", "civique,moral,citoyen,média,droit"},
	{"technologie", "technologi,numérique,informatique,ingénieur,innovation"},
	{"metiers", "orientation,métier,professionnel,stage,entreprise,gestion"},
	{"francais", "français,lecture,littérature,langage,langue"},
}

func look(label string) string {
	label = strings.ToLower(label)
	for _, l := range looks {
		for mark := range strings.SplitSeq(l.marks, ",") {
			if strings.Contains(label, mark) {
				return l.class
			}
		}
	}
	return "autre"
}

// shopTalk is what only librarians need: « français (discipline) », « accord
// (français cycle 3) », « cycle 3 (2016) ».
var shopTalk = regexp.MustCompile(` \([^()]*(discipline|subject|cycle \d|lycée|\d{4})[^()]*\)$`)

// plainLabel is a concept's name without that, in a capital.
func plainLabel(label string) string {
	label = shopTalk.ReplaceAllString(label, "")
	for i, r := range label {
		return string(unicode.ToUpper(r)) + label[i+len(string(r)):]
	}
	return label
}

// domaineIndex finds the domaine of a taxon. It is made again when the
// catalogue's tree is another one.
type domaineIndex struct {
	mu   sync.Mutex
	tree *catalogue.Node // the first of the tree it was made from
	top  map[string]domaine
}

func (p *pupils) domaineOf(ctx context.Context, taxons []string, lang string) domaine {
	tree, err := p.Catalogue.Tree(ctx, "fr", false)
	if err != nil || len(tree) == 0 || len(taxons) == 0 {
		return domaine{Class: "autre"}
	}
	p.domaines.mu.Lock()
	defer p.domaines.mu.Unlock()
	if p.domaines.tree != &tree[0] {
		p.domaines.tree, p.domaines.top = &tree[0], map[string]domaine{}
		for _, d := range tree {
			dom := domaine{look(d.Label), d.URI, ""}
			p.domaines.top[d.URI] = dom
			for _, niveau := range d.Children {
				for _, notion := range niveau.Children {
					p.domaines.top[notion.URI] = dom
				}
			}
		}
	}
	for _, uri := range taxons {
		if d, ok := p.domaines.top[uri]; ok && d.URI != "" {
			d.Label = plainLabel(p.Catalogue.Label(d.URI, lang))
			return d
		}
	}
	return domaine{Class: "autre"}
}
