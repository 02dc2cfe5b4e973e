package publisher

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"preau"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/stock"
)

// Imported is a notice that came in another form.
type Imported struct {
	From     string // its file, for people
	Item     notice.Item
	Problems []notice.Problem
	Original stock.Original
	Files    string // the folder of its files, when not that of all
}

func (in Imported) files(opts ImportOptions) string { return cmp.Or(in.Files, opts.Files) }

// ImportOptions of Import.
type ImportOptions struct {
	Files  string // the folder of the files that the notices name
	DryRun bool   // check only
	Read   bool   // the files were read: the notices have their words
	// Keep keeps items that were taken, some at a time, with where each is from;
	// nil keeps them with their originals.
	Keep func(ctx context.Context, items []notice.Item, from []Imported) error
}

// Import takes notices that came in another form, with the files that they
// name. As with Add, every problem of every notice is in the result, and with
// one of them nothing is taken. What each was made from is kept.
func (r *Repository) Import(ctx context.Context, list []Imported, opts ImportOptions) ([]Checked, error) {
	taxons, _, err := r.taxons("")
	if err != nil {
		return nil, err
	}
	results := make([]Checked, len(list))
	for i, in := range list {
		results[i] = Checked{Folder: in.From, ID: in.Item.ID, Problems: in.Problems, item: in.Item}
		if len(in.Problems) == 0 {
			if err := checkFiles(ctx, in.files(opts), opts.Read, &results[i]); err != nil {
				return nil, err
			}
		}
	}
	faults, err := r.relate(ctx, results, taxons)
	if err != nil {
		return nil, err
	}
	if faults > 0 {
		return results, preau.E(preau.Corrupt, fmt.Sprintf("%d of %d notices have problems; nothing was imported", faults, len(results)),
			"Correct what is listed and import them again.", nil)
	}
	if opts.DryRun {
		return results, nil
	}
	taken := slices.Clone(results)
	for i := range taken {
		taken[i].Folder = list[i].files(opts)
	}
	keep := opts.Keep
	if keep == nil {
		keep = func(ctx context.Context, items []notice.Item, from []Imported) error {
			originals := make([]stock.Original, len(from))
			for i, in := range from {
				originals[i] = in.Original
			}
			return r.stock.Put(ctx, items, originals)
		}
	}
	rest := list
	return results, r.take(ctx, taken, func(ctx context.Context, items []notice.Item) error {
		from := rest[:len(items)]
		rest = rest[len(items):]
		return keep(ctx, items, from)
	})
}

// checkFiles looks at the files that a notice names, and takes their words.
func checkFiles(ctx context.Context, dir string, read bool, res *Checked) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return preau.E(preau.Invalid, "the folder of files "+dir+" cannot be opened", "Give the folder of the files that the notices name with --files.", err)
	}
	defer root.Close()
	for _, a := range res.item.Assets {
		size, text, remedy := notice.Inspect(root, a)
		if text != "" {
			res.Problems = append(res.Problems, notice.Problem{Field: "technical/location", Text: fmt.Sprintf("%.200s: %s", a.File, text), Remedy: remedy})
		}
		res.Files++
		res.Bytes += size
	}
	if len(res.Problems) == 0 && !read {
		res.item.Words, res.Unread = readWords(ctx, root, res.item)
	}
	return nil
}
