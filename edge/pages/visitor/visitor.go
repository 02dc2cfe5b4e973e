// Package visitor is what all audiences' pages say of whoever opens them: the
// name and the way out at the top of a page, who a handler works for, and the
// lesson that the path names. It promises one answer to each; it refuses to decide what a role may do, which
// the guard of package access did before.
package visitor

import (
	"net/http"

	"preau"
	"preau/edge/access"
	"preau/edge/web"
)

// Sessions tells who is behind a request; access.Access does.
type Sessions interface {
	Session(r *http.Request) (access.Session, bool)
}

// Who is the session that the guard let in.
func Who(a Sessions, r *http.Request) (access.Session, error) {
	s, ok := a.Session(r)
	if !ok {
		return s, preau.E(preau.Unauthorized, "nobody is signed in", "Sign in first.", nil)
	}
	return s, nil
}

// Adult shows the name, the way out and the account.
func Adult(a Sessions) func(*http.Request) web.Viewer {
	return func(r *http.Request) web.Viewer {
		s, ok := a.Session(r)
		if !ok {
			return web.Viewer{}
		}
		return web.Viewer{Name: s.Name, SignOut: "/deconnexion", Account: "/compte/"}
	}
}

// Pupil shows the name and the way out, and takes part in the class.
func Pupil(a Sessions) func(*http.Request) web.Viewer {
	return func(r *http.Request) web.Viewer {
		s, ok := a.Session(r)
		if !ok {
			return web.Viewer{}
		}
		return web.Viewer{Name: s.Name, Person: s.Person, SignOut: "/deconnexion", Live: s.Role == access.Pupil}
	}
}
