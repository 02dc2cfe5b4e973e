// Package web is what every page of the product stands on: templates, words in
// two languages, the look, scripts and styles with hashed names. It promises
// that a page is complete HTML without JavaScript, that a fault which can be
// known before the first visitor (a template that does not parse, an
// undeclared page, a word missing in one language, an asset that is not in the
// bundle) stops the program at its start, and that no page asks anything of
// another host. It refuses inline scripts and styles: the policy of CSP
// forbids them.
//
// # Adding a page
//
// An audience is a package with its routes and one folder a page:
//
//	edge/pages/prof/
//	  prof.go              Audience value, Install(mux, deps)
//	  prof.css             @import "../../web/css/all.css"; then the pages' own, in @layer pages
//	  prof.js              optional: loaded on every page of the audience
//	  parts/*.html         optional: templates shared by its pages
//	  i18n/fr.json en.json its words: {"appel.title": "Faire l'appel",
//	                       "appel.absent": {"one": "{0} absent", "other": "{0} absents"}}
//	  appel/appel.html     {{define "title"}}…{{end}} {{define "main"}}…{{end}}
//	  appel/appel.css      imported by prof.css
//	  appel/appel.js       optional: loaded on this page alone, after prof.js
//
// It is opened once and rendered by handlers:
//
//	//go:embed i18n/*.json */*.html
//	var files embed.FS
//	pages, err := site.Open(web.Audience{Name: "prof", Files: files, Pages: []string{"appel"}, Viewer: who})
//	…
//	return pages.Render(w, r, http.StatusOK, "appel", data)
//
// In a template the dot is data, and $ too; page-wide facts are functions:
// {{t "key" args…}} words, with plural by the first number; {{lang}};
// {{glyph "name"}} an inline SVG of glyphs/; {{clock 74}} is 1:14;
// {{minutes 95}} is 2 min; {{asset "x"}} a URL; {{dict "a" 1 "b" 2}} gives a
// part several values. {{define "head"}} adds to <head>; {{define "nav"}} in a
// part is the audience's menu, and sees the layout's facts (.Page, .Viewer)
// rather than data. An audience that is
// Bare (the board) has no header nor footer.
//
// Parts of every audience: {{template "card" …}}, {{template "empty" …}} and
// others, in templates/parts.html.
//
// Words reach scripts as attributes or as hidden markup rendered by the
// server: a script holds no French. No attribute begins with data-on:
// html/template takes it for a handler and quotes its value.
//
// What a person did goes through the outbox, which keeps it on the tablet
// until the box has it:
//
//	import { outbox } from "../../../web/src/outbox.js";
//	await outbox.put("/api/v1/registers", { id: outbox.id(), … });
//
// Classes of components.css to build with: .button, .primary (one a screen),
// .quiet, .sheet, .cards and .card, .tiles and .tile, .meta, .tag, .note
// (.good, .bad), .section, .lead, .empty, .unseen (for screen readers only),
// and d-DOMAINE, which sets --d and --d-soft.
//
// After a change of js or css: go -C tools/web run . (make web), and commit
// edge/web/dist. TestDist_IsCurrent says when this was forgotten.
package web
