package lrs

import (
	"net/http"

	"preau/edge/lrs/keys"
	"preau/internal/httpkit"
)

// NewKey is what a command asks for, and Made what it gets.
type (
	NewKey struct {
		Name   string       `json:"name"`
		Scopes []keys.Scope `json:"scopes"`
	}
	Made struct {
		keys.Key
		Secret string `json:"secret"` // shown here, and nowhere again
	}
)

// InstallAdmin adds the commands' side: keys are made, listed and revoked.
func (l *LRS) InstallAdmin(handle func(pattern string, h httpkit.Handler)) {
	handle("POST /admin/lrs/keys", func(w http.ResponseWriter, r *http.Request) error {
		var in NewKey
		if err := httpkit.ReadJSON(w, r, 16<<10, &in); err != nil {
			return err
		}
		key, secret, err := l.Keys.Create(r.Context(), in.Name, in.Scopes)
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, Made{key, secret})
	})
	handle("GET /admin/lrs/keys", func(w http.ResponseWriter, r *http.Request) error {
		all, err := l.Keys.List(r.Context())
		if err != nil {
			return err
		}
		if all == nil {
			all = []keys.Key{}
		}
		return httpkit.WriteJSON(w, http.StatusOK, all)
	})
	handle("DELETE /admin/lrs/keys/{id}", func(w http.ResponseWriter, r *http.Request) error {
		if err := l.Keys.Revoke(r.Context(), r.PathValue("id")); err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, map[string]bool{"revoked": true})
	})
}
