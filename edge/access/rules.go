package access

import (
	"context"
	"net/http"
	"slices"

	"preau"
	"preau/internal/httpkit"
)

// Rule says who may use the routes under a ServeMux pattern. The most
// specific pattern wins; what no pattern matches is closed.
type Rule struct {
	Pattern string
	Roles   []Role // empty: anybody, signed in or not
}

// Rules is the one table of routes and roles. Handlers may refuse more than
// it does (a pupil's own progress only), never allow more.
func Rules() []Rule {
	anybody := []Role{}
	people := []Role{Pupil, Teacher, Principal, Technician}
	teaching := []Role{Teacher, Principal}
	return []Rule{
		// Doors.
		{"GET /{$}", anybody},
		{"GET /connexion/", anybody},
		{"POST /connexion/", anybody},
		{"GET /connexion", anybody},
		{"POST /deconnexion", anybody},
		{"POST /langue", anybody},
		{"GET /assets/", anybody},
		{"GET /favicon.ico", anybody},
		{"GET /accessibilite", anybody},
		{"GET /confidentialite", anybody},
		{"GET /healthz", anybody},
		{"GET /readyz", anybody},

		// Audiences. Staff may look at a pupil's page to help; a board asks
		// to be paired before it is anybody.
		{"GET /eleve/", people},
		{"POST /eleve/", []Role{Pupil}},
		{"/prof/", teaching},
		{"/direction/", []Role{Principal}},
		{"/technicien/", []Role{Technician}},
		{"/compte/", []Role{Teacher, Principal, Technician}},
		{"/compte/ecole/", []Role{Principal, Technician}}, // everybody's, to take back
		{"GET /tableau", anybody}, {"GET /tableau/etat", anybody},
		{"GET /scene/", anybody}, // what a class is shown; nothing for staff

		// The class. The hub knows boards by tokens of their own, which no
		// session has, and refuses whoever is nobody.
		{"GET /live", anybody},
		{"POST /live/boards", anybody},
		{"POST /live/claim", teaching}, {"POST /live/take", teaching}, {"GET /live/boards", teaching},
		{"POST /live/unpair", anybody}, {"POST /live/forget", anybody},

		// Content: the streamer asks for the session when a blob is
		// restricted to staff.
		{"GET /blobs/{sha256}", anybody},

		// The API.
		{"GET /api/v1/openapi.json", anybody},
		{"GET /api/v1/status", anybody},
		{"GET /api/v1/session", anybody},
		{"GET /api/v1/items", anybody},
		{"GET /api/v1/items/{id...}", anybody},
		{"POST /api/v1/progress", []Role{Pupil}},
		{"POST /api/v1/launches", []Role{Pupil}},
		{"POST /api/v1/results", []Role{Pupil}},
		{"POST /api/v1/registers", teaching},
		{"POST /api/v1/registers/{id}/reopen", teaching},

		// Loopback is let in by the box itself.
		{"GET /metrics", []Role{Technician}},
	}
}

type sessionKey struct{}

// declared marks the handlers of the guard's own mux.
type declared struct{ roles []Role }

func (declared) ServeHTTP(http.ResponseWriter, *http.Request) {}

// Guard closes every route of next but those that rules open to the session
// behind the request, and gives next that session in the context.
func (a *Access) Guard(kit *httpkit.Kit, rules []Rule, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, rule := range rules {
		mux.Handle(rule.Pattern, declared{rule.Roles})
	}
	return kit.Handle(func(w http.ResponseWriter, r *http.Request) error {
		h, pattern := mux.Handler(r)
		rule, ok := h.(declared)
		switch {
		case !ok && pattern != "":
			h.ServeHTTP(w, r) // the mux cleans the path or adds its slash
			return nil
		case !ok:
			return preau.E(preau.NotFound, "there is nothing at this address", "Go back to the home page.", nil)
		}
		s, signed := a.Session(r)
		if len(rule.roles) > 0 {
			if err := allow(s, signed, rule.roles); err != nil {
				return err
			}
		}
		if signed {
			r = r.WithContext(context.WithValue(r.Context(), sessionKey{}, s))
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// Require is the same check for one handler: a page states its audience
// beside its code as well.
func (a *Access) Require(roles ...Role) func(httpkit.Handler) httpkit.Handler {
	return func(h httpkit.Handler) httpkit.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			s, signed := a.Session(r)
			if err := allow(s, signed, roles); err != nil {
				return err
			}
			return h(w, r.WithContext(context.WithValue(r.Context(), sessionKey{}, s)))
		}
	}
}

func allow(s Session, signed bool, roles []Role) error {
	switch {
	case !signed:
		return preau.E(preau.Unauthorized, "nobody is signed in here", "Sign in first.", nil)
	case !slices.Contains(roles, s.Role):
		return preau.E(preau.Forbidden, "this page is not for you", "Sign in as somebody it is for.", nil)
	}
	return nil
}
