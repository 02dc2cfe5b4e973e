package technicien

import (
	"context"
	"net/http"

	"preau"
)

// Stick is one that is plugged in, and what it would bring.
type Stick struct {
	Path     string
	Made, By string
	Whole    bool
	Packs    int
	Files    int
	Size     int64  // MB
	Problem  string // why it cannot be read
}

// Import is the last import that this page began.
type Import struct {
	Path    string
	Running bool
	Percent int
	Files   int
	Size    int64 // MB
	Missing int
	Failed  string // why it ended early
}

// Sticks is what the page needs of what is plugged in.
type Sticks interface {
	Plugged(ctx context.Context) ([]Stick, error)
	// Importing is nil while no import was begun.
	Importing() *Import
	Start(path string) error
}

// importStick begins to take a stick's packs; the page tells how far it is.
func (t *technician) importStick(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 8192)
	path := r.PostFormValue("path")
	if path == "" {
		return preau.E(preau.Invalid, "the form does not say which stick", "Reload the page and try again.", nil)
	}
	if err := t.Sticks.Start(path); err != nil {
		return err
	}
	http.Redirect(w, r, "/technicien/#cles", http.StatusSeeOther)
	return nil
}
