package box

import (
	"context"

	"preau/edge/pages/prof"
	"preau/edge/plan"
	"preau/media/catalogue"
)

// openPlans opens the plans; what was done of them is progress's to tell.
func (b *Box) openPlans(ctx context.Context) (err error) {
	b.plans, err = plan.Open(ctx, plan.Config{DB: b.db, Journal: b.journal, Facts: b.factsOfItems, Agreed: b.cases.Agreed})
	return err
}

func (b *Box) factsOfItems(ctx context.Context, pid string, items []string) (map[string]plan.Fact, error) {
	facts := make(map[string]plan.Fact, len(items))
	for _, item := range items {
		e, err := b.progress.Best(ctx, pid, item)
		if err != nil {
			return nil, err
		}
		if !e.Updated.IsZero() {
			facts[item] = plan.Fact{Begun: true, Done: e.Done, Best: e.Best, Watched: e.Watched, Updated: e.Updated}
		}
	}
	return facts, nil
}

// found is the search of a page that prepares a lesson.
func (b *Box) found(ctx context.Context, q string) (list []prof.Item, err error) {
	page, err := b.items.Items(ctx, catalogue.Query{Q: q, Limit: 12, Staff: true})
	if err != nil {
		return nil, err
	}
	for _, it := range page.Items {
		list = append(list, shown(it))
	}
	return list, nil
}

// itemOf finds one resource, which may be gone from the catalogue.
func (b *Box) itemOf(ctx context.Context, id string) (prof.Item, bool) {
	it, err := b.items.Item(ctx, id, true)
	if err != nil {
		title, ok := b.launches.Title(ctx, id, "fr") // a part of a course, as statements name it
		return prof.Item{ID: id, Kind: "app", Title: title}, ok
	}
	return shown(it), true
}
