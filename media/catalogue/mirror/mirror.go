// Package mirror keeps the published files of a catalogue as they came, so
// that a box can hand them on to a sister box or to a stick. It promises to
// hold what the last refreshes fetched, roots from the first on and of other
// files the last two versions, and that a disk that cannot keep them never
// stops a refresh. It refuses to judge: whoever reads a mirror verifies what
// it gives, as from any source.
//
// On disk: DIR/metadata/*.json and DIR/targets/…, under the names under which
// the catalogue is published; DIR/fresh/ the same, not yet judged.
package mirror

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/trust"
)

// kept is how many versions of one file stay.
const kept = 2

// fresh is where files wait until the refresh that brought them is judged.
const fresh = "fresh"

// Copy is a source whose files are copied to a mirror once the refresh that
// asked for them is over.
type Copy struct {
	trust.Source
	dir string
	log *slog.Logger
}

// Of makes a copy of source in dir.
func Of(source trust.Source, dir string, log *slog.Logger) *Copy { return &Copy{source, dir, log} }

// Fetch implements trust.Source.
func (c *Copy) Fetch(ctx context.Context, name string, limit int64) ([]byte, error) {
	b, err := c.Source.Fetch(ctx, name, limit)
	if err != nil {
		return nil, err
	}
	if err := put(filepath.Join(c.dir, fresh), name, b); err != nil {
		c.log.Warn("catalogue's file not kept for sister boxes", "file", name, "err", err)
	}
	return b, nil
}

// Done keeps what came when the refresh succeeded, and drops it when it was
// refused. What a cut line, a full disk or the end of the process left stays:
// the client that verified it will not ask for it again.
func (c *Copy) Done(refresh error) {
	var err error
	switch from := filepath.Join(c.dir, fresh); {
	case refresh == nil:
		err = move(from, c.dir)
	case !interrupted(refresh):
		err = os.RemoveAll(from)
	}
	if err != nil {
		c.log.Warn("mirror of the catalogue not brought up to date", "err", err)
	}
}

// interrupted reports whether a refresh ended without being refused.
func interrupted(err error) bool {
	switch preau.KindOf(err) {
	case preau.Unavailable, preau.RateLimited, preau.Full, preau.Busy, preau.Internal:
		return true
	}
	return false
}

func put(dir, name string, b []byte) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%.80q is no name of a file", name)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the mirror's folder: %w", err)
	}
	return durable.WriteBytes(path, 0o600, b)
}

// move puts every file of a tree at its place in another.
func move(from, to string) error {
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return err
		}
		if err := os.Rename(path, target); err != nil {
			return err
		}
		return prune(target)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("fill the mirror: %w", err)
	}
	return os.RemoveAll(from)
}

// familyOf tells which files of a folder are versions of one: those of the
// same name behind the number or hash; "" when there is one only. A pack has
// a folder of its own, and its version for a name.
func familyOf(path string) string {
	_, family, versioned := strings.Cut(filepath.Base(path), ".")
	if !versioned || family == "root.json" || family == "json" {
		return ""
	}
	number := strings.TrimSuffix(family, ".json")
	if _, err := strconv.ParseUint(number, 10, 63); err == nil && filepath.Base(filepath.Dir(filepath.Dir(path))) == "packs" && filepath.Base(filepath.Dir(path)) != "pages" {
		return "pack"
	}
	return family
}

// prune removes the older versions of a file.
func prune(path string) error {
	dir, family := filepath.Dir(path), familyOf(path)
	if family == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list the mirror: %w", err)
	}
	type version struct {
		name string
		at   time.Time
	}
	var all []version
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && familyOf(filepath.Join(dir, e.Name())) == family {
			all = append(all, version{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b version) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(b.name, a.name)) })
	for _, old := range all[min(kept, len(all)):] {
		if err := os.Remove(filepath.Join(dir, old.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("prune the mirror: %w", err)
		}
	}
	return nil
}
