package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"preau/internal/httpkit"
)

//go:embed templates i18n/fr.json i18n/en.json
var templates embed.FS

//go:embed icons/*.png
var icons embed.FS

// Options are what differs from box to box.
type Options struct {
	School string // « Collège Jean-Moulin »
	Accent Accent // empty: DefaultAccent
	Log    *slog.Logger
}

// Site is what all audiences share.
type Site struct {
	options Options
	assets  *assets
	words   catalogue
	glyphs  glyphs
	theme   string // URL of the accent's style
	font    string // URL of the font to preload
	own     *Pages // of no audience: problems before a page is known
}

// New reads the bundle and checks the accent.
func New(o Options) (*Site, error) {
	if o.Accent == "" {
		o.Accent = DefaultAccent
	}
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the bundle: %w", err)
	}
	s := &Site{options: o}
	if s.assets, err = openAssets(sub); err != nil {
		return nil, err
	}
	if s.glyphs, err = readGlyphs(); err != nil {
		return nil, err
	}
	if s.words, err = readCatalogue(templates); err != nil {
		return nil, fmt.Errorf("open package web: %w", err)
	}
	css, err := themeCSS(o.Accent)
	if err != nil {
		return nil, fmt.Errorf("open the theme: %w", err)
	}
	sum := sha256.Sum256(css)
	name := "theme-" + base64.RawURLEncoding.EncodeToString(sum[:6]) + ".css"
	s.assets.add(name, css)
	s.theme = assetPrefix + name
	s.font = s.assets.url("atkinson-hyperlegible-next-latin-wght-normal.woff2")
	mark := []byte(s.glyphs.icon())
	s.assets.add("mark.svg", mark)
	if err := s.addIcons(); err != nil {
		return nil, err
	}
	if s.own, err = s.Open(Audience{Name: "site"}); err != nil {
		return nil, err
	}
	return s, nil
}

// Problem renders a problem met before any audience is chosen, as
// Pages.Problem does.
func (s *Site) Problem(w http.ResponseWriter, r *http.Request, p httpkit.Problem) {
	s.own.Problem(w, r, p)
}

// Install adds what every page needs: assets, the mark, the choice of language.
func (s *Site) Install(mux *http.ServeMux) {
	kit := &httpkit.Kit{Log: s.options.Log, Page: s.Problem}
	mux.Handle("GET "+assetPrefix, s.assets)
	mux.Handle("GET /favicon.ico", http.RedirectHandler(assetPrefix+"mark.svg", http.StatusFound))
	kit.HandleFunc(mux, "POST /langue", chooseLanguage)
}

// CSP is the policy of every page: everything from this box, nothing inline.
// packPorts are those of the second origin, where packs' HTML runs.
func CSP(packPorts ...string) string {
	frames := "'self'"
	for _, port := range packPorts {
		frames += " *:" + port
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
		"media-src 'self' blob:", "connect-src 'self'", "object-src 'self'", "frame-src " + frames,
		"worker-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'self'",
	}, "; ")
}
