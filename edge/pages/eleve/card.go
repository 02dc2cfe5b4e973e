package eleve

import (
	"context"
	"net/url"
	"strings"

	"preau/edge/progress"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// card is an item in a list: what it is, how long, how far one got, and
// whether it is here.
type card struct {
	ID, URL, Title string
	Kind           string
	Domaine        domaine
	Poster         string // URL, or nothing: the domaine's glyph is drawn
	Length         int    // seconds; 0 when it has none
	Number         int    // its place in a collection
	Part           string // the collection's title, when the list is not about it
	Progress       int    // percent
	Position       int    // seconds
	Done           bool
	Available      bool
}

func (p *pupils) card(ctx context.Context, it catalogue.Item, lang string) card {
	c := card{
		ID: it.ID, URL: itemURL(it.ID), Title: it.Title, Kind: it.Kind, Length: int(it.Duration + .5), Available: it.Available || it.Kind == notice.KindCollection,
		Domaine: p.domaineOf(ctx, it.Taxons, lang),
	}
	for _, a := range it.Assets {
		if a.Role == notice.RolePoster {
			c.Poster = blobURL(a)
		}
	}
	return c
}

// seen adds how far the pupil got.
func (c card) seen(e progress.Entry) card {
	c.Done, c.Position = e.Done, int(e.Position.Seconds())
	if e.Progress > 0 || c.Position > 0 {
		c.Progress = min(99, max(1, int(e.Progress*100)))
	}
	if e.Length > 0 && c.Length == 0 {
		c.Length = int(e.Length.Seconds())
	}
	return c
}

func blobURL(a catalogue.Asset) string { return "/blobs/" + a.SHA256 }

// itemURL keeps an ARK readable; an id with an empty segment is escaped, or
// the mux would clean it into another.
func itemURL(id string) string {
	escaped := url.PathEscape(id)
	if !strings.Contains(id, "//") && !strings.Contains(id, "/.") {
		escaped = strings.ReplaceAll(escaped, "%2F", "/")
	}
	return "/eleve/ressource/" + escaped
}

// asset finds the first one of a role.
func asset(it catalogue.Item, role string) (catalogue.Asset, bool) {
	for _, a := range it.Assets {
		if a.Role == role {
			return a, true
		}
	}
	return catalogue.Asset{}, false
}
