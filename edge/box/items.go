package box

import (
	"context"

	"preau/edge/pages/prof"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// showable lists what a teacher can open for a class: all that is here, a
// collection's members in their order, collections themselves left out.
func (b *Box) showable(ctx context.Context) (list []prof.Item, err error) {
	q := catalogue.Query{Limit: 200}
	for {
		page, err := b.items.Items(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, it := range page.Items {
			switch {
			case it.Kind == notice.KindCollection:
				members, err := b.items.Members(ctx, it.ID, false)
				if err != nil {
					return nil, err
				}
				for _, m := range members {
					list = appendShowable(list, m)
				}
			case it.PartOf == "":
				list = appendShowable(list, it)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(list) > 1000 {
			return list, nil
		}
	}
}

func appendShowable(list []prof.Item, it catalogue.Item) []prof.Item {
	if !it.Available {
		return list
	}
	return append(list, shown(it))
}

// shown is an item as the teachers' pages show it.
func shown(it catalogue.Item) prof.Item {
	out := prof.Item{ID: it.ID, Kind: it.Kind, Title: it.Title, Duration: int(it.Duration + 0.5)}
	for _, a := range it.Assets {
		if a.Role == notice.RolePoster {
			out.Poster = "/blobs/" + a.SHA256
		}
	}
	return out
}
