package web

import (
	"net/http"
	"slices"
	"strings"

	"preau"
)

const languageCookie = "langue"

// Language is what the visitor reads: their choice, else French.
func Language(r *http.Request) string {
	if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(languages, c.Value) {
		return c.Value
	}
	return languages[0]
}

// chooseLanguage keeps the choice on the device and goes back to the page.
func chooseLanguage(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	lang := r.PostFormValue("lang")
	if !slices.Contains(languages, lang) {
		return preau.E(preau.Invalid, "that language is not spoken here", "Choose one of: "+strings.Join(languages, ", ")+".", nil)
	}
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: lang, Path: "/", MaxAge: 400 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, LocalPath(r.PostFormValue("back")), http.StatusSeeOther)
	return nil
}

// LocalPath returns p when it is a path of this box, else the home: a form
// must not be a way to another site.
func LocalPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return "/"
	}
	return p
}
