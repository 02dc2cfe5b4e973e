package lom

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"preau"
)

// Limits of a ZIP of notices.
const (
	MaxArchive  = 256 << 20
	MaxNotices  = 100_000
	maxUnpacked = 1 << 30
	maxSwell    = 200      // what unpacks to more times its size holds no notices
	slack       = 16 << 20 // below which swelling does not matter
)

// Archive gives each notice (.xml) of a ZIP to each, and passes over what else
// is in it. Nothing is unpacked onto the disk.
func Archive(r io.ReaderAt, size int64, each func(name string, b []byte) error) error {
	if size > MaxArchive {
		return preau.E(preau.TooLarge, fmt.Sprintf("the ZIP has over %d MB", MaxArchive>>20), "Put the notices only in it: their files are found with --files.", nil)
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // refused below, by name
		return preau.E(preau.Corrupt, "the ZIP is broken", "Get it again: it was cut or changed on the way.", err)
	}
	if len(z.File) > MaxNotices {
		return preau.E(preau.TooLarge, fmt.Sprintf("the ZIP has %d files, over %d", len(z.File), MaxNotices), "Cut it in several.", nil)
	}
	total, seen := uint64(0), map[string]bool{}
	for _, f := range z.File {
		if err := acceptable(f); err != nil {
			return err
		}
		if strings.HasSuffix(f.Name, "/") || !strings.EqualFold(path.Ext(f.Name), ".xml") {
			continue
		}
		if seen[f.Name] {
			return refuse(fmt.Sprintf("the ZIP holds %.120q twice", f.Name))
		}
		seen[f.Name] = true
		if total += f.UncompressedSize64; f.UncompressedSize64 > MaxBytes || total > maxUnpacked || total > uint64(size)*maxSwell+slack {
			return preau.E(preau.TooLarge, fmt.Sprintf("the ZIP swells too much, at %.120q", f.Name),
				fmt.Sprintf("A notice has at most %d MB, all of them %d MB, and not %d times the ZIP.", MaxBytes>>20, maxUnpacked>>20, maxSwell), nil)
		}
		b, err := unpack(f)
		if err != nil {
			return err
		}
		if err := each(f.Name, b); err != nil {
			return err
		}
	}
	return nil
}

// unpack trusts no size that the ZIP tells.
func unpack(f *zip.File) ([]byte, error) {
	in, err := f.Open()
	if err == nil {
		defer in.Close()
		var b []byte
		if b, err = io.ReadAll(io.LimitReader(in, MaxBytes+1)); err == nil {
			return b, nil
		}
	}
	return nil, preau.E(preau.Corrupt, fmt.Sprintf("%.120q cannot be unpacked", f.Name), "Get the ZIP again: it was cut or changed on the way.", err)
}

// acceptable refuses names that lead out of the ZIP, and what is no file.
func acceptable(f *zip.File) error {
	name := strings.TrimSuffix(f.Name, "/")
	switch mode := f.Mode(); {
	case name == "" || len(name) > 512 || !utf8.ValidString(name) || strings.ContainsAny(name, "\\:\x00") || path.IsAbs(name) ||
		path.Clean(name) != name || name == "." || name == ".." || strings.HasPrefix(name, "../"):
		return refuse(fmt.Sprintf("the ZIP names the file %.120q, which leads out of it", f.Name))
	case f.Flags&1 != 0:
		return refuse(fmt.Sprintf("the file %.120q of the ZIP is encrypted", f.Name))
	case !mode.IsRegular() && !mode.IsDir():
		return refuse(fmt.Sprintf("the file %.120q of the ZIP is a link or a device", f.Name))
	}
	return nil
}

func refuse(text string) error {
	return preau.E(preau.Invalid, text, "Make the ZIP again from a folder of notices, without a password.", nil)
}
