package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Viewer is who looks at a page, as the header shows it.
type Viewer struct {
	Name    string // empty when nobody signed in
	Person  string // pid: what a tablet keeps is sent for its owner alone
	SignOut string // where the form that signs out posts
	Account string // where the name leads; empty: nowhere
	Live    bool   // the page follows the class: the live element starts
}

// Audience is a set of pages for the same people.
type Audience struct {
	Name  string   // also the name of its css and js
	Home  string   // where the mark in the header leads
	Files fs.FS    // one folder a page, i18n, parts
	Pages []string // every page folder: one that is missing here or there is refused
	Bare  bool     // no header or footer: the board
	// Viewer says who asks; nil means nobody ever signs in.
	Viewer func(*http.Request) Viewer
}

// Pages renders the pages of one audience.
type Pages struct {
	site     *Site
	audience Audience
	words    catalogue
	// templates by language and page, each with its language's functions.
	templates map[string]map[string]*onDemand
	scripts   map[string]scripts // by page
}

// onDemand is a page's template from the first time that it is shown on: those of
// all pages in both languages take 20 MB, and most are seldom asked for.
type onDemand struct {
	once sync.Once
	t    *template.Template
	err  error
}

// scripts are what a page loads.
type scripts struct{ Modules, Preloads []string }

// frame is what the layout sees; a page sees Data.
type frame struct {
	Lang, Other string
	Path        string
	Page        string
	Audience    string
	Home        string
	School      string
	Style       string
	Theme       string
	Font        string
	Scripts     scripts
	LiveScript  string
	Viewer      Viewer
	Data        any
}

// Open parses and checks the pages of an audience.
func (s *Site) Open(a Audience) (*Pages, error) {
	all := s.words
	if a.Files == nil {
		a.Files = embed.FS{} // problems only
	} else {
		own, err := readCatalogue(a.Files)
		if err != nil {
			return nil, fmt.Errorf("open pages of %s: %w", a.Name, err)
		}
		if all, err = s.words.with(own); err != nil {
			return nil, fmt.Errorf("open pages of %s: %w", a.Name, err)
		}
	}
	if a.Home == "" {
		a.Home = "/"
	}
	p := &Pages{site: s, audience: a, words: all, templates: map[string]map[string]*onDemand{}, scripts: map[string]scripts{}}
	if s.assets.url(a.Name+".css") == "" {
		return nil, fmt.Errorf("open pages of %s: the bundle has no %s.css: add it and run make web", a.Name, a.Name)
	}
	if err := p.declared(); err != nil {
		return nil, fmt.Errorf("open pages of %s: %w", a.Name, err)
	}
	for _, lang := range languages {
		p.templates[lang] = map[string]*onDemand{}
		for _, page := range append(slices.Clone(a.Pages), problemPage) {
			if _, err := p.parse(lang, page); err != nil {
				return nil, fmt.Errorf("open page %s/%s: %w", a.Name, page, err)
			}
			p.templates[lang][page] = &onDemand{}
			p.scripts[page] = p.scriptsOf(page)
		}
	}
	return p, nil
}

// declared compares the folders with the list.
func (p *Pages) declared() error {
	found, err := fs.Glob(p.audience.Files, "*/*.html")
	if err != nil {
		return fmt.Errorf("list templates: %w", err)
	}
	var have []string
	for _, path := range found {
		folder, file, _ := strings.Cut(path, "/")
		if folder == "parts" {
			continue
		}
		if file != folder+".html" {
			return fmt.Errorf("template %s is not used: a page's template is FOLDER/FOLDER.html, a shared one lies in parts/", path)
		}
		if !slices.Contains(p.audience.Pages, folder) {
			return fmt.Errorf("page %s is not declared", folder)
		}
		have = append(have, folder)
	}
	for _, page := range p.audience.Pages {
		if !slices.Contains(have, page) {
			return fmt.Errorf("page %s is declared and has no template", page)
		}
	}
	return nil
}

