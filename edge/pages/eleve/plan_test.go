package eleve_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/plan"
)

const item = "ark:/99999/"

// give gives the pupil's class a piece of homework: a film, then what opens
// only once the film is seen, and keeps a film in the pupil's selection.
func (s *school) give(ctx context.Context, t testing.TB) plan.Plan {
	t.Helper()
	teacher := must[[]directory.Person](t)(s.dir.Teachers(ctx))[0]
	homework := must[plan.Plan](t)(s.plans.Save(ctx, teacher.ID, plan.Plan{ID: preau.NewID(), Kind: plan.Homework, Title: "Revoir l’adjectif", Nodes: []plan.Node{
		{ID: "b", Title: "Pour jeudi", Sequence: true, Children: []plan.Node{
			{ID: "1", Item: item + "lf-adjectif-2"}, {ID: "2", Item: item + "exercice-adjectif", Note: "Deux essais au plus."}, {ID: "3", Item: "ark:/99999/partie", Title: "Une image retirée"}}},
		{ID: "4", Meeting: true, Title: "Raconter la visite", Minutes: 20},
	}}))
	ok(t, s.plans.Assign(ctx, teacher.ID, plan.Registration{ID: preau.NewID(), Plan: homework.ID, Class: s.class.ID, Tutor: teacher.ID,
		Note: "À faire à ton rythme.", Due: s.clock.Now().Add(48 * time.Hour)}))
	kept := must[plan.Plan](t)(s.plans.Save(ctx, s.pupil.ID, plan.Plan{ID: preau.NewID(), Kind: plan.Selection, Title: "Ma sélection", Nodes: []plan.Node{
		{ID: "1", Item: item + "lf-adjectif-1"}, {ID: "2", Item: "ark:/99999/partie", Title: "Une image retirée"}}}))
	_ = kept
	return homework
}

// TestPlan_OpensStepByStep: what a pupil is to do is on the home, opens in
// order, and follows from what was seen.
func TestPlan_OpensStepByStep(t *testing.T) {
	s := newSchool(t)
	c := s.client(t)
	c.enter(s)
	if _, body := c.get("/eleve/"); !strings.Contains(body, "Revoir l’adjectif") || !strings.Contains(body, "0 sur 4") {
		t.Error("the home does not say what is to be done")
	}
	path := "/eleve/plan/" + s.homework.ID.String()
	_, body := c.get(path)
	if strings.Count(body, "S&#39;ouvre après") != 2 || strings.Contains(body, `href="/eleve/ressource/`+item+`exercice-adjectif"`) {
		t.Error("a step is open before its gate")
	}
	if !strings.Contains(body, "Continuer") || !strings.Contains(body, "ressource/"+item+"lf-adjectif-2?lire") {
		t.Error("no button to the next step")
	}
	s.watch(t, item+"lf-adjectif-2", 40, 40)
	if _, body = c.get(path); !strings.Contains(body, "1 sur 4") || !strings.Contains(body, `exercice-adjectif?lire`) {
		t.Error("the film seen does not open the exercise")
	}
	if status, _ := c.get("/eleve/plan/" + preau.NewID().String()); status != 404 {
		t.Errorf("somebody else's plan: %d", status)
	}
	if status, _ := s.client(t).get(path); status < 300 {
		t.Errorf("a visitor reads the plan: %d", status)
	}
}

// TestSelection_KeptRatedShared without JavaScript.
func TestSelection_KeptRatedShared(t *testing.T) {
	s := newSchool(t)
	c := s.client(t)
	c.enter(s)
	film := item + "lf-adjectif-3"
	if _, body := c.get("/eleve/ressource/" + film); !strings.Contains(body, "Garder dans ma sélection") {
		t.Fatal("no button to keep an item")
	}
	for range 2 { // pressed twice, kept once
		c.post("/eleve/selection", url.Values{"do": {"keep"}, "item": {film}, "from": {"/eleve/ressource/" + film}})
	}
	c.post("/eleve/selection", url.Values{"do": {"star4"}, "item": {film}})
	_, body := c.get("/eleve/selection")
	if strings.Count(body, `value="`+film+`"`) != 1 || strings.Count(body, "★") != 4 || !strings.Contains(body, "Retirée du catalogue") {
		t.Errorf("the selection is not what was kept: %s", body)
	}
	friend := must[[]directory.Person](t)(s.dir.Pupils(t.Context(), s.class.ID))[5]
	seen := func() bool {
		all := must[[]plan.Assigned](t)(s.plans.For(t.Context(), friend.ID, []string{s.class.ID}, s.clock.Now().Add(time.Second)))
		for _, a := range all {
			if a.Kind == plan.Selection && a.Owner == s.pupil.ID {
				return true
			}
		}
		return false
	}
	if seen() {
		t.Error("shared before it was")
	}
	c.post("/eleve/selection", url.Values{"do": {"share"}})
	if !seen() {
		t.Error("the class does not see it")
	}
	c.post("/eleve/selection", url.Values{"do": {"unshare"}})
	if seen() {
		t.Error("the class still sees it")
	}
	for _, form := range []url.Values{{"do": {"star9"}, "item": {film}}, {"do": {"explode"}}, {"do": {"keep"}, "item": {"ark:/99999/rien"}}} {
		if status, _ := c.post("/eleve/selection", form); status < 400 {
			t.Errorf("%v: %d", form, status)
		}
	}
	if status, body := c.post("/eleve/selection", url.Values{"do": {"drop"}, "item": {film}, "from": {"https://ailleurs.example/eleve/"}}); status != 200 || strings.Contains(body, film) {
		t.Errorf("dropped: %d", status)
	}
}

func TestBilan_CountsMinutes(t *testing.T) {
	s := newSchool(t)
	s.watch(t, item+"lf-adjectif-1", 14, 38)
	c := s.client(t)
	c.enter(s)
	if _, body := c.get("/eleve/bilan"); !strings.Contains(body, "minute de travail en deux semaines") {
		t.Errorf("%s", body)
	}
}
