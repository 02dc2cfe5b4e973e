// Package showing finds what a teacher can open for a class, in the catalogue
// of the box. It promises that what it lists is whole on the box now, a
// collection's members in their order, and that a resource gone from the
// catalogue still has its name where a plan asks for it. It refuses nothing
// of its own: the hub decides again when a class opens one.
package showing

import (
	"context"

	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// Item is one thing that can be opened.
type Item struct {
	ID, Kind, Title string
	Poster          string // URL, or nothing
	Duration        int    // seconds, 0 when it has none
}

// Finder looks in one box's catalogue.
type Finder struct {
	Catalogue *catalogue.Catalogue
	// Title names what is in no catalogue: a part of a course, as statements
	// call it.
	Title func(ctx context.Context, id, lang string) (string, bool)
}

// most is how many are listed without a search.
const most = 1000

// All lists what can be shown now, collections themselves left out.
func (f *Finder) All(ctx context.Context) (list []Item, err error) {
	q := catalogue.Query{Limit: 200}
	for {
		page, err := f.Catalogue.Items(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, it := range page.Items {
			switch {
			case it.Kind == notice.KindCollection:
				members, err := f.Catalogue.Members(ctx, it.ID, false)
				if err != nil {
					return nil, err
				}
				for _, m := range members {
					list = appendAvailable(list, m)
				}
			case it.PartOf == "":
				list = appendAvailable(list, it)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(list) > most {
			return list, nil
		}
	}
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
	return shown(it), true
}

func appendAvailable(list []Item, it catalogue.Item) []Item {
	if !it.Available {
		return list
	}
	return append(list, shown(it))
}

func shown(it catalogue.Item) Item {
	out := Item{ID: it.ID, Kind: it.Kind, Title: it.Title, Duration: int(it.Duration + 0.5)}
	for _, a := range it.Assets {
		if a.Role == notice.RolePoster {
			out.Poster = "/blobs/" + a.SHA256
		}
	}
	return out
}
