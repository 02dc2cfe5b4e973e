package tableau

import (
	"net/http"
	"net/url"
	"strings"

	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// sceneView is an item alone, as a board or a tablet shows it to a class.
type sceneView struct {
	ID, Title, Kind string
	Exercise        bool // what is done in it is a pupil's work
	Poster          string
	Sources         []source
	Subtitles       []source
	Signed          *source
	Described       *source // the film's sound, described: for one pupil, not for a room
	Page, PDF       string
	Base            string // of the pages of a pack that has several
	Leaves          string // their paths under Base as URLs have them, between spaces
	Image, Alt      string
}

type source struct{ URL, Mime, Lang string }

// scene renders what the teacher opened. Anybody on the school's network may
// browse; what is for staff is not shown here to anybody.
func (a *audience) scene(w http.ResponseWriter, r *http.Request) error {
	it, err := a.Items.Item(r.Context(), r.PathValue("id"), false)
	if err != nil {
		return err
	}
	v := sceneView{ID: it.ID, Title: it.Title, Kind: it.Kind, Exercise: it.Kind == notice.KindQuiz || it.Kind == notice.KindApp}
	missing := map[string]bool{}
	for _, sum := range it.Missing {
		missing[sum] = true
	}
	for _, asset := range it.Assets {
		if !missing[asset.SHA256] {
			a.place(r, &v, it, asset)
		}
	}
	if v.Page != "" {
		if err := a.leaves(r, &v, &it); err != nil {
			return err
		}
	}
	return a.pages.Render(w, r, http.StatusOK, "scene", v)
}

// leaves lists the pages of a pack, so that a screen turns them by their
// numbers alone: what the teacher's remote says is no path.
func (a *audience) leaves(r *http.Request, v *sceneView, it *catalogue.Item) error {
	pages, err := a.Items.HTMLPages(r.Context(), it)
	if err != nil || len(pages) < 2 {
		return err
	}
	paths := make([]string, len(pages))
	for i, p := range pages {
		paths[i] = strings.ReplaceAll(url.PathEscape(p.Path), "%2F", "/")
	}
	v.Base, v.Leaves = a.Packs(r, it.ID), strings.Join(paths, " ")
	return nil
}

// place puts one file of the item where it belongs.
func (a *audience) place(r *http.Request, v *sceneView, it catalogue.Item, asset catalogue.Asset) {
	s := source{"/blobs/" + asset.SHA256, asset.Mime, asset.Lang}
	switch asset.Role {
	case notice.RolePoster:
		v.Poster = s.URL
	case notice.RoleSubtitles:
		v.Subtitles = append(v.Subtitles, s)
	case notice.RoleSignLanguage:
		v.Signed = &s
	case notice.RoleAudioDesc:
		v.Described = &s
	case notice.RoleMain:
		switch {
		case strings.HasPrefix(asset.Mime, "video/"), strings.HasPrefix(asset.Mime, "audio/"):
			v.Sources = append(v.Sources, s)
		case strings.HasPrefix(asset.Mime, "text/html"):
			if base := a.Packs(r, it.ID); base != "" {
				v.Page = base + asset.Path
			}
		case asset.Mime == "application/pdf":
			v.PDF = s.URL
		case strings.HasPrefix(asset.Mime, "image/"):
			v.Image, v.Alt = s.URL, it.Description
		}
	}
}
