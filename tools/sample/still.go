package main

import (
	"context"
	"path/filepath"
)

// posterOf says which drawing stands for which item; the films' posters are
// pictures of the films.
var posterOf = map[string]string{
	"adjectif":            "collection",
	"lecture-ballon":      "document",
	"exercice-adjectif":   "app",
	"sujet-grammaire-dnb": "subject",
}

func makePosters(ctx context.Context, b *browser, o options) error {
	if err := b.size(640, 360); err != nil {
		return err
	}
	for slug, drawing := range posterOf {
		png, err := b.frame(drawing, 0, nil)
		if err != nil {
			return err
		}
		if err := savePoster(ctx, png, filepath.Join(o.out, "items", slug, "poster.webp")); err != nil {
			return err
		}
	}
	drawings, err := b.drawings()
	if err != nil {
		return err
	}
	for name, svg := range drawings {
		if err := write(filepath.Join(o.out, "items", filepath.FromSlash(name)), []byte(svg)); err != nil {
			return err
		}
	}
	return nil
}

// makePapers prints the exam paper and its key.
func makePapers(_ context.Context, b *browser, o options) error {
	dir := filepath.Join(o.out, "items", "sujet-grammaire-dnb")
	if err := b.print("sujet.html", filepath.Join(dir, "sujet.pdf")); err != nil {
		return err
	}
	return b.print("corrige.html", filepath.Join(dir, "corrige.pdf"))
}
