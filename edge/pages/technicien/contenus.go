package technicien

import (
	"context"
	"net/http"

	"preau"
)

// Contents is what the box keeps, and the way back from a bad generation.
type Contents interface {
	// Contents tells where the content stands, and the date of the generation
	// that a rollback returns to; empty: there is none.
	Contents(ctx context.Context, lang string) (facts []Fact, previous string, err error)
	Rollback(ctx context.Context) error
}

// rollBack returns to the generation before, once the form says so.
func (t *technician) rollBack(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if r.PostFormValue("sur") != "oui" {
		return preau.E(preau.Invalid, "the box was not told to go back for sure", "Tick the box of the form, then go back.", nil)
	}
	if err := t.Content.Rollback(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/technicien/#contenus", http.StatusSeeOther)
	return nil
}
