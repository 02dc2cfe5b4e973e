package api

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"preau"
	"preau/edge/progress"
	"preau/internal/httpkit"
)

// entry is how far the pupil got, as the answer tells it.
type entry struct {
	Item     string   `json:"item"`
	Progress float64  `json:"progress"`
	Position float64  `json:"position"`
	Done     bool     `json:"done"`
	Best     *float64 `json:"best,omitempty"`
}

func answer(w http.ResponseWriter, e progress.Entry) error {
	return httpkit.WriteJSON(w, http.StatusOK, entry{Item: e.Item, Progress: e.Progress, Position: e.Position.Seconds(), Done: e.Done, Best: e.Best})
}

func (a *api) progress(w http.ResponseWriter, r *http.Request) error {
	raw, err := body(w, r, progress.MaxPost)
	if err != nil {
		return err
	}
	post, err := progress.ParsePost(raw)
	if err != nil {
		return err
	}
	e, err := a.Progress.Post(r.Context(), a.who(r), post)
	if err != nil {
		return err
	}
	return answer(w, e)
}

// body reads what a parser of its own will decode.
func body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if ct, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || ct != "application/json" {
		return nil, preau.E(preau.Invalid, "the body is not declared as JSON", "Send Content-Type: application/json.", err)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, preau.E(preau.TooLarge, "the body is too large", "Send less at a time.", err)
	}
	if err != nil {
		return nil, preau.E(preau.Invalid, "the body was cut", "Send it again.", err)
	}
	return raw, nil
}

func (a *api) launch(w http.ResponseWriter, r *http.Request) error {
	var l progress.Launch
	if err := httpkit.ReadJSON(w, r, 4<<10, &l); err != nil {
		return err
	}
	if err := a.Progress.Launch(r.Context(), a.who(r), l); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) result(w http.ResponseWriter, r *http.Request) error {
	var res progress.Result
	if err := httpkit.ReadJSON(w, r, 4<<10, &res); err != nil {
		return err
	}
	e, err := a.Progress.Result(r.Context(), a.who(r), res)
	if err != nil {
		return err
	}
	return answer(w, e)
}
