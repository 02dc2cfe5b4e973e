package aaf_test

import (
	"slices"
	"strings"
	"testing"

	"preau"
	"preau/edge/directory"
	"preau/edge/roster/aaf"
	"preau/edge/roster/source"
)

var want = source.Want{UAI: "9999991F", School: "Essai", Year: 2026}

func read(t testing.TB, files map[string]string) (directory.Roster, source.Extra, error) {
	t.Helper()
	var inputs []source.Input
	for name, text := range files {
		inputs = append(inputs, source.Input{Name: name, Data: []byte(text)})
	}
	opened, err := source.Open(inputs)
	if err != nil {
		return directory.Roster{}, source.Extra{}, err
	}
	if aaf.TakesGAR(opened[0]) {
		return aaf.ReadGAR(opened, want)
	}
	if !aaf.Takes(opened[0]) {
		t.Fatalf("%s is not taken", opened[0].Name)
	}
	return aaf.Read(opened, want)
}

// request is one record; attributes are "name=value".
func request(verb, kind, id string, attributes ...string) string {
	b := "<" + verb + `><operationalAttributes><attr name="categoriePersonne"><value>` + kind + "</value></attr></operationalAttributes><identifier><id>" + id + "</id></identifier><attributes>"
	for _, a := range attributes {
		name, value, _ := strings.Cut(a, "=")
		b += `<attr name="` + name + `">`
		for v := range strings.SplitSeq(value, "|") {
			b += "<value>" + v + "</value>"
		}
		b += "</attr>"
	}
	return b + "</attributes></" + verb + ">"
}

