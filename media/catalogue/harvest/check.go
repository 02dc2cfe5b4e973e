package harvest

import (
	"context"
	"fmt"

	"preau/media/catalogue/lom"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/stock"
)

// waiting reads the notices that wait; deleted records go into the result.
func (f *following) waiting(ctx context.Context, res *Result) (list []publisher.Imported, err error) {
	err = f.stock.Harvested(ctx, f.h, func(r stock.Record) {
		if r.Deleted {
			res.Deleted = append(res.Deleted, Deleted{Record: r.ID, Item: r.Item})
			return
		}
		in := publisher.Imported{From: r.ID}
		in.Item, in.Problems = lom.Parse(r.Body, f.opts.Defaults)
		if r.Item != "" && in.Item.ID != r.Item {
			in.Problems = append(in.Problems, problem("id", fmt.Sprintf("this record was %.100s before", r.Item),
				"Have the source keep its identifiers; or take the old item out: preau catalogue remove."))
		}
		list = append(list, in)
	})
	return list, err
}

// remove takes out the items of deleted records, when that is asked.
func (f *following) remove(ctx context.Context, res *Result) error {
	if !f.opts.Remove || f.opts.DryRun {
		return nil
	}
	var items, records []string
	for i := range res.Deleted {
		items, records = append(items, res.Deleted[i].Item), append(records, res.Deleted[i].Record)
		res.Deleted[i].Removed = true
	}
	if _, err := f.stock.Remove(ctx, items); err != nil {
		return err
	}
	return f.stock.DropHarvested(ctx, f.h, records)
}

// foreign finds notices that would replace an item which this list did not
// bring: what another service says must not change ours.
func (f *following) foreign(ctx context.Context, list []publisher.Imported, deleted []Deleted) error {
	leaving := map[string]bool{}
	for _, d := range deleted {
		leaving[d.Item] = f.opts.Remove
	}
	for i := range list {
		id := list[i].Item.ID
		_, known, err := f.stock.Owner(ctx, id)
		if err != nil {
			return err
		}
		if !known || leaving[id] {
			continue
		}
		maker, err := f.stock.Maker(ctx, f.h, id)
		if err != nil {
			return err
		}
		if maker != list[i].From {
			list[i].Problems = append(list[i].Problems, problem("id", fmt.Sprintf("%.100s is an item already, which another brought", id),
				"Tell the source that the identifier is taken; or take that item out (preau catalogue remove) and harvest again."))
		}
	}
	return nil
}

// orphans finds notices that are part of one that will not be taken.
func (f *following) orphans(ctx context.Context, list []publisher.Imported, results []publisher.Checked) error {
	members := map[string][]int{}
	var wrong []int
	for i, in := range list {
		if in.Item.PartOf != "" {
			members[in.Item.PartOf] = append(members[in.Item.PartOf], i)
		}
		if len(results[i].Problems) > 0 {
			wrong = append(wrong, i)
		}
	}
	for len(wrong) > 0 {
		id := list[wrong[0]].Item.ID
		wrong = wrong[1:]
		if len(members[id]) == 0 {
			continue
		}
		if _, known, err := f.stock.Owner(ctx, id); err != nil {
			return err
		} else if known {
			continue // as it was before
		}
		for _, i := range members[id] {
			if len(results[i].Problems) == 0 {
				wrong = append(wrong, i)
				results[i].Problems = append(results[i].Problems, problem("part_of", fmt.Sprintf("its collection %.100s has a problem", id), "Correct that one first."))
			}
		}
	}
	return nil
}

func problem(field, text, remedy string) notice.Problem {
	return notice.Problem{Field: field, Text: text, Remedy: remedy}
}
