package prof

import (
	"net/http"

	"preau/edge/access/badge"
)

// badges draws new badges for a class and gives the sheet to print. The old
// ones open nothing more: that is said beside the button.
func (a *audience) badges(w http.ResponseWriter, r *http.Request) error {
	class, pupils, err := a.pupilsOf(r, r.PathValue("class"))
	if err != nil {
		return err
	}
	door := "http://" + r.Host + "/connexion/badge#"
	if r.TLS != nil {
		door = "https://" + r.Host + "/connexion/badge#"
	}
	cards := make([]badge.Card, 0, len(pupils))
	for _, p := range pupils {
		text, err := a.Access.IssueBadge(r.Context(), p.ID)
		if err != nil {
			return err
		}
		cards = append(cards, badge.Card{Name: p.Name(), Class: class.Name, Text: text, URL: door + text})
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", `attachment; filename="badges.pdf"`)
	return badge.Sheet(w, "Badges "+class.Name, cards)
}
