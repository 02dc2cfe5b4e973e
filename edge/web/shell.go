package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
)

// iconSizes are those of the mark as pictures, for a tablet's home screen.
var iconSizes = []string{"192", "512"}

func (s *Site) addIcons() error {
	for _, size := range iconSizes {
		b, err := fs.ReadFile(icons, "icons/icon-"+size+".png")
		if err != nil {
			return fmt.Errorf("read the icon: %w", err)
		}
		s.assets.add("icon-"+size+".png", b)
	}
	return nil
}

// Shell is what the pages of an audience are made of besides themselves:
// styles, scripts, the font and the mark, at addresses that change with their
// content.
func (s *Site) Shell(audience string) []string {
	urls := []string{s.theme, s.font, assetPrefix + "mark.svg"}
	for logical, name := range s.assets.manifest.Files {
		folder, _, inside := strings.Cut(logical, "/")
		shared := !inside && (logical == "shell.js" || strings.HasPrefix(logical, "p-"))
		if logical == "p-pdf-worker.js" {
			continue // large, and fetched when a PDF is opened
		}
		if !shared && folder != audience && logical != audience+".css" && logical != audience+".js" {
			continue
		}
		urls = append(urls, assetPrefix+name)
		for _, chunk := range s.assets.manifest.Imports[logical] {
			urls = append(urls, assetPrefix+chunk)
		}
	}
	slices.Sort(urls)
	return slices.Compact(urls)
}

// Worker answers with the service worker, which begins with what it keeps of
// an audience's shell, and with the page for when even that is gone. Another
// build is another script: browsers then replace the old one.
func (s *Site) Worker(audience, bare string) (http.HandlerFunc, error) {
	f := s.assets.files[s.assets.manifest.Files["worker.js"]]
	if f == nil {
		return nil, fmt.Errorf("the bundle has no worker.js: run make web")
	}
	shell := s.Shell(audience)
	sum := sha256.New()
	_, _ = sum.Write([]byte(strings.Join(shell, "\n")))
	_, _ = sum.Write(f.plain())
	facts, err := json.Marshal(map[string]any{"build": base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9]), "shell": shell, "bare": bare, "whose": WhoseHeader})
	if err != nil {
		return nil, fmt.Errorf("encode the shell: %w", err)
	}
	script := slices.Concat([]byte("self.preau="), facts, []byte(";\n"), f.plain())
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", mimeOf("worker.js"))
		h.Set("Cache-Control", "no-cache")
		h.Set("Service-Worker-Allowed", "/")
		_, _ = w.Write(script) // the reader may be gone
	}, nil
}

// Manifest answers with what a tablet needs to put the pages on its home
// screen.
func (s *Site) Manifest() (http.HandlerFunc, error) {
	type icon struct {
		Src     string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose,omitempty"`
	}
	list := []icon{{Src: assetPrefix + "mark.svg", Sizes: "any", Type: "image/svg+xml"}}
	for _, size := range iconSizes {
		list = append(list, icon{Src: assetPrefix + "icon-" + size + ".png", Sizes: size + "x" + size, Type: "image/png", Purpose: "any maskable"})
	}
	body, err := json.Marshal(map[string]any{
		"id": "/", "name": strings.TrimSpace("Préau " + s.options.School), "short_name": "Préau", "lang": "fr", "start_url": "/", "scope": "/",
		"display": "standalone", "background_color": "#fdfaf4", "theme_color": "#fdfaf4", "icons": list,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the manifest: %w", err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/manifest+json; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(body) // the reader may be gone
	}, nil
}
