package privacy

import (
	"net/http"

	"preau/internal/httpkit"
)

// InstallAdmin adds the commands' side.
func (p *Privacy) InstallAdmin(handle func(pattern string, h httpkit.Handler)) {
	handle("POST /admin/privacy/purge", func(w http.ResponseWriter, r *http.Request) error {
		proof, err := p.Purge(r.Context())
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, proof)
	})
	handle("GET /admin/privacy/export/{pid}", func(w http.ResponseWriter, r *http.Request) error {
		return p.Export(r.Context(), r.PathValue("pid"), w)
	})
	handle("POST /admin/privacy/erase/{pid}", func(w http.ResponseWriter, r *http.Request) error {
		waiting, err := p.Erase(r.Context(), r.PathValue("pid"))
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, Erased{Erased: true, Waiting: waiting})
	})
}

// Erased answers an erasure.
type Erased struct {
	Erased  bool `json:"erased"`
	Waiting int  `json:"waiting"` // statements that go once they were delivered
}
