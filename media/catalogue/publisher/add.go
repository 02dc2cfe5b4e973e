package publisher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/intake"
	"preau/media/catalogue/notice"
)

// AddOptions of Add.
type AddOptions struct {
	Taxons string // file of the vocabulary; empty keeps the one there is
	DryRun bool   // check only
}

// Checked is what Add found in one item's folder.
type Checked struct {
	Folder   string           `json:"folder"`
	ID       string           `json:"id,omitempty"`
	Files    int              `json:"files"`
	Bytes    int64            `json:"bytes"`
	Problems []notice.Problem `json:"problems,omitempty"`
	// Unread are files whose words a search will not know.
	Unread []notice.Problem `json:"unread,omitempty"`

	item notice.Item
}

// Words are those that a search will know of its documents.
func (c Checked) Words() string { return c.item.Words }

// Add checks the items in folders (each holds an item.json, or folders that
// do) and, when none has a problem, takes them and their files into the
// repository. An item added before is replaced. The result lists every
// problem of every item; with one of them the error is preau.Invalid and
// nothing was added.
func (r *Repository) Add(ctx context.Context, folders []string, opts AddOptions) ([]Checked, error) {
	taxons, rawTaxons, err := r.taxons(opts.Taxons)
	if err != nil {
		return nil, err
	}
	folders, err = expand(folders)
	if err != nil {
		return nil, err
	}
	results := make([]Checked, len(folders))
	for i, folder := range folders {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		results[i] = checkFolder(ctx, folder)
	}
	faults, err := r.relate(ctx, results, taxons)
	if err != nil {
		return nil, err
	}
	if faults > 0 {
		return results, preau.E(preau.Invalid, fmt.Sprintf("%d of %d items have problems; nothing was added", faults, len(results)),
			"Correct what is listed and add them again.", nil)
	}
	if opts.DryRun {
		return results, nil
	}
	if opts.Taxons != "" {
		if err := durable.WriteBytes(r.path(notice.TaxonsPath), 0o644, rawTaxons); err != nil {
			return nil, fmt.Errorf("keep the vocabulary: %w", err)
		}
	}
	return results, r.take(ctx, results, func(ctx context.Context, items []notice.Item) error { return r.stock.Put(ctx, items, nil) })
}

// take brings in what was checked.
func (r *Repository) take(ctx context.Context, results []Checked, keep func(context.Context, []notice.Item) error) error {
	list := make([]intake.Item, len(results))
	for i, res := range results {
		list[i] = intake.Item{Folder: res.Folder, Notice: res.item, Bytes: res.Bytes}
	}
	return intake.All(ctx, r.path("blobs"), list, keep, r.Report)
}

// expand replaces a folder without item.json by those in it that have one.
func expand(folders []string) ([]string, error) {
	var list []string
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, "item.json")); err == nil {
			list = append(list, folder)
			continue
		}
		below, err := filepath.Glob(filepath.Join(folder, "*", "item.json"))
		if err != nil || len(below) == 0 {
			return nil, preau.E(preau.Invalid, "there is no item.json in "+folder, "Give a folder that holds an item.json beside its files, or a folder of such folders.", err)
		}
		for _, file := range below {
			list = append(list, filepath.Dir(file))
		}
	}
	return list, nil
}

// checkFolder reads a notice and looks at each of its files.
func checkFolder(ctx context.Context, folder string) Checked {
	res := Checked{Folder: folder}
	problem := func(field, text, remedy string) {
		res.Problems = append(res.Problems, notice.Problem{Field: field, Text: text, Remedy: remedy})
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		problem("item.json", "the folder cannot be opened", "Check its name and its rights.")
		return res
	}
	defer root.Close()
	b, err := readLimited(root, "item.json", notice.MaxNotice)
	if err != nil {
		problem("item.json", "it cannot be read", "Check its rights, and that it has at most 8 MiB.")
		return res
	}
	res.item, res.Problems = notice.ParseInput(b)
	res.ID = res.item.ID
	for i, a := range res.item.Assets {
		size, text, remedy := notice.Inspect(root, a)
		if text != "" {
			problem(fmt.Sprintf("assets[%d].file", i), fmt.Sprintf("%.200s: %s", a.File, text), remedy)
		}
		res.Files++
		res.Bytes += size
	}
	if len(res.Problems) == 0 {
		res.item.Words, res.Unread = readWords(ctx, root, res.item)
	}
	return res
}

