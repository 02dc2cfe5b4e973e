// Package harvest follows the list of another service into a publisher's
// repository: its new notices, those it corrects, those it withdraws.
//
// It promises that an interrupted harvest goes on at its last page; that a
// notice with a problem is told with what to do, keeps no other out, and waits
// until it is corrected there or what it lacks is here; and that no item goes
// unless that was asked. It refuses to replace an item that the list did not
// bring, to judge notices (package notice does) and to fetch the files that
// they name.
//
// On disk it has three tables of the repository's items.db (package stock).
package harvest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"preau"
	"preau/media/catalogue/lom"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/oai"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/stock"
)

// Options of Run.
type Options struct {
	oai.Request // From empty: since the last list that came whole
	lom.Defaults
	Files  string // the folder of the files that the notices name
	DryRun bool   // check only: what was fetched is kept, nothing is taken
	Remove bool   // take out items whose records were deleted
	Forget bool   // let go of notices with a problem
	Now    time.Time
	Tell   func(records, of int) // after each page; of is 0 when the source does not say
}

// Deleted is a record that the source withdrew.
type Deleted struct {
	Record  string `json:"record"`
	Item    string `json:"item"`
	Removed bool   `json:"removed"`
}

// Result says what a harvest brought.
type Result struct {
	Records int                 `json:"records"` // that came this time
	Resumed bool                `json:"resumed"` // it went on in the middle of a list
	Since   string              `json:"since"`   // the day from which the next one asks
	Added   int                 `json:"added"`
	Items   []publisher.Checked `json:"items"` // what waited: new, corrected, or wrong
	Deleted []Deleted           `json:"deleted"`
}

// Run fetches what is new of a list and takes it. The error says how many
// notices have a problem; each is in the result.
func Run(ctx context.Context, repo *publisher.Repository, client *oai.Client, opts Options) (Result, error) {
	res := Result{Items: []publisher.Checked{}, Deleted: []Deleted{}}
	for _, date := range []string{opts.From, opts.Until} {
		if date != "" && !oai.ValidStamp(date) {
			return res, preau.E(preau.Invalid, fmt.Sprintf("%.40q is not a date", date), "Write it as 2026-09-01, or 2026-09-01T08:00:00Z.", nil)
		}
	}
	h, err := repo.Stock().HarvestOf(ctx, client.Address(), opts.Set, opts.Prefix)
	if err != nil {
		return res, err
	}
	f := &following{stock: repo.Stock(), client: client, opts: opts, h: h}
	if err := f.fetch(ctx, &res); err != nil {
		return res, err
	}
	return res, f.take(ctx, repo, &res)
}

// following is one harvest under way.
type following struct {
	stock  *stock.Stock
	client *oai.Client
	opts   Options
	h      stock.Harvest
}

func (f *following) fetch(ctx context.Context, res *Result) error {
	ask := f.opts.Request
	if ask.From == "" {
		ask.From = f.h.Since
	}
	if f.h.Token == "" || f.h.From != ask.From || f.h.Until != ask.Until {
		f.begin(ask)
	}
	res.Resumed = f.h.Token != ""
	keep := func(p oai.Page) error { return f.keep(ctx, p, res) }
	err := f.client.List(ctx, ask, f.h.Token, keep)
	if errors.Is(err, oai.ErrToken) {
		// The server forgot the list: its beginning replaces what came of it.
		res.Resumed = false
		f.begin(ask)
		err = f.client.List(ctx, ask, "", keep)
	}
	res.Since = f.h.Since
	return err
}

func (f *following) begin(ask oai.Request) {
	h := &f.h
	h.Token, h.Started, h.Records, h.Bytes, h.From, h.Until = "", "", 0, 0, ask.From, ask.Until
}

// keep keeps a page and how far the list came with it.
func (f *following) keep(ctx context.Context, p oai.Page, res *Result) error {
	h := f.h
	if h.Started == "" {
		// By the server's clock, as its records are; but one that is fast must
		// not make us miss what it lists later.
		h.Started = f.opts.Now.UTC().Format(oai.Day)
		if p.Date.Before(f.opts.Now) {
			h.Started = p.Date.Format(oai.Day)
		}
	}
	var records []stock.Record
	for _, r := range p.Records {
		records = append(records, stock.Record{ID: r.ID, Stamp: r.Stamp, Deleted: r.Deleted, Body: r.Notice})
		h.Bytes += int64(len(r.Notice))
	}
	h.Records += int64(len(records))
	if h.Token = p.Token; h.Token == "" {
		h.Since, h.Started = since(h), ""
	}
	if err := f.stock.KeepHarvested(ctx, h, records, f.opts.From == ""); err != nil {
		return err
	}
	f.h = h
	res.Records += len(records)
	if f.opts.Tell != nil {
		f.opts.Tell(int(h.Records), p.Size)
	}
	return nil
}

// since is from when the next list is asked: it never leaves a gap behind.
func since(h stock.Harvest) string {
	if h.Since != "" && h.From != "" && h.From[:len(oai.Day)] > h.Since {
		return h.Since
	}
	end := h.Started
	if h.Until != "" {
		end = min(end, h.Until[:len(oai.Day)])
	}
	return max(end, h.Since)
}

// take checks all that waits, and takes what is good.
func (f *following) take(ctx context.Context, repo *publisher.Repository, res *Result) error {
	list, err := f.waiting(ctx, res)
	if err != nil {
		return err
	}
	if err := f.remove(ctx, res); err != nil {
		return err
	}
	if err := f.foreign(ctx, list, res.Deleted); err != nil {
		return err
	}
	opts := publisher.ImportOptions{Files: f.opts.Files, DryRun: true}
	results, err := repo.Import(ctx, list, opts)
	if results == nil {
		return err
	}
	res.Items = results
	if err := f.orphans(ctx, list, results); err != nil {
		return err
	}
	var good []publisher.Imported
	var wrong []string
	for i, one := range results {
		if len(one.Problems) > 0 {
			wrong = append(wrong, one.Folder)
		} else {
			list[i].Item.Words = one.Words()
			good = append(good, list[i])
		}
	}
	if f.opts.DryRun {
		return fault(len(wrong), len(results), "nothing was imported")
	}
	opts.DryRun, opts.Read = false, true
	opts.Keep = func(ctx context.Context, items []notice.Item, from []publisher.Imported) error {
		records := make([]string, len(from))
		for i, in := range from {
			records[i] = in.From
		}
		return f.stock.TakeHarvested(ctx, f.h, items, records)
	}
	if len(good) > 0 {
		if _, err := repo.Import(ctx, good, opts); err != nil {
			return err
		}
	}
	res.Added = len(good)
	if f.opts.Forget {
		return f.stock.DropHarvested(ctx, f.h, wrong)
	}
	return fault(len(wrong), len(results), "the others were imported")
}

func fault(wrong, all int, others string) error {
	if wrong == 0 {
		return nil
	}
	return preau.E(preau.Corrupt, fmt.Sprintf("%d of %d notices have problems; %s", wrong, all, others),
		"Have them corrected at the source, or bring what they lack, and harvest again: they wait here (--forget lets them go).", nil)
}