func file(requests ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE ficAlimMENESR SYSTEM "ficAlimMENESR.dtd"><ficAlimMENESR>` + strings.Join(requests, "") + "</ficAlimMENESR>"
}

var (
	etab  = file(request("addRequest", "EtabEducNat", "100", "ENTStructureUAI=9999991F", "ENTStructureClasses=6A$SIXIEME A$10010012110|6B$SIXIEME B$10010012110", "ENTStructureGroupes=6AB ESP$Espagnol$6A$6B$9Z"), request("addRequest", "EtabEducNat", "200", "ENTStructureUAI=0000000X"))
	eleve = file(request("addRequest", "Eleve", "1", "sn=EXEMPLE", "givenName=Lou", "ENTPersonDateNaissance=14/03/2015", "ENTEleveINE=123456789FF", "ENTPersonStructRattach=100",
		"ENTEleveClasses=100$6A", "ENTEleveGroupes=100$6AB ESP|100$6A", "ENTEleveMEF=99$10010012110", "ENTEleveLibelleMEF=6EME", "ENTEleveBoursier=O", "ENTElevePersRelEleve=7$10$1$1$1$0|8$20$0$2$1$0|9$90$0$0$1$0"),
		request("addRequest", "Eleve", "2", "sn=AILLEURS", "givenName=Max", "ENTPersonStructRattach=200", "ENTEleveClasses=200$6A"))
	parents = file(request("addRequest", "PersRelEleve", "7", "sn=EXEMPLE", "givenName=Ada", "personalTitle=Mme", "mobile=0600000001"), request("addRequest", "PersRelEleve", "8", "sn=EXEMPLE", "givenName=Max"), request("addRequest", "PersRelEleve", "9", "givenName=Sans"))
	staff   = file(request("addRequest", "PersEducNat", "50", "sn=GARNIER", "givenName=Claire", "personalTitle=Mme", "ENTPersonFonctions=100$ENS$ENSEIGNEMENT", "ENTPersonStructRattach=100", "ENTAuxEnsClassesMatieres=100$6A$020700|200$6Z$020700", "ENTAuxEnsGroupesMatieres=100$6AB ESP$030602"),
		request("addRequest", "PersEducNat", "51", "sn=CHEF", "givenName=Solange", "ENTPersonFonctions=100$DIR$DIRECTION", "ENTPersonStructRattach=100"))
)

func TestRead_Whole(t *testing.T) {
	r, extra, err := read(t, map[string]string{"a_Complet_EtabEducNat.xml": etab, "b_Eleve.xml": eleve, "c.xml": parents, "d.xml": staff})
	if err != nil {
		t.Fatal(err, preau.RemedyOf(err))
	}
	keys := []string{}
	for _, p := range r.People {
		keys = append(keys, p.Key)
	}
	if slices.Sort(keys); !slices.Equal(keys, []string{"1", "50", "51", "7", "8"}) {
		t.Fatalf("%v", keys)
	}
	if r.Delta != nil || r.Covers&directory.Pupils == 0 || r.Covers&directory.Guardians == 0 || r.Covers&directory.Staff == 0 {
		t.Fatalf("covers %v", r.Covers)
	}
	if len(r.Classes) != 3 || len(r.Classes[1].Of) != 2 && len(r.Classes[2].Of) != 2 {
		t.Fatalf("%+v", r.Classes)
	}
	if len(r.Enrolments) != 4 || len(r.Services) != 2 || len(r.Relations) != 2 || r.Relations[0].Legal+r.Relations[1].Legal != 3 {
		t.Fatalf("%+v\n%+v\n%+v", r.Enrolments, r.Services, r.Relations)
	}
	for _, p := range r.People {
		if p.Key == "1" && (p.Birth != "2015-03-14" || p.INE != "123456789FF" || p.MEF != "10010012110") || p.Key == "51" && p.Roles[0] != directory.Principal {
			t.Errorf("%+v", p)
		}
	}
	codes := map[string]int{}
	for _, n := range extra.Notes {
		codes[n.Code] = n.Count
	}
	if codes["elsewhere"] != 1 || codes["bad-uai"] != 1 || codes["nameless"] != 1 {
		t.Fatalf("%v", codes)
	}
}

func TestRead_ChangesOnly(t *testing.T) {
	r, extra, err := read(t, map[string]string{"x.xml": file(request("modifyRequest", "Eleve", "1", "sn=EXEMPLE", "givenName=Lou", "ENTPersonStructRattach=100", "ENTEleveClasses=100$6B"),
		request("deleteRequest", "Eleve", "3"), request("addRequest", "Eleve", "4", "sn=NEUF", "givenName=Zoé", "ENTPersonStructRattach=100", "ENTEleveClasses=100$6A"))})
	if err != nil {
		t.Fatal(err)
	}
	if r.Delta == nil || !slices.Equal(r.Delta.Gone, []string{"3"}) || !slices.Equal(r.Delta.Told, []string{"1"}) || r.Covers != directory.Nothing || len(r.People) != 2 {
		t.Fatalf("%+v", r)
	}
	if !slices.ContainsFunc(extra.Notes, func(n source.Note) bool { return n.Code == "school-unchecked" }) {
		t.Fatalf("%+v", extra.Notes)
	}
}

func TestRead_Refuses(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"another school": {"a.xml": strings.ReplaceAll(etab, "9999991F", "0382032C"), "b.xml": eleve},
		"no school":      {"b.xml": eleve},
		"nobody":         {"a.xml": etab},
		"no identifier":  {"a.xml": etab, "b.xml": file(request("addRequest", "Eleve", "", "sn=X"))},
		"changes of two": {"d_Delta_.xml": file(request("addRequest", "Eleve", "1", "sn=X", "ENTPersonStructRattach=1"), request("modifyRequest", "Eleve", "2", "sn=X", "ENTPersonStructRattach=2"))},
		"entities":       {"a.xml": strings.Replace(etab, `SYSTEM "ficAlimMENESR.dtd"`, `[<!ENTITY x "y">]`, 1)},
	} {
		if _, _, err := read(t, files); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadGAR_OfTheFirstDegreeToo(t *testing.T) {
	gar := func(kind, body string) string {
		return `<men:GAR-ENT-` + kind + ` xmlns:men="http://data.education.fr/ns/gar/1d">` + body + `</men:GAR-ENT-` + kind + `>`
	}
	person := func(el, id, uai, role, family string) string {
		return "<men:" + el + "><men:GARPersonIdentifiant>" + id + "</men:GARPersonIdentifiant><men:GARPersonProfils><men:GARStructureUAI>" + uai + "</men:GARStructureUAI><men:GARPersonProfil>" + role +
			"</men:GARPersonProfil></men:GARPersonProfils><men:GARPersonNom>" + family + "</men:GARPersonNom><men:GARPersonPrenom>Lou</men:GARPersonPrenom></men:" + el + ">"
	}
	r, _, err := read(t, map[string]string{
		"e.xml": gar("Etab", "<men:GAREtab><men:GARStructureUAI>9999991F</men:GARStructureUAI></men:GAREtab>"),
		"p.xml": gar("Eleve", person("GAREleve", "1", "9999991F", "National_elv", "EXEMPLE")+person("GAREleve", "2", "0750654D", "National_elv", "AILLEURS")),
		"s.xml": gar("Enseignant", person("GAREnseignant", "3", "9999991F", "National_ens", "GARNIER")),
		"g.xml": gar("Groupe", "<men:GARGroupe><men:GARGroupeCode>CP</men:GARGroupeCode><men:GARStructureUAI>9999991F</men:GARStructureUAI><men:GARGroupeStatut>DIVISION</men:GARGroupeStatut></men:GARGroupe>"+
			"<men:GARPersonGroupe><men:GARStructureUAI>9999991F</men:GARStructureUAI><men:GARPersonIdentifiant>1</men:GARPersonIdentifiant><men:GARGroupeCode>CP</men:GARGroupeCode></men:GARPersonGroupe>"+
			"<men:GAREnsClasseMatiere><men:GARStructureUAI>9999991F</men:GARStructureUAI><men:GARPersonIdentifiant>3</men:GARPersonIdentifiant><men:GARGroupeCode>CP</men:GARGroupeCode><men:GARMatiereCode>01</men:GARMatiereCode></men:GAREnsClasseMatiere>"),
	})
	if err != nil || len(r.People) != 2 || len(r.Enrolments) != 2 || len(r.Services) != 1 || len(r.Classes) != 1 || r.Classes[0].Group {
		t.Fatalf("%+v, %v", r, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(eleve)
	f.Add(staff)
	f.Add(`<GAR-ENT-Eleve><GAREleve><GARPersonIdentifiant>1</GARPersonIdentifiant></GAREleve></GAR-ENT-Eleve>`)
	f.Fuzz(func(t *testing.T, text string) {
		opened, err := source.Open([]source.Input{{Name: "etab.xml", Data: []byte(etab)}, {Name: "fuzz.xml", Data: []byte(text)}})
		if err != nil {
			return
		}
		for _, fn := range []func([]*source.File, source.Want) (directory.Roster, source.Extra, error){aaf.Read, aaf.ReadGAR} {
			if _, _, err := fn(opened, want); err != nil && preau.RemedyOf(err) == "" {
				t.Fatal(err)
			}
		}
	})
}