func readLimited(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errors.New("too long")
	}
	return b, err
}

// relate checks what only the whole can tell, and counts items with problems.
func (r *Repository) relate(ctx context.Context, results []Checked, taxons notice.Taxons) (faults int, err error) {
	delegated, err := r.delegated()
	if err != nil {
		return 0, err
	}
	ids := map[string]int{}
	for _, res := range results {
		ids[res.ID]++
	}
	for i := range results {
		res := &results[i]
		add := func(field, text, remedy string) {
			res.Problems = append(res.Problems, notice.Problem{Field: field, Text: text, Remedy: remedy})
		}
		if res.ID != "" && ids[res.ID] > 1 {
			add("id", "another of these items has it too", "Give each item its own id.")
		}
		if parent := res.item.PartOf; parent != "" && ids[parent] == 0 {
			if _, known, err := r.stock.Owner(ctx, parent); err != nil {
				return 0, err
			} else if !known {
				add("part_of", fmt.Sprintf("there is no item %.100s", parent), "Add the collection with it, or correct the id.")
			}
		}
		res.Problems = append(res.Problems, r.foreign(res.item, delegated)...)
		for _, uri := range slices.Concat(res.item.Taxons, res.item.Levels) {
			if _, ok := taxons[uri]; !ok && len(taxons) > 0 {
				add("taxons", fmt.Sprintf("the vocabulary has no %.200s", uri), "Correct the URI, or add the concept to taxons.json and give it with --taxons.")
			}
		}
		if len(res.Problems) > 0 {
			faults++
		}
	}
	return faults, nil
}

// delegated are the publishers that sign for themselves.
func (r *Repository) delegated() (map[string]bool, error) {
	grants, err := r.ring.Grants()
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, g := range grants {
		names[g.Publisher] = true
	}
	return names, nil
}

// foreign tells when an item is another publisher's to sign.
func (r *Repository) foreign(it notice.Item, delegated map[string]bool) []notice.Problem {
	switch {
	case it.Publisher == "":
		return nil // said already
	case r.publisher != "" && it.Publisher != r.publisher:
		return []notice.Problem{{Field: "publisher", Text: fmt.Sprintf("%s is not %s, whose folder this is", it.Publisher, r.publisher),
			Remedy: "Write publisher " + r.publisher + ", or add it where that publisher signs: boxes refuse what another signed."}}
	case r.publisher == "" && delegated[it.Publisher]:
		return []notice.Problem{{Field: "publisher", Text: it.Publisher + " signs its own items",
			Remedy: "Add it in that publisher's folder, or take the delegation back (preau catalogue delegate revoke)."}}
	}
	return nil
}

// taxons reads the vocabulary: that of file, or the one kept.
func (r *Repository) taxons(file string) (notice.Taxons, []byte, error) {
	given := file != ""
	if !given {
		file = r.path(notice.TaxonsPath)
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !given {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, preau.E(preau.Invalid, "the vocabulary "+file+" cannot be read", "Give a file of the form {\"URI\": {\"fr\": …, \"broader\": …}}.", err)
	}
	taxons, err := notice.ParseTaxons(b)
	if err != nil {
		return nil, nil, preau.E(preau.Invalid, strings.TrimSpace("the vocabulary "+file+" is wrong: "+err.Error()), "Correct it and add the items again.", err)
	}
	return taxons, b, nil
}