func (p *Pages) parse(lang, page string) (*template.Template, error) {
	layout := "base"
	if p.audience.Bare {
		layout = "bare"
	}
	t := template.New(page).Option("missingkey=error").Funcs(p.functions(lang))
	t, err := t.ParseFS(templates, "templates/"+layout+".html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	if parts, _ := fs.Glob(p.audience.Files, "parts/*.html"); len(parts) > 0 {
		if t, err = t.ParseFS(p.audience.Files, parts...); err != nil {
			return nil, fmt.Errorf("parse parts: %w", err)
		}
	}
	if page == problemPage {
		t, err = t.ParseFS(templates, "templates/"+problemPage+".html")
	} else {
		t, err = t.ParseFS(p.audience.Files, page+"/"+page+".html")
	}
	if err != nil {
		return nil, fmt.Errorf("parse template: %w", err)
	}
	return t, p.check(lang, t)
}

func (p *Pages) scriptsOf(page string) (s scripts) {
	seen := map[string]bool{}
	for _, logical := range []string{"shell.js", p.audience.Name + ".js", p.audience.Name + "/" + page + ".js"} {
		url := p.site.assets.url(logical)
		if url == "" {
			continue
		}
		s.Modules = append(s.Modules, url)
		for _, chunk := range p.site.assets.manifest.Imports[logical] {
			if !seen[chunk] {
				seen[chunk] = true
				s.Preloads = append(s.Preloads, assetPrefix+chunk)
			}
		}
	}
	return s
}

// Build names these pages as they are now: another version of the program
// whose pages, words, scripts or styles differ has another name.
func (p *Pages) Build() string {
	sum := sha256.New()
	for _, files := range []fs.FS{templates, p.audience.Files} {
		_ = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				var b []byte
				if b, err = fs.ReadFile(files, path); err == nil {
					sum.Write(b)
				}
			}
			return err // embedded files are read without fail
		})
	}
	for _, name := range slices.Sorted(maps.Keys(p.site.assets.files)) {
		sum.Write([]byte(name))
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12])
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render answers with a page. Nothing is written when the template fails.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	lang := Language(r)
	of := p.templates[lang][page]
	if of == nil {
		return fmt.Errorf("render %s: no such page", page)
	}
	of.once.Do(func() { of.t, of.err = p.parse(lang, page) })
	if of.err != nil {
		return fmt.Errorf("render %s: %w", page, of.err)
	}
	f := frame{
		Lang: lang, Other: languages[(slices.Index(languages, lang)+1)%len(languages)],
		Path: r.URL.RequestURI(), Page: page, Audience: p.audience.Name, Home: p.audience.Home,
		School: p.site.options.School, Style: p.site.assets.url(p.audience.Name + ".css"), Theme: p.site.theme, Font: p.site.font,
		Scripts: p.scripts[page], Data: data,
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		f.Path = p.audience.Home // a form's answer has no address to come back to
	}
	if p.audience.Viewer != nil {
		f.Viewer = p.audience.Viewer(r)
	}
	if f.Viewer.Live {
		f.LiveScript = p.site.assets.url("p-live.js")
	}
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	if err := of.t.ExecuteTemplate(buf, "layout", f); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	w.Header().Set(WhoseHeader, f.Viewer.Person)
	return send(w, r, status, lang, f.Viewer.Person == "", buf.Bytes())
}

// WhoseHeader says whose page an answer is, empty when nobody's: a tablet
// keeps it for that person alone.
const WhoseHeader = "Preau-Whose"

// send compresses, and answers 304 to who has the same page already. A page of
// somebody is stored nowhere: neither in the browser's cache nor in its
// history, where the next person of a shared tablet would find it.
func send(w http.ResponseWriter, r *http.Request, status int, lang string, open bool, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Cache-Control", "private, no-cache")
	if !open {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Vary", "Accept-Encoding, Cookie")
	if open && status == http.StatusOK && r.Method == http.MethodGet {
		sum := sha256.Sum256(body)
		etag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if len(body) < 1024 || !acceptsGzip(r) {
		w.WriteHeader(status)
		_, err := w.Write(body)
		return err
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	zw := gzip.NewWriter(w)
	if _, err := zw.Write(body); err != nil {
		return fmt.Errorf("send page: %w", err)
	}
	return zw.Close()
}
