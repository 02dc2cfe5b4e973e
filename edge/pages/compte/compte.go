// Package compte is what adults see of their own account: the passkeys that let
// them in, to add, name and remove; and the door for who holds one. The
// direction and technicians see everybody's, to take a lost one back, and the
// school's boards, to remember them by their rooms or forget them. It
// promises that a key is added by whoever knows the passphrase, not by whoever
// finds the screen open, and that the pages say in words what is missing where
// passkeys cannot work. It refuses pupils; the guard of package access does it
// first.
package compte

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"preau/edge/access"
	"preau/edge/access/passkey"
	"preau/edge/directory"
	"preau/edge/live/pairing"
	"preau/edge/pages/visitor"
	"preau/edge/web"
	"preau/internal/httpkit"
)

//go:embed i18n/*.json */*.html
var files embed.FS

// Deps are what the box lends.
type Deps struct {
	Site      *web.Site
	Access    *access.Access
	Passkeys  *passkey.Passkeys
	Directory *directory.Directory
	Boards    *pairing.Pairing
	Zone      *time.Location
	Log       *slog.Logger
}

type account struct {
	Deps
	pages *web.Pages
}

// Install adds the routes.
func Install(mux *http.ServeMux, deps Deps) error {
	a := &account{Deps: deps}
	pages, err := deps.Site.Open(web.Audience{Name: "compte", Home: "/", Files: files, Pages: []string{"cles", "ecole", "tableaux"}, Viewer: visitor.Adult(deps.Access)})
	if err != nil {
		return fmt.Errorf("install the account's pages: %w", err)
	}
	a.pages = pages
	kit := &httpkit.Kit{Log: deps.Log, Page: pages.Problem}
	for pattern, h := range map[string]httpkit.Handler{
		"POST /connexion/cle/demande": a.ask,
		"POST /connexion/cle":         a.enter,

		"GET /compte/{$}":                  a.own,
		"POST /compte/cles/demande":        a.offer,
		"POST /compte/cles":                a.add,
		"POST /compte/cles/{key}/nommer":   a.rename,
		"POST /compte/cles/{key}/retirer":  a.remove,
		"GET /compte/ecole/{$}":            a.school,
		"POST /compte/ecole/{key}/retirer": a.takeBack,
		"GET /compte/ecole/tableaux":       a.boards,
		"POST /compte/ecole/tableaux":      a.changeBoard,
	} {
		kit.HandleFunc(mux, pattern, h)
	}
	return nil
}

// who is the session that the guard let in.
func (a *account) who(r *http.Request) (access.Session, error) { return visitor.Who(a.Access, r) }

type keyView struct {
	Ref, Name, Host, Added, Used string
	Here                         bool // made for the name this page was opened by
}

type ownView struct {
	Keys []keyView
	Home string
	// Why no key can be added here: plain, address, passing; or nothing.
	Why, Host string
	Office    bool
}

// own lists the keys of whoever asks.
func (a *account) own(w http.ResponseWriter, r *http.Request) error {
	s, err := a.who(r)
	if err != nil {
		return err
	}
	v := ownView{Home: s.Role.Home(), Office: s.Role != access.Teacher}
	at, err := passkey.SiteOf(r)
	switch {
	case s.Person == "":
		v.Why = "passing"
	case errors.Is(err, passkey.ErrPlain):
		v.Why = "plain"
	case err != nil:
		v.Why = "address"
	}
	if v.Host = at.Host; v.Host == "" {
		v.Host = "preau.local"
	}
	if s.Person != "" {
		keys, err := a.Passkeys.Of(r.Context(), s.Person)
		if err != nil {
			return err
		}
		for _, key := range keys {
			v.Keys = append(v.Keys, a.view(key, at.Host))
		}
	}
	return a.pages.Render(w, r, http.StatusOK, "cles", v)
}

func (a *account) view(key passkey.Key, host string) keyView {
	v := keyView{Ref: key.Ref, Name: key.Name, Host: key.Host, Added: key.Created.In(a.Zone).Format("02/01/2006"), Here: key.Host == host}
	if !key.Used.IsZero() {
		v.Used = key.Used.In(a.Zone).Format("02/01/2006")
	}
	return v
}

// maxBody is well over what any browser sends of a key.
const maxBody = 64 << 10

// body reads what a script posts.
func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read a posted key: %w", err)
	}
	return b, nil
}
