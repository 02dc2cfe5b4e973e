package eleve

import (
	"slices"
	"strings"
	"testing"

	"preau/edge/directory"
)

func TestCueLines_SaysWhenAndWhat(t *testing.T) {
	got := cueLines("\ufeffWEBVTT\r\n\r\nNOTE not a cue\r\n\r\n1\r\n00:01.000 --> 00:02.500 line:0\r\n<v Chat>Un <b>petit</b> chat\r\nnoir &amp; doux\r\n\r\n01:00:05.000 --> 01:00:06.000\r\nFin\r\n")
	want := []line{{1, "Un petit chat noir & doux"}, {3605, "Fin"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzCueLines(f *testing.F) {
	f.Add("WEBVTT\n\n00:01.000 --> 00:02.000\nBonjour\n")
	f.Add("\n\n99:59:59.999 --> x\n\xff<<>>&#x110000;\n")
	f.Fuzz(func(t *testing.T, vtt string) {
		for _, l := range cueLines(vtt) {
			if l.At < 0 || l.Text == "" || strings.ContainsAny(l.Text, "\n\r") {
				t.Fatalf("line %+v", l)
			}
		}
	})
}

// TestLook_OfTheVocabulary: a domaine has the colour that pupils expect.
func TestLook_OfTheVocabulary(t *testing.T) {
	for label, want := range map[string]string{
		"français (discipline)": "francais", "mathématiques (lycée 2015)": "maths", "éducation physique et sportive": "eps",
		"sciences de la vie et de la Terre (discipline)": "sciences", "physique-chimie (discipline)": "sciences",
		"langues vivantes (étrangères ou régionales) (discipline)": "langues", "histoire": "histoire", "géographie": "geographie",
		"éducation musicale (discipline)": "musique", "arts plastiques (discipline)": "arts", "technologie (discipline)": "technologie",
		"enseignement moral et civique (discipline)": "citoyen", "orientation": "metiers", "accueil": "autre",
	} {
		if got := look(label); got != want {
			t.Errorf("%s looks like %s, want %s", label, got, want)
		}
	}
}

func TestPlainLabel_DropsShopTalkOnly(t *testing.T) {
	for label, want := range map[string]string{
		"français (discipline)": "Français", "accords simples (français cycle 3)": "Accords simples", "cycle 3 (2016)": "Cycle 3",
		"langues et cultures de l'Antiquité (grec)": "Langues et cultures de l'Antiquité (grec)", "écriture": "Écriture", "": "",
	} {
		if got := plainLabel(label); got != want {
			t.Errorf("%q: got %q, want %q", label, got, want)
		}
	}
}

func TestNameCards_TellNamesakesApart(t *testing.T) {
	cards := nameCards([]directory.Person{{Given: "Élias", Family: "Lemoine"}, {Given: "Zoé", Family: "Martin"}, {Given: "Zoé", Family: "Morel"}})
	if cards[0].Initial != "L." || cards[0].Letter != "É" || cards[1].Initial != "Martin" || cards[2].Initial != "Morel" {
		t.Errorf("got %+v", cards)
	}
}

func TestItemURL_LosesNothing(t *testing.T) {
	for id, want := range map[string]string{
		"ark:/99999/lf-1":          "/eleve/ressource/ark:/99999/lf-1",
		"https://x.example/a b?c#": "/eleve/ressource/https:%2F%2Fx.example%2Fa%20b%3Fc%23",
		"a/../b":                   "/eleve/ressource/a%2F..%2Fb",
	} {
		if got := itemURL(id); got != want {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
}
