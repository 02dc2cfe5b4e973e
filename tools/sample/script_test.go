package main

import (
	"slices"
	"strings"
	"testing"
)

func TestPlanLeavesRoomForTheDescription(t *testing.T) {
	f := script{Length: 14, Beats: []beat{{Say: "Un."}, {Say: "Deux."}, {Say: "Trois."}}}
	cues, err := plan(f, []float64{2, 2, 2}, []float64{0, 3, 0})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cues {
		if c.Say < c.At || c.End != c.Say+2 {
			t.Errorf("cue %d is out of order: %+v", i, c)
		}
		if i > 0 && c.At < cues[i-1].End+pause-1e-9 {
			t.Errorf("cue %d starts before the pause is over: %+v", i, c)
		}
	}
	if described := cues[1].describe + 3; described > cues[2].At {
		t.Errorf("the description ends at %.2f, after the next picture at %.2f", described, cues[2].At)
	}
}

func TestPlanRefusesWhatDoesNotFit(t *testing.T) {
	for _, length := range []float64{3, 30} {
		if _, err := plan(script{Length: length, Beats: []beat{{Say: "Un."}}}, []float64{5}, []float64{0}); err == nil {
			t.Errorf("a film of %.0f s was planned for 5 s of words", length)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string][]string{
		"Voici un chat.": {"Voici un chat."},
		"Un ballon rouge. L’adjectif est après le nom.":                  {"Un ballon rouge.", "L’adjectif est après le nom."},
		"Noir, petit, gros, roux\u00a0: ces mots disent comment il est.": {"Noir, petit, gros, roux\u00a0:", "ces mots disent comment il est."},
		strings.Repeat("dix ", 9) + "dix":                                {"dix dix dix dix dix", "dix dix dix dix dix"},
	} {
		if got := fold(in, 38); !slices.Equal(got, want) {
			t.Errorf("fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSubtitlesRefuseThreeLines(t *testing.T) {
	f := script{Beats: []beat{{Say: strings.Repeat("un mot de plus ", 8)}}}
	if s, err := subtitles(f, []cue{{Say: 1, End: 5}}); err == nil {
		t.Errorf("three lines were accepted:\n%s", s)
	}
}

func TestStamp(t *testing.T) {
	if got := stamp(3723.4996); got != "01:02:03.500" {
		t.Errorf("stamp = %s", got)
	}
}
