package regie

import (
	"net/http"

	"preau"
	"preau/edge/plan"
	"preau/internal/httpkit"
)

// slidesView is a slide show the teacher prepared.
type slidesView struct {
	ID, Title string
	Steps     int
}

// slides lists the teacher's own.
func (a *audience) slides(r *http.Request, person string) (list []slidesView, err error) {
	plans, err := a.Plans.Owned(r.Context(), person)
	if err != nil {
		return nil, err
	}
	for _, pl := range plans {
		if steps := stepsOf(pl); pl.Kind == plan.Slides && len(steps) > 0 {
			list = append(list, slidesView{pl.ID.String(), pl.Title, len(steps)})
		}
	}
	return list, nil
}

// stepsOf are the nodes of a plan that can be shown, in order.
func stepsOf(pl plan.Plan) (steps []plan.Node) {
	for n := range plan.Walk(pl.Nodes) {
		if n.Item != "" {
			steps = append(steps, n)
		}
	}
	return steps
}

// steps tells the remote what the slide show holds. It is read when it is
// opened: what is changed on the plans' page meanwhile is seen at the next
// opening, never in the middle of a lesson.
func (a *audience) steps(w http.ResponseWriter, r *http.Request) error {
	if _, _, _, ok, err := a.ours(w, r); err != nil || !ok {
		return err
	}
	id, err := preau.ParseID(r.PathValue("plan"))
	if err != nil {
		return preau.E(preau.NotFound, "no such slide show", "Choose it again from the list.", err)
	}
	pl, err := a.Plans.Plan(r.Context(), id)
	if err != nil {
		return err
	}
	if pl.Kind != plan.Slides {
		return preau.E(preau.NotFound, "this plan is no slide show", "Choose it again from the list.", nil)
	}
	answer := struct {
		Title string       `json:"title"`
		Steps []itemAnswer `json:"steps"`
	}{Title: pl.Title}
	for _, n := range stepsOf(pl) {
		it, _ := a.Showing.One(r.Context(), n.Item) // what is gone keeps its place, and is refused when opened
		it.ID = n.Item
		if n.Title != "" {
			it.Title = n.Title
		}
		answer.Steps = append(answer.Steps, itemJSON(it))
	}
	return httpkit.WriteJSON(w, http.StatusOK, answer)
}
