package courier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"preau"
	"preau/internal/durable"
	"preau/media/blob"
	"preau/media/catalogue/holding"
)

// Export writes sticks out of what a box holds.
type Export struct {
	// Mirror is the folder of the catalogue's published files.
	Mirror string
	// Packs lists what can be carried, Held whether a file of it is here, and
	// Open reads it: a catalogue's and a blob store's.
	Packs func(ctx context.Context) ([]holding.Pack, error)
	Held  func(d blob.Digest) bool
	Open  func(d blob.Digest) (*os.File, fs.FileInfo, error)
	By    string // for the label
	Now   func() time.Time
}

// Run writes the packs on the stick that is mounted at dir. Blobs come first
// and are on the stick before anything names them; the label last. What the
// stick holds already is not copied again, and what an interrupted export
// left is read once more before it is believed. report may be nil.
func (e *Export) Run(ctx context.Context, dir string, slugs []string, report func(preau.Progress)) (Plan, error) {
	p, err := e.Plan(ctx, dir, slugs)
	if err != nil {
		return p, err
	}
	root := filepath.Join(dir, Folder)
	if p.doubt && p.There > 0 {
		if err := (&copier{root: root, buf: make([]byte, 1<<20)}).prove(ctx); err != nil {
			return p, err
		}
		if p, err = e.Plan(ctx, dir, slugs); err != nil {
			return p, err
		}
	}
	if !p.Fits() {
		return p, preau.E(preau.Full, fmt.Sprintf("the stick has room for %d MB, and the packs need %d MB more", max(p.Free, 0)/1e6, p.Needs/1e6),
			"Take a larger stick, or fewer packs (--pack).", nil)
	}
	names, err := published(e.Mirror)
	if err != nil {
		return p, err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return p, pulled(dir, err)
	}
	label := Label{Format: Format, Made: e.Now().UTC().Truncate(time.Second), By: e.By, Packs: p.Packs}
	if err := writeLabel(root, label); err != nil {
		return p, err
	}
	if err := e.copyBlobs(ctx, root, p, report); err != nil {
		return p, err
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return p, err
		}
		if err := e.copyPublished(root, name); err != nil {
			return p, err
		}
	}
	label.Whole = true
	return p, writeLabel(root, label)
}

func (e *Export) copyBlobs(ctx context.Context, root string, p Plan, report func(preau.Progress)) error {
	c := &copier{open: e.Open, root: root, report: report, p: preau.Progress{Files: len(p.files)}, buf: make([]byte, 1<<20)}
	for _, f := range p.files {
		c.p.Bytes += f.Size
	}
	for _, f := range p.files {
		if err := c.copy(ctx, f); err != nil {
			return err
		}
	}
	return syncAll(root)
}

// syncAll has the stick write out what it was given: one call for thousands
// of small files.
func syncAll(root string) error {
	d, err := os.Open(root)
	if err != nil {
		return pulled(root, err)
	}
	defer d.Close()
	return pulled(root, unix.Syncfs(int(d.Fd())))
}

// plain are the names that every file system of a stick takes: exFAT knows no
// colon and no two names that differ by capitals.
var plain = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,200}$`)

// published lists the mirror's files in the order in which no reader can find
// one before what it names: targets, roots, the other metadata, and last the
// timestamp.
func published(mirror string) (names []string, err error) {
	for _, top := range []string{"targets", "metadata"} {
		err := filepath.WalkDir(filepath.Join(mirror, top), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			name, err := filepath.Rel(mirror, file)
			if err != nil {
				return err
			}
			for part := range strings.SplitSeq(filepath.ToSlash(name), "/") {
				if !plain.MatchString(part) {
					return preau.E(preau.Invalid, fmt.Sprintf("the catalogue's file %.80q has a name that sticks do not take", name), "Tell the catalogue's publisher.", nil)
				}
			}
			names = append(names, filepath.ToSlash(name))
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("list the catalogue's files: %w", err)
		}
	}
	rank := func(name string) int {
		switch base := path.Base(name); {
		case !strings.HasPrefix(name, "metadata/"):
			return 0
		case strings.HasSuffix(base, "root.json"):
			return 1
		case strings.HasSuffix(base, "snapshot.json"):
			return 3
		case base == "timestamp.json":
			return 4
		}
		return 2
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	if len(names) == 0 || rank(names[len(names)-1]) != 4 {
		return nil, preau.E(preau.NotFound, "the box has not kept the catalogue's own files yet", "Let it refresh once with a line; then make the stick.", nil)
	}
	return names, nil
}

func (e *Export) copyPublished(root, name string) error {
	from, err := os.Open(filepath.Join(e.Mirror, filepath.FromSlash(name)))
	if err != nil {
		return fmt.Errorf("open a file of the catalogue: %w", err)
	}
	defer from.Close()
	to := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return pulled(root, err)
	}
	return pulled(root, durable.WriteFile(to, 0o644, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	}))
}
