package box

import (
	"context"

	"preau/edge/plan"
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
