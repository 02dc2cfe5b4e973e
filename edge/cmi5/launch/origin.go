package launch

import (
	"fmt"
	"html"
	"net/http"
	"strings"

	"preau"
	"preau/edge/cmi5/course"
	"preau/internal/httpkit"
	"preau/media/blob"
)

// What courses are on the second origin: their files are packs under prefix
// (items of the catalogue are ARKs), and AUs come back by returnPath.
const (
	prefix     = "cours/"
	returnPath = "/p/retour/"
	endpoint   = "/xapi/"
)

// Content is the path, on the second origin, of a course's files, up to and
// with the last slash.
func Content(id string) string { return "/p/" + prefix + id + "/-/" }

// Return is the path of the page that leads back to the course.
func Return(id string) string { return returnPath + id }

// File finds a file of a course; not ok when the item is no course.
func (l *Launches) File(r *http.Request, item, path string) (d blob.Digest, kind string, ok bool, err error) {
	id, ok := strings.CutPrefix(item, prefix)
	if !ok {
		return d, "", false, nil
	}
	d, err = l.Courses.File(r.Context(), id, path)
	return d, course.TypeOf(path), true, err
}

// Reach lets AUs ask the record store and their fetch URL, and nothing else of
// the main origin, which is host.
func Reach(host func(*http.Request) string) func(*http.Request, string) string {
	return func(r *http.Request, item string) string {
		if !strings.HasPrefix(item, prefix) {
			return ""
		}
		return host(r) + endpoint + " " + host(r) + FetchPath
	}
}

// InstallReturn adds the page where an AU leads when it is done: in a frame it
// tells the page around, in a window of its own it goes back to the course. It
// lies on the second origin: what frames AUs must not show pages.
func InstallReturn(kit *httpkit.Kit, mux *http.ServeMux, host func(*http.Request) string) {
	kit.HandleFunc(mux, "GET /p/retour/{course}", func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("course")
		if strings.ContainsAny(r.Host, "<>;, '\"") || len(id) > 64 || strings.ContainsAny(id, "<>\"'/\\") {
			return preau.E(preau.Invalid, "that is no course", "Go back to the home page.", nil)
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; frame-ancestors "+host(r))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		_, err := fmt.Fprintf(w, `<!doctype html><meta charset="utf-8"><title>Préau</title><a href="%s">Préau</a>
<script>if (parent !== window) parent.postMessage({type: "preau.return"}, "*"); else location.replace(document.links[0].href)</script>
`, html.EscapeString(host(r)+"/eleve/cours/"+id))
		return err
	})
}
