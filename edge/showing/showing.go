// Package showing finds what a teacher can open for a class, in the catalogue
// of the box. It promises that what it lists is whole on the box now, a
// collection's members in their order, and that a resource gone from the
// catalogue still has its name where a plan asks for it. It refuses nothing
// of its own: the hub decides again when a class opens one.
package showing

import (
	"context"
	"io/fs"
	"os"
	"slices"
	"sync"

	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// Item is one thing that can be opened.
type Item struct {
	ID, Kind, Title string
	Poster          string // URL, or nothing
	Duration        int    // seconds, 0 when it has none
	Paged           bool   // it has pages to turn
}

// Finder looks in one box's catalogue.
type Finder struct {
	Catalogue *catalogue.Catalogue
	// Title names what is in no catalogue: a part of a course, as statements
	// call it.
	Title func(ctx context.Context, id, lang string) (string, bool)
	Blobs interface {
		Open(d blob.Digest) (*os.File, fs.FileInfo, error)
	}

	counting sync.Mutex       // held while a document is read: one at a time is in memory
	counted  map[string]known // by digest
}

// What is listed at once: a page that opens fast; a search finds the rest.
const (
	listed = 48
	found  = 24
)

// First lists what can be shown now, collections themselves left out, and
// says whether there is more.
func (f *Finder) First(ctx context.Context) (list []Item, more bool, err error) {
	page, err := f.Catalogue.Items(ctx, catalogue.Query{Limit: listed, Here: true})
	if err != nil {
		return nil, false, err
	}
	for i, it := range page.Items {
		switch {
		case len(list) >= listed:
			return list, true, nil
		case it.Kind == notice.KindCollection:
			members, err := f.Catalogue.Members(ctx, it.ID, false)
			if err != nil {
				return nil, false, err
			}
			for _, m := range members {
				if list, err = f.appendAvailable(ctx, list, m); err != nil {
					return nil, false, err
				}
			}
		case it.PartOf == "" || !holds(page.Items[:i], it.PartOf) && !holds(page.Items[i:], it.PartOf):
			if list, err = f.appendAvailable(ctx, list, it); err != nil {
				return nil, false, err
			}
		}
	}
	return list[:min(len(list), listed)], page.Next != "" || len(list) > listed, nil
}

func holds(items []catalogue.Item, id string) bool {
	return slices.ContainsFunc(items, func(it catalogue.Item) bool { return it.ID == id })
}

// OnBox searches all that can be shown now by words, a kind, or both, and
// says whether there is more.
func (f *Finder) OnBox(ctx context.Context, words, kind string) (list []Item, more bool, err error) {
	page, err := f.Catalogue.Items(ctx, catalogue.Query{Q: words, Kind: kind, Here: true, Limit: found})
	if err != nil {
		return nil, false, err
	}
	for _, it := range page.Items {
		if it.Kind != notice.KindCollection && it.Kind != notice.KindOffer {
			if list, err = f.appendAvailable(ctx, list, it); err != nil {
				return nil, false, err
			}
		}
	}
	return list, page.Next != "", nil
}

// Search finds by words what a lesson is prepared with, here already or not.
func (f *Finder) Search(ctx context.Context, words string) (list []Item, err error) {
	page, err := f.Catalogue.Items(ctx, catalogue.Query{Q: words, Limit: 12, Staff: true})
	if err != nil {
		return nil, err
	}
	for _, it := range page.Items {
		list = append(list, shown(it))
	}
	return list, nil
}

// One finds a resource by its id, which may be gone from the catalogue.
func (f *Finder) One(ctx context.Context, id string) (Item, bool) {
	it, err := f.Catalogue.Item(ctx, id, true)
	if err != nil {
		title, ok := f.Title(ctx, id, "fr")
		return Item{ID: id, Kind: notice.KindApp, Title: title}, ok
	}
	out := shown(it)
	return out, f.turns(ctx, &it, &out) == nil
}

func (f *Finder) appendAvailable(ctx context.Context, list []Item, it catalogue.Item) ([]Item, error) {
	if !it.Available {
		return list, nil
	}
	list = append(list, shown(it))
	return list, f.turns(ctx, &it, &list[len(list)-1])
}

// turns notes that a pack has pages to turn.
func (f *Finder) turns(ctx context.Context, it *catalogue.Item, out *Item) error {
	pages, err := f.Catalogue.HTMLPages(ctx, it)
	out.Paged = out.Paged || len(pages) > 1
	return err
}

func shown(it catalogue.Item) Item {
	out := Item{ID: it.ID, Kind: it.Kind, Title: it.Title, Duration: int(it.Duration + 0.5)}
	for _, a := range it.Assets {
		switch {
		case a.Role == notice.RolePoster:
			out.Poster = "/blobs/" + a.SHA256
		case a.Role == notice.RoleMain && a.Mime == "application/pdf":
			out.Paged = true
		}
	}
	return out
}
