package courier

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"preau"
	"preau/media/blob"
	"preau/media/catalogue/holding"
)

// Plan is what an export would do.
type Plan struct {
	Packs []Pack `json:"packs"`
	// Files and Bytes are of all packs together; what two share counts once.
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// There is what the stick holds of it, Missing what this box does not.
	There   int64 `json:"there"`
	Missing int   `json:"missing"`
	// Needs is the room still to be taken, in the stick's own blocks; Free what
	// it has.
	Needs int64 `json:"needs"`
	Free  int64 `json:"free"`

	files []holding.Want // to be copied
	doubt bool           // an interrupted export: what is there must be read again
}

// Fits reports whether the stick has the room.
func (p Plan) Fits() bool { return p.Needs <= p.Free }

// room is what an export leaves free: folders, metadata, a label.
const room = 4 << 20

// Plan reads the stick and says what would be copied, and where it cannot be.
// slugs chooses packs; none: all.
func (e *Export) Plan(ctx context.Context, dir string, slugs []string) (Plan, error) {
	packs, err := e.choose(ctx, slugs)
	if err != nil {
		return Plan{}, err
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return Plan{}, preau.E(preau.NotFound, "there is no folder "+dir, "Give the folder where the stick is mounted.", err)
	}
	root := filepath.Join(dir, Folder)
	label, err := readLabel(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && preau.KindOf(err) != preau.Corrupt {
		return Plan{}, err
	}
	p := Plan{Free: int64(st.Bavail)*int64(st.Bsize) - room, doubt: !label.Whole}
	seen := map[blob.Digest]bool{}
	for _, pack := range packs {
		sum := Pack{Slug: pack.Slug, Version: pack.Version, Items: pack.Items, Files: len(pack.Files)}
		for _, f := range pack.Files {
			sum.Bytes += f.Size
			if seen[f.Digest] {
				continue
			}
			seen[f.Digest] = true
			if err := p.add(e, root, f, &st); err != nil {
				return Plan{}, err
			}
		}
		p.Packs = append(p.Packs, sum)
	}
	return p, nil
}

func (p *Plan) add(e *Export, root string, f holding.Want, st *syscall.Statfs_t) error {
	p.Files++
	p.Bytes += f.Size
	if !e.Held(f.Digest) {
		p.Missing++
		return nil
	}
	if st.Type == unix.MSDOS_SUPER_MAGIC && f.Size >= 4<<30 {
		return preau.E(preau.TooLarge, fmt.Sprintf("the stick takes no file of %d GB (it is FAT32)", f.Size>>30), "Format it as exFAT.", nil)
	}
	info, err := os.Lstat(blobPath(root, f.Digest))
	if err == nil && info.Mode().IsRegular() && info.Size() == f.Size {
		p.There += f.Size
		return nil
	}
	p.files = append(p.files, f)
	part := int64(0)
	if info, err := os.Lstat(partPath(root, f.Digest)); err == nil {
		part = min(info.Size(), f.Size)
	}
	block := max(int64(st.Bsize), 1)
	p.Needs += ((f.Size+block-1)/block - part/block) * block
	return nil
}

func (e *Export) choose(ctx context.Context, slugs []string) ([]holding.Pack, error) {
	all, err := e.Packs(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, preau.E(preau.NotFound, "the box has no catalogue yet", "Let it refresh once: preau status says how far it is.", nil)
	}
	if len(slugs) == 0 {
		return all, nil
	}
	var chosen []holding.Pack
	for _, p := range all {
		if slices.Contains(slugs, p.Slug) {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) < len(slugs) {
		var unknown []string
		for _, slug := range slugs {
			if !slices.ContainsFunc(chosen, func(p holding.Pack) bool { return p.Slug == slug }) {
				unknown = append(unknown, slug)
			}
		}
		return nil, preau.E(preau.NotFound, "the box has no pack "+strings.Join(unknown, ", "), "preau pack list names those it has.", nil)
	}
	return chosen, nil
}

func blobPath(root string, d blob.Digest) string {
	name := d.String()
	return filepath.Join(root, "blobs", name[:2], name)
}

func partPath(root string, d blob.Digest) string { return blobPath(root, d) + ".part" }
