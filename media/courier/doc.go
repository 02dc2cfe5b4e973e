// Package courier carries the catalogue on a stick, from a box that has it to
// one that the line does not reach. It promises that a stick pulled out at any
// moment is harmless and is gone on with where it stood; that sizes are known
// before anything is copied; and that names are such as every file system of
// a stick takes. It refuses to be believed: what a stick gives is verified by
// whoever takes it, as from any source.
//
// On the stick: preau/stick.json says what is there, for people; beside it
// metadata/, targets/ and blobs/ab/<sha256>, as an origin publishes them, so
// that a stick is an origin in a folder. A file on its way is called *.part.
// docs/pack-format.md has the format.
package courier

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/holding"
	"preau/media/catalogue/trust"
	"preau/media/fetch"
)

// Names on a stick.
const (
	Folder    = "preau"
	labelName = "stick.json"
)

// Bounds of a label: it comes from outside.
const (
	maxLabel = 4 << 20
	maxPacks = 100_000
	maxText  = 200
)

// Format is the version of the label; readers refuse a later one.
const Format = 1

// Label is what a stick says of itself. Nothing relies on it.
type Label struct {
	Format int `json:"format"`
	// Whole is false while somebody writes, and after they were interrupted.
	Whole bool      `json:"whole"`
	Made  time.Time `json:"made"`
	By    string    `json:"by"` // the box or the origin it was made from
	Packs []Pack    `json:"packs"`
}

// Pack is one pack on a stick, or of a plan.
type Pack struct {
	Slug    string `json:"slug"`
	Version int64  `json:"version"`
	Items   int    `json:"items"`
	Files   int    `json:"files"`
	Bytes   int64  `json:"bytes"`
}

// Stick is a folder with a catalogue in it.
type Stick struct {
	dir   string
	Label Label
}

// Open finds the catalogue of a stick: dir is where it is mounted, or the
// folder itself, or a folder to which a catalogue was published;
// preau.NotFound when there is none.
func Open(dir string) (*Stick, error) {
	for _, folder := range []string{filepath.Join(dir, Folder), dir} {
		label, err := readLabel(folder)
		if errors.Is(err, fs.ErrNotExist) {
			info, err := os.Lstat(filepath.Join(folder, "metadata", "timestamp.json"))
			if err != nil {
				continue
			}
			// A publisher's own folder says nothing of itself.
			label = Label{Format: Format, Whole: true, Made: info.ModTime().UTC(), By: filepath.Base(folder)}
		} else if err != nil {
			return nil, err
		}
		return &Stick{folder, label}, nil
	}
	return nil, preau.E(preau.NotFound, "there are no packs on "+dir, "Make a stick with preau pack export, and give the folder where it is mounted.", nil)
}

// Catalogue gives the published files.
func (s *Stick) Catalogue() trust.Source { return trust.Folder(s.dir) }

// Blobs gives the packs' files.
func (s *Stick) Blobs() fetch.Source { return fetch.NewFolder(s.dir) }

// Has reports whether a file of that size is there under a blob's name.
func (s *Stick) Has(w holding.Want) bool {
	info, err := os.Lstat(blobPath(s.dir, w.Digest))
	return err == nil && info.Mode().IsRegular() && info.Size() == w.Size
}

// Dir is the stick's folder.
func (s *Stick) Dir() string { return s.dir }

func readLabel(dir string) (Label, error) {
	// A pipe in place of the file must not keep us waiting.
	f, err := os.OpenFile(filepath.Join(dir, labelName), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return Label{}, fmt.Errorf("open a stick's label: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLabel+1))
	if err != nil {
		return Label{}, pulled(dir, err)
	}
	return ParseLabel(b)
}

// ParseLabel reads stick.json.
func ParseLabel(b []byte) (Label, error) {
	var l Label
	bad := func(why string, err error) error {
		return preau.E(preau.Corrupt, "the stick's stick.json "+why, "Make the stick again with preau pack export.", err)
	}
	if len(b) > maxLabel {
		return Label{}, bad("is too long", nil)
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return Label{}, bad("cannot be read", err)
	}
	if l.Format != Format {
		return Label{}, preau.E(preau.Invalid, fmt.Sprintf("the stick is of format %d, this release reads %d", l.Format, Format), "Update the box, or make the stick with its own release.", nil)
	}
	if len(l.Packs) > maxPacks || len(l.By) > maxText {
		return Label{}, bad("says too much", nil)
	}
	for _, p := range l.Packs {
		if p.Slug == "" || len(p.Slug) > maxText || p.Version < 0 || p.Items < 0 || p.Files < 0 || p.Bytes < 0 {
			return Label{}, bad("describes a pack that cannot be", nil)
		}
	}
	return l, nil
}

func writeLabel(dir string, l Label) error {
	b, err := json.MarshalIndent(l, "", " ")
	if err != nil {
		return fmt.Errorf("encode a stick's label: %w", err)
	}
	return pulled(dir, durable.WriteBytes(filepath.Join(dir, labelName), 0o644, b))
}

// pulled gives a fault of a stick its sentence; a full one keeps its own.
func pulled(dir string, err error) error {
	switch {
	case err == nil:
		return nil
	case durable.IsFull(err):
		return preau.E(preau.Full, "the stick "+dir+" is full", "Take a larger one, or fewer packs (--pack); what is on it stays.", err)
	case errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission):
		return preau.E(preau.Forbidden, "nothing can be written on "+dir, "Slide the stick's lock, or mount it for writing.", err)
	case preau.KindOf(err) != preau.Internal:
		return err
	}
	return preau.E(preau.Unavailable, "the stick "+dir+" does not answer any more", "Plug it in again and repeat the command: it goes on where it stopped.", err)
}
